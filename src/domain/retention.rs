//! How long what is learned is kept.

use super::closed_list::closed_list;
use super::time::{DAY, HOUR};

/// How long a `source_request_id` is remembered: a promise of the Events API, so that it is no setting.
pub const REMEMBERED: i64 = 72 * HOUR;

/// How long somebody stays signed in at most, however much they do.
pub const SESSION_LASTS: i64 = 12 * HOUR;

/// Failed sign-ins are forgotten when none came for this long.
pub const FAILURES_REMEMBERED: i64 = DAY;

closed_list! {
    /// What grows with time and is removed when it is too old.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Aging {
        /// Changes of devices' statuses, but never a device's last one.
        Transitions => "transitions",
        /// What each day added to the counters.
        Days => "days",
        /// Ids of requests.
        RequestIds => "request_ids",
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
