//! Identities that repeat an advertising id, which are erased with it.

use super::id_row::{IdentityKey, identity_keys};
use crate::domain::environment::Environment;
use crate::domain::fold::Population;
use crate::domain::id::WorkspaceId;
use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::IdentityKind;
use crate::server::error::Result;
use crate::server::store::Sealer;
use crate::server::store::db::{NONE, Tx, given, on};
use std::collections::BTreeSet;

/// The IDFAs that one population has and another has no more, unsealed.
pub fn erased_idfas(
    sealer: &Sealer,
    workspace: WorkspaceId,
    before: &Population,
    after: &Population,
) -> Result<BTreeSet<(Environment, String)>> {
    let gone = before.identifiers().keys().filter(|identifier| !after.identifiers().contains_key(identifier));
    let idfas = gone.filter(|identifier| identifier.kind == IdentifierKind::Idfa);
    idfas.map(|idfa| Ok((idfa.environment, sealer.unseal(workspace, &idfa.value)?))).collect()
}

impl Tx {
    /// Erases the identities that repeat these IDFAs, however they are spelt: under another name it is the same id.
    pub async fn erase_repeating_identities(
        &mut self,
        workspace: WorkspaceId,
        idfas: &BTreeSet<(Environment, String)>,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "delete from identities where workspace_id = $1 and (",
            identity_keys!(columns),
            ") in (select ",
            identity_keys!(given),
            " from jsonb_each($2) as given)"
        );
        let spelt = idfas.iter().flat_map(|(environment, idfa)| spellings(idfa).map(|value| (*environment, value)));
        let keys = given(spelt.flat_map(|(environment, value)| {
            IdentityKind::ALL.map(|kind| IdentityKey { environment, kind, value: value.clone() })
        }));
        if keys != NONE {
            on!(self, c => { sqlx::query(SQL).bind(workspace).bind(keys).execute(c).await?; });
        }
        Ok(())
    }
}

/// How senders write a UUID that is kept in lower case with dashes.
fn spellings(uuid: &str) -> [String; 4] {
    let plain = uuid.replace('-', "");
    [uuid.to_ascii_uppercase(), plain.to_ascii_uppercase(), plain, uuid.to_owned()]
}
