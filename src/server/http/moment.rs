//! Moments in words, in UTC.

use crate::domain::time::{Day, MINUTE, Millis};
use crate::server::calendar;
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

/// A day, such as `22 Nov 2026`.
pub fn day_words(day: Day) -> String {
    calendar::civil(day).strftime("%-d %b %Y").to_string()
}

/// A day without its year, such as `22 Nov`.
pub fn short_day(day: Day) -> String {
    calendar::civil(day).strftime("%-d %b").to_string()
}

/// Days from one to another, such as `28 Oct – 22 Nov 2026`: the year of the first only where it is another one. One day is
/// named once.
pub fn days_words(first: Day, last: Day) -> String {
    if first == last {
        return day_words(last);
    }
    let same_year = calendar::civil(first).year() == calendar::civil(last).year();
    let first = if same_year { short_day(first) } else { day_words(first) };
    format!("{first} – {}", day_words(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_words() {
        assert_eq!(moment(Millis(1_795_356_300_123)).words, "22 Nov 2026, 14:05 UTC");
        assert_eq!(moment(Millis(1_795_356_300_123)).iso, "2026-11-22T14:05:00.123Z");
        assert_eq!((day_words(Day(20_779)), short_day(Day(20_780))), ("22 Nov 2026".to_owned(), "23 Nov".to_owned()));
        assert_eq!(days_words(Day(20_779), Day(20_780)), "22 Nov – 23 Nov 2026");
        assert_eq!(days_words(Day(20_779), Day(20_829)), "22 Nov 2026 – 11 Jan 2027");
    }
}
