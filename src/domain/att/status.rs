//! The four statuses of Apple's `ATTrackingManager.AuthorizationStatus`, and the states that are counted.

use serde::{Deserialize, Serialize};

/// What Apple says of one app on one device.
/// Source: Apple's documentation of `ATTrackingManager.AuthorizationStatus`; names on the wire as mParticle sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The user has not been asked.
    NotDetermined = 0,
    /// The user cannot be asked.
    Restricted = 1,
    /// The user refused, or does not allow apps to ask.
    Denied = 2,
    /// The user allowed it, and can take it back at any time.
    Authorized = 3,
}

impl Status {
    /// In the order in which pages list them.
    pub const ALL: [Self; 4] = [Self::Authorized, Self::Denied, Self::Restricted, Self::NotDetermined];

    /// The name on the wire: case-sensitive lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotDetermined => "not_determined",
            Self::Restricted => "restricted",
            Self::Denied => "denied",
            Self::Authorized => "authorized",
        }
    }

    /// Reads the name on the wire; anything else is no status, never a guess.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Apple's code, which the store keeps.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// Reads Apple's code.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Of two reports for the same moment the one with the smaller rank is believed: the less permissive.
    pub(super) fn permissiveness(self) -> u8 {
        match self {
            Self::Denied => 0,
            Self::Restricted => 1,
            Self::NotDetermined => 2,
            Self::Authorized => 3,
        }
    }
}

/// What a device or profile is counted as: a status, unknown, or not applicable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CountedState {
    Known(Status),
    /// An Apple device that never reported one: a row of its own, never the same as not determined.
    Unknown,
    /// Not an Apple platform.
    NotApplicable,
}

impl CountedState {
    /// The five that Apple units can have, in the order in which pages list them.
    pub const OF_APPLE: [Self; 5] = [
        Self::Known(Status::Authorized),
        Self::Known(Status::Denied),
        Self::Known(Status::Restricted),
        Self::Known(Status::NotDetermined),
        Self::Unknown,
    ];

    pub const ALL: [Self; 6] = [
        Self::Known(Status::Authorized),
        Self::Known(Status::Denied),
        Self::Known(Status::Restricted),
        Self::Known(Status::NotDetermined),
        Self::Unknown,
        Self::NotApplicable,
    ];

    /// The number by which counts are held: Apple's code, 4 for unknown, 5 for not applicable.
    pub fn code(self) -> i64 {
        match self {
            Self::Known(status) => status.code(),
            Self::Unknown => 4,
            Self::NotApplicable => 5,
        }
    }

    /// The name in counts, classes and interfaces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known(status) => status.as_str(),
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

impl From<Option<Status>> for CountedState {
    fn from(status: Option<Status>) -> Self {
        status.map_or(Self::Unknown, Self::Known)
    }
}
