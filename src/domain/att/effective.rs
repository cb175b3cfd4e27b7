//! The effective status: what everything downstream goes by, always with its origin.

use super::Status;
use crate::domain::platform::Platform;
use serde::{Deserialize, Serialize};

/// Where an effective status comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The device reported it.
    Explicit,
    /// The workspace's default in force.
    Default,
    /// Neither reported nor set: unknown.
    None,
    /// Not an Apple platform.
    NotApplicable,
}

impl Origin {
    pub const ALL: [Self; 4] = [Self::Explicit, Self::Default, Self::None, Self::NotApplicable];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Default => "default",
            Self::None => "none",
            Self::NotApplicable => "not_applicable",
        }
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
