//! Days of a workspace: its time zone is fixed when it is made.

use crate::domain::time::{DAY, Day, Millis};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The zone of all that has none of its own; workspaces are made in it unless something else is said.
pub const UTC: &str = "UTC";

/// The day of a moment in a time zone of the IANA database.
pub fn day(at: Millis, zone: &str) -> Day {
    // A zone was looked up when its workspace was made, and is at each start of a server.
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    let since = at.to_zoned(zone).date().since(Date::constant(1970, 1, 1));
    Day(since.map_or(0, |span| i64::from(span.get_days())))
}

/// The moment at which a day begins.
pub fn begins(day: Day, zone: &str) -> Millis {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let began = civil(day).to_zoned(zone);
    began.map_or(Millis(day.0.saturating_mul(DAY)), |began| Millis(began.timestamp().as_millisecond()))
}

/// The date of a day, as `YYYY-MM-DD`.
pub fn date(day: Day) -> String {
    civil(day).to_string()
}

/// Reads `YYYY-MM-DD`.
pub fn parse(date: &str) -> Option<Day> {
    let date: Date = date.parse().ok().filter(|parsed: &Date| parsed.to_string() == date)?;
    let since = date.since(Date::constant(1970, 1, 1)).ok()?;
    Some(Day(since.get_days().into()))
}

/// The last day of the week, which ends with a Sunday, that a day lies in.
pub fn week_ends(day: Day) -> Day {
    day.plus(7 - i64::from(civil(day).weekday().to_monday_one_offset()))
}

/// The last day of the month that a day lies in.
pub fn month_ends(day: Day) -> Day {
    let date = civil(day);
    day.plus(i64::from(date.days_in_month() - date.day()))
}

/// Days that no calendar has are the epoch's.
pub fn civil(day: Day) -> Date {
    let span = Span::new().try_days(day.0).unwrap_or_default();
    Date::constant(1970, 1, 1).checked_add(span).unwrap_or(Date::constant(1970, 1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_the_workspaces_midnight() {
        // 2026-11-22T23:30:00Z
        let late = Millis(1_795_390_200_000);
        assert_eq!(day(late, "UTC"), Day(20_779));
        assert_eq!(day(late, "Europe/Berlin"), Day(20_780));
        assert_eq!(day(late, "America/New_York"), Day(20_779));
        assert_eq!(day(Millis(-1), "UTC"), Day(-1));
    }

    #[test]
    fn days_have_dates_and_periods_end() {
        assert_eq!((date(Day(20_779)).as_str(), parse("2026-11-22")), ("2026-11-22", Some(Day(20_779))));
        assert_eq!((parse("2026-02-30"), parse("20261122"), parse("")), (None, None, None));
        // 22 Nov 2026 is a Sunday.
        assert_eq!([week_ends(Day(20_779)), week_ends(Day(20_780))], [Day(20_779), Day(20_786)]);
        assert_eq!(month_ends(Day(20_779)), Day(20_787));
        // That day the clocks of Berlin went forward at 2: it began at 23:00 UTC.
        assert_eq!(begins(parse("2026-03-29").unwrap(), "Europe/Berlin"), Millis(1_774_738_800_000));
    }
}
