//! How long what is learned is kept.

use super::closed_list::closed_list;
use super::time::{DAY, HOUR, MINUTE};

/// The longest that an id of a request may be remembered, in milliseconds.
pub const LONGEST_REMEMBERED: i64 = 30 * DAY;

/// How long somebody stays signed in at most, however much they do.
pub const SESSION_LASTS: i64 = 12 * HOUR;
/// How long a person who proved who they are may do what asks for that, in milliseconds.
pub const CONFIRMED_FOR: i64 = 10 * MINUTE;

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
        /// What happened on each day.
        Flows => "flows",
        /// How often batches had each data problem.
        DataProblems => "data_problems",
        /// Ids of requests.
        RequestIds => "request_ids",
    }
}

/// The settings of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    pub transitions_days: i64,
    /// Of figures by day, data problems among them.
    pub daily_days: i64,
    /// How long an id of a request is remembered, so that its repeat changes nothing.
    pub request_ids_hours: i64,
    /// How many ids of requests are kept for one workspace at most.
    pub request_ids: i64,
}
