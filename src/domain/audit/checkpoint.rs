//! Places of chains that are vouched for by a signature. One that is kept elsewhere proves that nothing up to it was
//! rewritten or cut off.

use super::{NotCanonical, canonical};
use crate::domain::time::Millis;
use serde::{Deserialize, Serialize};

/// What is signed: the canonical text (RFC 8785) of this as JSON, so that no signature can be taken for one of another kind.
/// Keys are Ed25519 public keys in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "attest", rename_all = "snake_case", deny_unknown_fields)]
pub enum Statement {
    /// A chain ended with this row then.
    Checkpoint {
        /// The version of this shape: 1.
        v: i64,
        /// As in the rows: the workspace's id as text, or `installation`.
        chain: String,
        /// The number of the last row.
        seq: i64,
        /// Its hash, in hex.
        hash: String,
        /// When it was signed.
        at_ms: Millis,
        /// The key that signed.
        key: String,
    },
    /// Another key signs from now on.
    NextKey {
        v: i64,
        next: String,
        at_ms: Millis,
        /// The key that signed this, which was the one until now.
        key: String,
    },
}

impl Statement {
    /// The text that is signed.
    pub fn canonical(&self) -> Result<String, NotCanonical> {
        canonical(&serde_json::to_value(self).map_err(|_| NotCanonical)?)
    }

    /// The key that signed it, or says so.
    pub fn key(&self) -> &str {
        match self {
            Self::Checkpoint { key, .. } | Self::NextKey { key, .. } => key,
        }
    }
}
