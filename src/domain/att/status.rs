//! The four statuses of Apple's `ATTrackingManager.AuthorizationStatus`, and the states that are counted.

use crate::domain::closed_list::closed_list;
use crate::domain::platform::Platform;

closed_list! {
    /// What Apple says of one app on one device.
    /// Source: Apple's documentation of `ATTrackingManager.AuthorizationStatus`; names on the wire as mParticle sends
    /// them: anything else, such as another case, is no status. Listed in the order in which pages show them.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Status {
        /// The user allowed it, and can take it back at any time.
        Authorized = 3 => "authorized",
        /// The user refused, or does not allow apps to ask.
        Denied = 2 => "denied",
        /// The user cannot be asked.
        Restricted = 1 => "restricted",
        /// The user has not been asked.
        NotDetermined = 0 => "not_determined",
    }
}

impl Status {
    /// Whether the user has decided: allowed or refused.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Authorized | Self::Denied)
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
    pub(in crate::domain) fn permissiveness(self) -> u8 {
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
    /// What a device on this platform counts as, by the status that it reported.
    pub fn of(platform: Platform, status: Option<Status>) -> Self {
        if platform.is_apple() { status.into() } else { Self::NotApplicable }
    }

    /// Those that Apple units can have, in the order in which pages list them.
    pub const OF_APPLE: [Self; Status::ALL.len() + 1] = Self::listed();

    /// Every one, in the order in which pages list them.
    pub const ALL: [Self; Status::ALL.len() + 2] = Self::listed();

    /// Each status, then unknown, then what is left.
    const fn listed<const N: usize>() -> [Self; N] {
        let mut all = [Self::NotApplicable; N];
        let mut at = 0;
        while at < Status::ALL.len() {
            all[at] = Self::Known(Status::ALL[at]);
            at += 1;
        }
        all[at] = Self::Unknown;
        all
    }

    /// The number by which counts are stored: Apple's code, 4 for unknown, 5 for not applicable.
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
