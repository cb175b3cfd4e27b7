//! Days of a workspace: its time zone is fixed when it is made.

use crate::domain::time::Millis;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The day of a moment in a time zone of the IANA database, as days since 1970-01-01.
pub fn day(at: Millis, zone: &str) -> i64 {
    // A zone was looked up when its workspace was made; should the system forget it, days are UTC's.
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    let since = at.to_zoned(zone).date().since(Date::constant(1970, 1, 1));
    since.map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_the_workspaces_midnight() {
        // 2026-11-22T23:30:00Z
        let late = Millis(1_795_390_200_000);
        assert_eq!(day(late, "UTC"), 20_779);
        assert_eq!(day(late, "Europe/Berlin"), 20_780);
        assert_eq!(day(late, "America/New_York"), 20_779);
        assert_eq!(day(Millis(-1), "UTC"), -1);
    }
}
