//! The effective status: what everything downstream goes by, always with its origin.

use super::Status;
use crate::domain::closed_list::closed_list;
use crate::domain::platform::Platform;

closed_list! {
    /// Where an effective status comes from.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Origin {
        /// The device reported it.
        Explicit => "explicit",
        /// The workspace's default in force.
        Default => "default",
        /// Neither reported nor set: unknown.
        None => "none",
        /// Not an Apple platform.
        NotApplicable => "not_applicable",
    }
}

/// The status to go by, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effective {
    pub status: Option<Status>,
    pub origin: Origin,
}

/// Resolves the effective status at read time: a default never changes, hides or outranks an explicit status.
pub fn effective(platform: Platform, explicit: Option<Status>, default: Option<Status>) -> Effective {
    let (status, origin) = match (platform.is_apple(), explicit, default) {
        (false, _, _) => (None, Origin::NotApplicable),
        (true, Some(status), _) => (Some(status), Origin::Explicit),
        (true, None, Some(status)) => (Some(status), Origin::Default),
        (true, None, None) => (None, Origin::None),
    };
    Effective { status, origin }
}
