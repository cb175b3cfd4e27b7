//! How long what is learned is kept.

use super::time::{DAY, HOUR};

/// How long a `source_request_id` is remembered: a promise of the Events API, so that it is no setting.
pub const REMEMBERED: i64 = 72 * HOUR;

/// How long somebody stays signed in at most, however much they do.
pub const SESSION_LASTS: i64 = 12 * HOUR;

/// Failed sign-ins are forgotten when none came for this long.
pub const FAILURES_REMEMBERED: i64 = DAY;

/// What grows with time and is removed when it is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aging {
    /// Changes of devices' statuses, but never a device's last one.
    Transitions,
    /// What each day added to the counters.
    Days,
    /// Ids of requests.
    RequestIds,
}

impl Aging {
    pub const ALL: [Self; 3] = [Self::Transitions, Self::Days, Self::RequestIds];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transitions => "transitions",
            Self::Days => "days",
            Self::RequestIds => "request_ids",
        }
    }
}

/// The settings of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    pub transitions_days: i64,
    pub daily_days: i64,
    /// How many ids of requests are kept for one workspace at most.
    pub request_ids: i64,
}
