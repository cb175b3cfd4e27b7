//! Inputs: feeds of events, each with a key and a secret.

use super::id::{AppId, InputId};
use super::time::Millis;
use serde::Serialize;

/// An input as pages show it; the secret's hash stays in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub id: InputId,
    pub name: String,
    /// The app that batches without a bundle id belong to.
    pub app: Option<AppId>,
    /// The public half of its credentials.
    pub key: String,
    pub paused: bool,
    pub created_at: Millis,
    pub last_batch_at: Option<Millis>,
}

/// The audited state of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InputState {
    pub input: InputId,
    pub name: String,
    pub key: String,
    pub paused: bool,
    /// How often the secret was made: the only trace of it.
    pub secret_version: i64,
}

/// What is counted of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// Batches that were stored.
    Accepted,
    /// Batches that were answered and changed nothing, since they had been stored before.
    Repeated,
    /// Batches that were refused, by reason.
    Refused,
    /// What was odd about stored batches, by reason.
    Noted,
}

impl Counted {
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Repeated, Self::Refused, Self::Noted];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Repeated => "repeated",
            Self::Refused => "refused",
            Self::Noted => "noted",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counted| counted.as_str() == text)
    }
}

/// What is odd about a stored batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Note {
    BadTimestamp,
    SecondsTimestamp,
    FutureTimestamp,
    Stale,
    /// A status for a platform that has none; not stored.
    StatusElsewhere,
    /// An IDFA that the status does not permit, kept under `observe`.
    IdfaUnpermitted,
    /// Neither a device nor a person is named; nothing was stored.
    Nobody,
}

impl Note {
    /// The name under which it is counted.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadTimestamp => "bad_timestamp",
            Self::SecondsTimestamp => "seconds_timestamp",
            Self::FutureTimestamp => "future_timestamp",
            Self::Stale => "stale",
            Self::StatusElsewhere => "status_on_other_platform",
            Self::IdfaUnpermitted => "idfa_not_permitted",
            Self::Nobody => "names_nobody",
        }
    }
}
