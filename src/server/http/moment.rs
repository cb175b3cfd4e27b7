//! Moments in words, in UTC.

use crate::domain::time::{MINUTE, Millis};
use crate::ui::words::Moment;
use jiff::Timestamp;

/// A moment as pages show it: `22 Nov 2026, 14:05 UTC`, with the exact value beside it.
pub fn moment(at: Millis) -> Moment {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    Moment { iso: at.to_string(), words: at.strftime("%-d %b %Y, %H:%M UTC").to_string() }
}

/// The same to the minute, for what would otherwise change with every batch though nobody could see it.
pub fn minute(at: Millis) -> Moment {
    moment(Millis(at.0 - at.0.rem_euclid(MINUTE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_words() {
        assert_eq!(moment(Millis(1_795_356_300_123)).words, "22 Nov 2026, 14:05 UTC");
        assert_eq!(moment(Millis(1_795_356_300_123)).iso, "2026-11-22T14:05:00.123Z");
    }
}
