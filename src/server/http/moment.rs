//! Moments in words, and days as they are typed. All in UTC.

use crate::domain::time::{MINUTE, Millis};
use crate::ui::words::Moment;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A moment as pages show it: `22 Nov 2026, 14:05 UTC`, with the exact value beside it.
pub fn moment(at: Millis) -> Moment {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    Moment { iso: at.to_string(), words: at.strftime("%-d %b %Y, %H:%M UTC").to_string() }
}

/// The same to the minute, for what would otherwise change with every batch though nobody could see it.
pub fn minute(at: Millis) -> Moment {
    moment(Millis(at.0 - at.0.rem_euclid(MINUTE)))
}

/// The first moment of a day written like `2026-11-22`, and the first of the next.
pub fn day(text: &str) -> Option<(Millis, Millis)> {
    let date: Date = text.parse().ok().filter(|date: &Date| date.to_string() == text)?;
    let start = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|at| Millis(at.timestamp().as_millisecond()));
    Some((start(date)?, start(date.tomorrow().ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_days() {
        assert_eq!(moment(Millis(1_795_356_300_123)).words, "22 Nov 2026, 14:05 UTC");
        assert_eq!(moment(Millis(1_795_356_300_123)).iso, "2026-11-22T14:05:00.123Z");
        let (from, to) = day("2026-11-22").unwrap();
        assert_eq!(to.0 - from.0, crate::domain::time::DAY);
        for other in ["22.11.2026", "20261122", "2026-11-22T00:00:00+14:00[UTC]"] {
            assert_eq!(day(other), None, "{other}");
        }
    }
}
