//! Moments in words: exact ones in UTC, and how long ago something was.

use crate::domain::time::{DAY, Day, HOUR, MINUTE, Millis};
use crate::server::calendar;
use crate::server::store::View;
use crate::ui::words::Moment;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment as pages show it: `22 Nov 2026, 14:05 UTC`, with the exact value beside it.
pub fn moment(at: Millis) -> Moment {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    Moment { iso: at.to_string(), words: at.strftime("%-d %b %Y, %H:%M UTC").to_string(), exact: None }
}

/// The same to the minute, for what would otherwise change with every batch though nobody could see it.
pub fn minute(at: Millis) -> Moment {
    moment(Millis(at.0 - at.0.rem_euclid(MINUTE)))
}

/// From when and where moments are looked at.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a> {
    pub now: Millis,
    /// The workspace's time zone; none where pages are about no workspace.
    pub zone: Option<&'a str>,
}

impl<'a> Times<'a> {
    pub fn of(view: &'a View) -> Self {
        Self { now: view.now, zone: Some(&view.workspace.time_zone) }
    }

    /// How long ago something was or in how long it will be, such as `3 minutes ago`; beyond 30 days the day. The exact moment is
    /// read beside it, in UTC and in the workspace's time zone.
    pub fn ago(self, at: Millis) -> Moment {
        let exact = moment(at);
        let ms = self.now.0 - at.0;
        let (n, unit) = match ms.abs() {
            ms if ms < MINUTE => (0, "moment"),
            ms if ms < HOUR => (ms / MINUTE, "minute"),
            ms if ms < DAY => (ms / HOUR, "hour"),
            ms => (ms / DAY, "day"),
        };
        let plural = if n == 1 { "" } else { "s" };
        let words = match (n, unit) {
            (0, _) if ms >= 0 => "just now".to_owned(),
            (0, _) => "in a moment".to_owned(),
            (31.., "day") => day_words(calendar::day(at, self.zone.unwrap_or("UTC"))),
            _ if ms > 0 => format!("{n} {unit}{plural} ago"),
            _ => format!("in {n} {unit}{plural}"),
        };
        let local = self.zone.filter(|zone| *zone != "UTC").and_then(|zone| {
            let there = Timestamp::from_millisecond(at.0).ok()?.to_zoned(TimeZone::get(zone).ok()?);
            Some(format!(" ({}, {zone})", there.strftime("%-d %b %Y, %H:%M")))
        });
        let exact = format!("{}{}", exact.words, local.unwrap_or_default());
        Moment { words, exact: Some(exact), ..moment(at) }
    }
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
    fn what_was_lately_says_how_long_ago() {
        let times = Times { now: Millis(1_795_356_300_000), zone: Some("Europe/Berlin") };
        let ago = |ms: i64| times.ago(times.now.minus(ms)).words;
        assert_eq!([0, 59_999, MINUTE, 61 * MINUTE].map(ago), ["just now", "just now", "1 minute ago", "1 hour ago"]);
        assert_eq!([47 * HOUR, 30 * DAY, 31 * DAY].map(ago), ["1 day ago", "30 days ago", "22 Oct 2026"]);
        assert_eq!([-1, -2 * MINUTE, -25 * HOUR].map(ago), ["in a moment", "in 2 minutes", "in 1 day"]);
        let exact = times.ago(times.now.minus(HOUR)).exact;
        assert_eq!(exact.as_deref(), Some("22 Nov 2026, 13:05 UTC (22 Nov 2026, 14:05, Europe/Berlin)"));
        let plain = Times { zone: None, ..times }.ago(times.now).exact;
        assert_eq!(plain.as_deref(), Some("22 Nov 2026, 14:05 UTC"));
    }

    #[test]
    fn moments_have_words() {
        assert_eq!(moment(Millis(1_795_356_300_123)).words, "22 Nov 2026, 14:05 UTC");
        assert_eq!(moment(Millis(1_795_356_300_123)).iso, "2026-11-22T14:05:00.123Z");
        assert_eq!((day_words(Day(20_779)), short_day(Day(20_780))), ("22 Nov 2026".to_owned(), "23 Nov".to_owned()));
        assert_eq!(days_words(Day(20_779), Day(20_780)), "22 Nov – 23 Nov 2026");
        assert_eq!(days_words(Day(20_779), Day(20_829)), "22 Nov 2026 – 11 Jan 2027");
    }
}
