//! Alerts in words.

use crate::domain::alert::{AlertKind, FEWEST_PROBLEMS, RATE_DAYS, USUAL_DAYS};

/// What a rule is called.
pub fn alert_name(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::UnknownShare => "Unknown share",
        AlertKind::RateChange => "Consent rate",
        AlertKind::DataProblems => "Data problems",
        AlertKind::Silence => "No batches",
    }
}

/// What its threshold is in, above its field.
pub fn alert_unit(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::UnknownShare => "Percent",
        AlertKind::RateChange => "Points",
        AlertKind::DataProblems => "Times a usual day",
        AlertKind::Silence => "Hours",
    }
}

/// A threshold with its unit.
pub fn alert_threshold(kind: AlertKind, threshold: i64) -> String {
    match kind {
        AlertKind::UnknownShare => format!("{threshold}%"),
        AlertKind::RateChange => plural(threshold * 10, "point"),
        AlertKind::DataProblems => format!("{threshold} times"),
        AlertKind::Silence => plural(threshold * 10, "hour"),
    }
}

/// What a rule looks at with the threshold that is set, as it was typed, or else with the one that one begins with; and why one
/// would want to know.
pub fn alert_rule(kind: AlertKind, threshold: &str) -> String {
    let set = threshold.parse().ok().filter(|threshold| kind.thresholds().contains(threshold));
    let set = alert_threshold(kind, set.unwrap_or(kind.suggested()));
    match kind {
        AlertKind::UnknownShare => format!(
            "Tells you when {set} or more of the Apple profiles in production have no status. A feed that sends no statuses, or a broken release, shows here first."
        ),
        AlertKind::RateChange => format!(
            "Tells you when the consent rate of all profiles in production rose or fell by {set} or more in {RATE_DAYS} days, and that is more than chance."
        ),
        AlertKind::DataProblems => format!(
            "Tells you when today or yesterday brought at least {set} as many data problems as a usual day of the {USUAL_DAYS} days before, and at least {FEWEST_PROBLEMS}. Kinds with fewer than ten on a day count as nine there."
        ),
        AlertKind::Silence => format!(
            "Tells you when no batch at all came to production for {set} or more: all feeds have stopped, or their keys are wrong."
        ),
    }
}

/// What was found, in tenths of the threshold's unit.
pub fn alert_found(kind: AlertKind, found: i64) -> String {
    match kind {
        AlertKind::UnknownShare => {
            format!("About {}% of the Apple profiles in production have no status", amount(found))
        }
        AlertKind::RateChange => {
            let moved = if found < 0 { "fell" } else { "rose" };
            format!("The consent rate {moved} by about {} in {RATE_DAYS} days", plural(found.abs(), "point"))
        }
        AlertKind::DataProblems => format!("At least {} times as many data problems as on a usual day", amount(found)),
        AlertKind::Silence => format!("No batch came to production for {}", plural(found, "hour")),
    }
}

/// Why a rule does not hold: what was found, as far as it can be told.
pub fn alert_quiet(kind: AlertKind, threshold: i64, found: Option<i64>) -> String {
    let Some(found) = found else {
        return match kind {
            AlertKind::UnknownShare => {
                "Fewer than 10 profiles have no status, or there are fewer than 100 profiles".to_owned()
            }
            AlertKind::RateChange => format!("There is no rate of {RATE_DAYS} days ago yet, or too few have answered"),
            AlertKind::DataProblems => "The workspace is too young for a usual day".to_owned(),
            AlertKind::Silence => String::new(),
        };
    };
    if kind == AlertKind::Silence && found < 10 {
        return "The last batch came within the hour before".to_owned();
    }
    let said = alert_found(kind, found);
    // What reaches the threshold and does not hold is none for another reason.
    let is_reached = found.abs() >= threshold * 10;
    let why = match kind {
        AlertKind::RateChange if is_reached => ", which may be chance".to_owned(),
        AlertKind::DataProblems if is_reached => format!(", but fewer than {FEWEST_PROBLEMS}"),
        AlertKind::Silence if is_reached => ": nobody waits for one any more".to_owned(),
        _ => String::new(),
    };
    format!("{said}{why}")
}

/// What was found, and from when on that is one.
pub fn alert(kind: AlertKind, threshold: i64, found: i64) -> String {
    format!("{}, and the alert is set to {}", alert_found(kind, found), alert_threshold(kind, threshold))
}

fn amount(tenths: i64) -> String {
    let whole = super::number(tenths / 10);
    if tenths % 10 == 0 { whole } else { format!("{whole}.{}", tenths % 10) }
}

fn plural(tenths: i64, one: &str) -> String {
    if tenths == 10 { format!("1 {one}") } else { format!("{} {one}s", amount(tenths)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_a_sentence() {
        assert_eq!(
            alert(AlertKind::UnknownShare, 50, 621),
            "About 62.1% of the Apple profiles in production have no status, and the alert is set to 50%"
        );
        assert_eq!(
            alert(AlertKind::RateChange, 1, -10),
            "The consent rate fell by about 1 point in 7 days, and the alert is set to 1 point"
        );
        assert_eq!(
            alert(AlertKind::Silence, 1, 15),
            "No batch came to production for 1.5 hours, and the alert is set to 1 hour"
        );
        assert!(alert(AlertKind::DataProblems, 3, 40_000).starts_with("At least 4,000 times as many"));
    }

    #[test]
    fn why_nothing_is_told_is_said() {
        assert!(alert_quiet(AlertKind::RateChange, 3, Some(51)).ends_with("in 7 days, which may be chance"));
        assert!(alert_quiet(AlertKind::RateChange, 3, Some(5)).ends_with("0.5 points in 7 days"));
        assert!(alert_quiet(AlertKind::DataProblems, 3, Some(40)).ends_with(", but fewer than 20"));
        assert!(
            AlertKind::ALL.into_iter().all(|kind| kind == AlertKind::Silence || !alert_quiet(kind, 1, None).is_empty())
        );
    }
}
