//! Inputs: feeds of events, each with a key and a secret.

use super::closed_list::closed_list;
use super::id::{AppId, InputId};
use super::time::{DAY, Millis};
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
    /// Whether a placeholder is an id like any other.
    pub takes_placeholders: bool,
    /// How many requests it may send in a second; `None` for any number.
    pub requests_per_second: Option<i64>,
    pub created_at: Millis,
    pub last_batch_at: Option<Millis>,
}

/// How long the secret before a rotation works on, in milliseconds.
pub const OLD_SECRET_LASTS: i64 = DAY;

/// The audited state of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InputSnapshot {
    pub input: InputId,
    pub name: String,
    pub key: String,
    pub paused: bool,
    /// Whether a placeholder is an id like any other.
    pub takes_placeholders: bool,
    /// How many requests it may send in a second; `None` for any number.
    pub requests_per_second: Option<i64>,
    /// How often the secret was made: the only trace of it.
    pub secret_version: i64,
}

/// So many batches of Apple devices without a single status among them are a feed that sends none.
pub const MANY_WITHOUT_STATUS: i64 = 100;

closed_list! {
    /// What is counted of an input.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Counted {
        /// Batches that were stored.
        Accepted => "accepted",
        /// Batches that were accepted and changed nothing, since they had been stored before.
        Repeated => "repeated",
        /// Batches that were refused, by reason.
        Refused => "refused",
        /// Batches that named neither a device nor a person, of which nothing was kept.
        WithoutIds => "without_ids",
        /// Batches of bundle ids beyond [`MOST_APPS`](super::app::MOST_APPS), which count as one app.
        OtherApp => "other_app",
        /// That a stored batch of an Apple device in production said its ATT status: the first one, and none after it.
        WithStatus => "with_status",
        /// Those that did not.
        WithoutStatus => "without_status",
    }
}
