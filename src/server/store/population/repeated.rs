//! Identities that repeat an advertising id, which are erased with it.

use super::id_row::{IdentityKey, identity_keys};
use crate::domain::fold::Population;
use crate::domain::id::WorkspaceId;
use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::{Identity, IdentityKind};
use crate::server::error::Result;
use crate::server::store::db::{NONE, Tx, given, on};
use crate::server::store::seal::Sealer;
use std::collections::BTreeSet;

/// The identities that may repeat the IDFAs which one population has and another has no more: of every kind, in the IDFA's
/// own spelling, in which they are kept.
pub fn repeating_erased_idfas(
    sealer: &Sealer,
    workspace: WorkspaceId,
    before: &Population,
    after: &Population,
) -> Result<BTreeSet<Identity>> {
    let gone = before.identifiers().keys().filter(|identifier| !after.identifiers().contains_key(identifier));
    let mut repeating = BTreeSet::new();
    for idfa in gone.filter(|identifier| identifier.kind == IdentifierKind::Idfa) {
        let (environment, value) = (idfa.environment, sealer.unseal(workspace, &idfa.value)?);
        repeating.extend(IdentityKind::ALL.map(|kind| Identity { environment, kind, value: value.clone() }));
    }
    Ok(repeating)
}

impl Tx {
    /// Erases identities that repeat an IDFA: under another name it is the same id.
    pub async fn erase_identities(&mut self, workspace: WorkspaceId, identities: &BTreeSet<Identity>) -> Result<()> {
        const SQL: &str = concat!(
            "delete from identities where workspace_id = $1 and (",
            identity_keys!(columns),
            ") in (select ",
            identity_keys!(given),
            " from jsonb_each($2) as given)"
        );
        let keys = given(identities.iter().map(|Identity { environment, kind, value }| IdentityKey {
            environment: *environment,
            kind: *kind,
            value: value.clone(),
        }));
        if keys != NONE {
            on!(self, c => { sqlx::query(SQL).bind(workspace).bind(keys).execute(c).await?; });
        }
        Ok(())
    }
}
