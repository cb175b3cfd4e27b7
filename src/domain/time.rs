//! Moments as unix milliseconds, and days of a time zone.

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// A day of a workspace's time zone: days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// The day so many days later, or earlier when negative; stays at the ends of the range rather than wrapping.
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// How many days after another one it is.
    pub fn since(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

pub const SECOND: i64 = 1000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// How far apart moments may be that one clock noted: senders' clocks are believed up to five minutes ahead, processes' are
/// less than a minute apart, and what waits to be written waits for a moment.
const BELIEVED: i64 = 15 * MINUTE;

impl Millis {
    /// Up to when a moment that was noted before this one is believed. A later one was noted while a clock was ahead.
    pub fn believable(self) -> Self {
        self.plus(BELIEVED)
    }

    /// The moment `ms` milliseconds later; stays at the ends of the range rather than wrapping.
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// The moment `ms` milliseconds earlier; stays at the ends of the range rather than wrapping.
    pub fn minus(self, ms: i64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}
