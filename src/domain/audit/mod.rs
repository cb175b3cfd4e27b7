//! The audit row, exactly as it is hashed.

mod action;
mod canonical;
mod checkpoint;

pub use action::{AuditAction, Chain};
pub use canonical::{NotCanonical, canonical};
pub use checkpoint::{Checkpoint, NextKey, Signable, Statement, Succession};

use super::role::TokenRole;
use super::time::Millis;
use crate::domain::closed_list::closed_list;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many rows a filter looks through at once, of those that one index leads to.
pub const LOOKED_THROUGH: i64 = 10_000;

/// The `prev_hash` of a chain's first row.
pub const FIRST_PREVIOUS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Who did it, as they were then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActorSnapshot {
    /// `person`, `token`, `command_line` or `system`.
    pub kind: String,
    /// The person's or token's id; `None` for the others.
    pub id: Option<String>,
    pub name: String,
    /// The role in this workspace; `None` where roles play no part.
    pub role: Option<TokenRole>,
}

closed_list! {
    /// The parts of Attest that act by themselves, as the log names them.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum SystemActor {
        /// Whoever is not signed in yet.
        Visitor => "visitor",
        /// Counts failed sign-ins.
        SignIn => "sign-in",
        /// Erases advertising ids that the settings withhold.
        Erasing => "erasing",
        /// Removes what is too old.
        Retention => "retention",
        /// Takes inactive devices out of the counts.
        Retirement => "retirement",
    }
}

/// What the log calls an act of the command line.
pub const COMMAND_LINE: &str = "command line";

/// Whether a person or token may not have this name, since the log means something else by it. Letters' case does not tell
/// names apart.
pub fn is_reserved(name: &str) -> bool {
    let name = name.to_lowercase();
    let is_attest = name.strip_prefix("attest").is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    // As notices call it.
    let is_command_line = name.strip_prefix("the ").unwrap_or(&name) == COMMAND_LINE;
    is_command_line || is_attest || SystemActor::parse(&name).is_some()
}

/// Exactly what is hashed. Nulls are present, ids are their text, and there are no floats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRow {
    /// The version of this shape: 1.
    pub v: i64,
    /// The workspace's id as text, or `installation`.
    pub chain: String,
    /// From 1, without gaps.
    pub seq: i64,
    pub at_ms: Millis,
    pub actor: ActorSnapshot,
    pub action: String,
    /// What it was done to.
    pub target: String,
    pub before: Value,
    pub after: Value,
    pub reason: Option<String>,
    pub ip: Option<String>,
    pub agent: Option<String>,
    pub request_id: Option<String>,
    /// The version of the privacy settings in force after the act; `None` in the installation's chain.
    pub settings_version: Option<i64>,
    /// The hash of the row before it, in hex.
    pub prev_hash: String,
}

impl AuditRow {
    /// The text that is hashed.
    pub fn canonical(&self) -> Result<String, NotCanonical> {
        canonical(&serde_json::to_value(self).map_err(|_| NotCanonical)?)
    }
}
