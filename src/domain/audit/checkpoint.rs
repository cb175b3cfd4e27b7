//! Places of chains that are vouched for by a signature. One that is kept elsewhere proves that nothing up to it was
//! rewritten or cut off.

use super::{NotCanonical, canonical};
use crate::domain::time::Millis;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// That a chain ended with a row. What is signed is the canonical text (RFC 8785) of this as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    pub attest: Signable,
    /// The version of this shape: 1.
    pub v: i64,
    /// As in the rows: the workspace's id as text, or `installation`.
    pub chain: String,
    /// The number of the last row.
    pub seq: i64,
    /// Its hash, in hex.
    pub hash: String,
    /// When it was signed.
    pub at_ms: Millis,
    /// The key that signed: an Ed25519 public key in base64.
    pub key: String,
}

/// What a signature is of, so that none can be taken for one of something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signable {
    Checkpoint,
}

/// That another key signs from a moment on, by the one that signed until then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextKey {
    pub attest: Succession,
    /// The version of this shape: 1.
    pub v: i64,
    /// The key that says so, an Ed25519 public key in base64.
    pub key: String,
    /// The key that takes over.
    pub next: String,
    /// When it was made.
    pub at_ms: Millis,
}

/// The same for a key that takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Succession {
    NextKey,
}

/// What can be signed.
pub trait Statement: Serialize + DeserializeOwned {
    /// The key that signs it.
    fn key(&self) -> &str;

    /// The text that is signed.
    fn canonical(&self) -> Result<String, NotCanonical> {
        canonical(&serde_json::to_value(self).map_err(|_| NotCanonical)?)
    }
}

impl Statement for Checkpoint {
    fn key(&self) -> &str {
        &self.key
    }
}

impl Statement for NextKey {
    fn key(&self) -> &str {
        &self.key
    }
}
