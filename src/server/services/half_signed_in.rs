//! Somebody whose password was right, before the code of their second factor.

use crate::domain::id::PersonId;
use crate::domain::time::{MINUTE, Millis};
use crate::server::hex::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How long one may take from the password to the code, in milliseconds.
const CODE_WITHIN: i64 = 10 * MINUTE;

/// Somebody who knew the password and is asked for a code. Their session keeps it, and it opens nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HalfSignedIn {
    person: String,
    /// A digest of what the password was found right by: another password since then ends this.
    password: String,
    at: Millis,
}

impl HalfSignedIn {
    pub(super) fn new(person: PersonId, hash: &str, at: Millis) -> Self {
        Self { person: person.to_string(), password: digest(hash), at }
    }

    /// Whether a code may still be given.
    pub fn is_open(&self, now: Millis) -> bool {
        (now.minus(CODE_WITHIN)..=now.believable()).contains(&self.at)
    }

    pub(super) fn person(&self) -> Option<PersonId> {
        PersonId::parse(&self.person)
    }

    /// Whether the password is still the one that was right.
    pub(super) fn is_by(&self, hash: &str) -> bool {
        digest(hash) == self.password
    }
}

fn digest(hash: &str) -> String {
    hex(&Sha256::digest(hash))
}
