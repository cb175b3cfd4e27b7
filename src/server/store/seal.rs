//! Advertising ids are stored sealed: what a database leaves in its files of a row that it moved or removed says nothing
//! without the key.

use crate::domain::batch::Batch;
use crate::domain::id::WorkspaceId;
use crate::domain::identifier::IdentifierKind;
use crate::server::error::{Error, Result};
use crate::server::secret::Key;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::Mac;

/// Seals always the same way, so that an id is found by its sealed text; each workspace has its own texts (AES-SIV, RFC
/// 5297, with the workspace as associated data).
#[derive(Clone, Debug)]
pub struct Sealer(Key);

impl Sealer {
    pub(super) fn new(key: Key) -> Self {
        Self(key)
    }

    /// A sealer as 0.1.0 made it of the key that it kept.
    pub(super) fn of_kept_in_clear(key: &Key) -> Result<Self> {
        let mut mac = key.mac()?;
        mac.update(b"advertising ids");
        Ok(Self(<[u8; 32]>::from(mac.finalize().into_bytes()).into()))
    }

    /// The text under which a workspace keeps an advertising id.
    pub fn seal(&self, workspace: WorkspaceId, idfa: &str) -> Result<String> {
        let sealed = self.0.cipher().encrypt([workspace.0.to_be_bytes()], idfa.as_bytes());
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed.map_err(Error::internal)?))
    }

    /// The advertising id that a workspace keeps under a text.
    ///
    /// # Errors
    /// [`Error::Internal`] for a text that this key has not sealed for this workspace.
    pub fn unseal(&self, workspace: WorkspaceId, sealed: &str) -> Result<String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).map_err(Error::internal)?;
        let idfa = self.0.cipher().decrypt([workspace.0.to_be_bytes()], &bytes).map_err(Error::internal)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_by_its_sealed_text_and_by_no_other_workspace() {
        let sealer = Sealer::new([7; 32].into());
        let (one, other) = (WorkspaceId(1), WorkspaceId(2));
        let sealed = sealer.seal(one, "613ff528-afd1-4c1b-9628-e6ed25ece9c0").expect("sealed");
        assert_eq!(sealed, sealer.seal(one, "613ff528-afd1-4c1b-9628-e6ed25ece9c0").expect("sealed"));
        assert_ne!(sealed, sealer.seal(other, "613ff528-afd1-4c1b-9628-e6ed25ece9c0").expect("sealed"));
        assert_eq!(sealer.unseal(one, &sealed).expect("unsealed"), "613ff528-afd1-4c1b-9628-e6ed25ece9c0");
        assert!(sealer.unseal(other, &sealed).is_err() && sealer.unseal(one, "x").is_err());
        let elsewhere = Sealer::new([8; 32].into());
        assert!(elsewhere.unseal(one, &sealed).is_err());
    }
}
