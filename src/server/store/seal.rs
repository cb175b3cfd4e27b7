//! Advertising ids are stored sealed: what a database leaves in its files of a row that it moved or removed says nothing
//! without the key.

use super::db::on;
use super::system::System;
use crate::domain::batch::Batch;
use crate::domain::id::WorkspaceId;
use crate::domain::identifier::IdentifierKind;
use crate::server::error::{Error, Result};
use aes_siv::KeyInit;
use aes_siv::siv::Aes128Siv;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// Seals always the same way, so that an id is found by its sealed text; each workspace has its own texts (AES-SIV, RFC
/// 5297, with the workspace as associated data).
#[derive(Clone)]
pub struct Sealer(Arc<[u8; 32]>);

impl Debug for Sealer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// A sealer whose key follows from the installation's.
    fn of(installation: &[u8]) -> Result<Self> {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(installation).map_err(Error::internal)?;
        mac.update(b"advertising ids");
        Ok(Self(Arc::new(mac.finalize().into_bytes().into())))
    }

    fn cipher(&self) -> Aes128Siv {
        Aes128Siv::new((&*self.0).into())
    }

    /// The text under which a workspace keeps an advertising id.
    pub fn seal(&self, workspace: WorkspaceId, idfa: &str) -> Result<String> {
        let sealed = self.cipher().encrypt([workspace.0.to_be_bytes()], idfa.as_bytes());
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed.map_err(Error::internal)?))
    }

    /// The advertising id that a workspace keeps under a text.
    ///
    /// # Errors
    /// [`Error::Internal`] for a text that this key has not sealed for this workspace.
    pub fn unseal(&self, workspace: WorkspaceId, sealed: &str) -> Result<String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(Error::internal)?;
        let idfa = self.cipher().decrypt([workspace.0.to_be_bytes()], &bytes).map_err(Error::internal)?;
        String::from_utf8(idfa).map_err(Error::internal)
    }

    /// The batch with its advertising id sealed; `None` when it has none.
    pub(super) fn sealed(&self, workspace: WorkspaceId, batch: &Batch) -> Result<Option<Batch>> {
        let Some(idfa) = batch.identifier(IdentifierKind::Idfa) else { return Ok(None) };
        let text = self.seal(workspace, idfa)?;
        let mut sealed = batch.clone();
        let of_idfa = sealed.identifiers.iter_mut().filter(|(kind, _)| *kind == IdentifierKind::Idfa);
        of_idfa.for_each(|(_, value)| value.clone_from(&text));
        Ok(Some(sealed))
    }
}

impl System {
    /// The sealer of this installation.
    pub(super) async fn sealer(&self) -> Result<Sealer> {
        let mut view = self.system_view().await?;
        let key: Vec<u8> =
            on!(&mut view.tx, c => sqlx::query_scalar("select lookup_key from installation").fetch_one(c).await?);
        Sealer::of(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_by_its_sealed_text_and_by_no_other_workspace() {
        let sealer = Sealer::of(&[7; 32]).expect("a key");
        let (one, other) = (WorkspaceId(1), WorkspaceId(2));
        let sealed = sealer.seal(one, "613ff528-afd1-4c1b-9628-e6ed25ece9c0").expect("sealed");
        assert_eq!(sealed, sealer.seal(one, "613ff528-afd1-4c1b-9628-e6ed25ece9c0").expect("sealed"));
        assert_ne!(sealed, sealer.seal(other, "613ff528-afd1-4c1b-9628-e6ed25ece9c0").expect("sealed"));
        assert_eq!(sealer.unseal(one, &sealed).expect("unsealed"), "613ff528-afd1-4c1b-9628-e6ed25ece9c0");
        assert!(sealer.unseal(other, &sealed).is_err() && sealer.unseal(one, "x").is_err());
        let elsewhere = Sealer::of(&[8; 32]).expect("a key");
        assert!(elsewhere.unseal(one, &sealed).is_err());
    }
}
