//! Signatures (Ed25519) of the audit log's checkpoints, and of the keys that take over.

use super::Key;
use crate::domain::audit::{Checkpoint, Statement};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::Value;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// A statement with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<S = Checkpoint> {
    pub said: S,
    /// In base64.
    pub signature: String,
}

impl<S: Statement> Signed<S> {
    /// One object: the statement's fields, and `signature`.
    pub fn json(&self) -> Value {
        let mut object = serde_json::to_value(&self.said).unwrap_or_default();
        object["signature"] = self.signature.as_str().into();
        object
    }

    /// Reads what `json` gave; `None` for anything else, down to a field too many.
    pub fn read(mut object: Value) -> Option<Self> {
        let signature = object.as_object_mut()?.remove("signature")?.as_str()?.to_owned();
        Some(Self { said: serde_json::from_value(object).ok()?, signature })
    }

    /// Whether one of these keys signed exactly it.
    pub fn is_by(&self, keys: &[String]) -> bool {
        keys.iter().any(|key| key == self.said.key()) && self.holds()
    }

    /// Whether the key that it names signed exactly it.
    pub fn holds(&self) -> bool {
        let (Ok(key), Ok(signature)) = (STANDARD.decode(self.said.key()), STANDARD.decode(&self.signature)) else {
            return false;
        };
        let Ok(text) = self.said.canonical() else { return false };
        UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), &signature).is_ok()
    }
}

/// Signs; cheap to clone.
#[derive(Clone)]
pub struct Signer(Arc<Ed25519KeyPair>);

impl Debug for Signer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.public())
    }
}

impl Signer {
    /// `None` never for a key of this length.
    pub fn new(key: &Key) -> Option<Self> {
        Ed25519KeyPair::from_seed_unchecked(key.bytes()).ok().map(|pair| Self(Arc::new(pair)))
    }

    /// The key that others check signatures with, in base64.
    pub fn public(&self) -> String {
        STANDARD.encode(self.0.public_key())
    }

    /// Signs a statement that names this key; `None` for one without a canonical text.
    pub fn sign<S: Statement>(&self, said: S) -> Option<Signed<S>> {
        let text = said.canonical().ok()?;
        let signature = STANDARD.encode(self.0.sign(text.as_bytes()));
        Some(Signed { said, signature })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::Signable;
    use crate::domain::time::Millis;

    fn checkpoint(signer: &Signer, seq: i64) -> Checkpoint {
        let (chain, hash, key) = ("1".to_owned(), "ab".repeat(32), signer.public());
        Checkpoint { attest: Signable::Checkpoint, v: 1, chain, seq, hash, at_ms: Millis(5), key }
    }

    #[test]
    fn a_signature_holds_for_its_statement_and_its_key_only() {
        let [signer, other] = [[1; 32], [2; 32]].map(|seed: [u8; 32]| Signer::new(&seed.into()).expect("a key"));
        let signed = signer.sign(checkpoint(&signer, 7)).expect("signed");
        assert!(signed.holds());
        assert_eq!(Signed::read(signed.json()), Some(signed.clone()));
        let of_another_row = Signed { said: checkpoint(&signer, 8), ..signed.clone() };
        let by_another = Signed { said: checkpoint(&other, 7), ..signed.clone() };
        let nothing = Signed { signature: "x".to_owned(), ..signed.clone() };
        assert!([of_another_row, by_another, nothing].iter().all(|signed| !signed.holds()));
        let mut object = signed.json();
        object["more"] = 1.into();
        assert_eq!(Signed::<Checkpoint>::read(object), None);
    }

    /// Source: RFC 8032, section 7.1, test 1.
    #[test]
    fn keys_are_those_of_the_rfc() {
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
            0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let public = Signer::new(&seed.into()).expect("a key").public();
        assert_eq!(public, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    }
}
