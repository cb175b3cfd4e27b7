//! Alerts in words.

use crate::domain::alert::{AlertKind, RATE_DAYS};

/// What a rule is called.
pub fn alert_name(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::UnknownShare => "Unknown share",
        AlertKind::RateChange => "Consent rate",
        AlertKind::DataProblems => "Data problems",
        AlertKind::Silence => "No batches",
    }
}

/// What its threshold is in, and beside its field.
pub fn alert_unit(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::UnknownShare => "percent",
        AlertKind::RateChange => "points",
        AlertKind::DataProblems => "times",
        AlertKind::Silence => "hours",
    }
}

/// What a rule looks at, and why one would want to know.
pub fn alert_rule(kind: AlertKind) -> String {
    match kind {
        AlertKind::UnknownShare => {
            "So many percent of the Apple profiles in production have no status. A feed that does not send statuses, or a broken release, shows here first.".to_owned()
        }
        AlertKind::RateChange => format!(
            "The consent rate of all profiles in production rose or fell by so many points in {RATE_DAYS} days, more than a sample of this size could hide."
        ),
        AlertKind::DataProblems => {
            "Today or yesterday so many times as many data problems came as on a usual day of the four weeks before, and at least 20.".to_owned()
        }
        AlertKind::Silence => "No batch came to production for so many hours: a feed has stopped, or its key is wrong.".to_owned(),
    }
}

/// What was found, in tenths of the threshold's unit.
pub fn alert_found(kind: AlertKind, found: i64) -> String {
    let n = amount(found.abs());
    match kind {
        AlertKind::UnknownShare => format!("{n}% of the profiles have no status"),
        AlertKind::RateChange => {
            let moved = if found < 0 { "fell" } else { "rose" };
            format!("The consent rate {moved} by {n} {} in {RATE_DAYS} days", plural(found, "point"))
        }
        AlertKind::DataProblems => format!("{n} times as many data problems as on a usual day"),
        AlertKind::Silence => format!("No batch for {n} {}", plural(found, "hour")),
    }
}

/// What was found, and from when on that is one.
pub fn alert(kind: AlertKind, threshold: i64, found: i64) -> String {
    let at = match kind {
        AlertKind::UnknownShare => format!("{threshold}%"),
        _ => format!(
            "{threshold} {}",
            if threshold == 1 { alert_unit(kind).trim_end_matches('s') } else { alert_unit(kind) }
        ),
    };
    format!("{}, and the alert is set to {at}", alert_found(kind, found))
}

fn amount(tenths: i64) -> String {
    let whole = super::number(tenths / 10);
    if tenths % 10 == 0 { whole } else { format!("{whole}.{}", tenths % 10) }
}

fn plural(tenths: i64, one: &str) -> String {
    if tenths.abs() == 10 { one.to_owned() } else { format!("{one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_a_sentence() {
        let said = |kind, threshold, found| alert(kind, threshold, found);
        assert_eq!(
            said(AlertKind::UnknownShare, 50, 621),
            "62.1% of the profiles have no status, and the alert is set to 50%"
        );
        assert_eq!(
            said(AlertKind::RateChange, 1, -10),
            "The consent rate fell by 1 point in 7 days, and the alert is set to 1 point"
        );
        assert_eq!(said(AlertKind::Silence, 1, 15), "No batch for 1.5 hours, and the alert is set to 1 hour");
        assert!(said(AlertKind::DataProblems, 3, 40_000).starts_with("4,000 times as many"));
    }
}
