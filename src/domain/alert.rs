//! Alerts: rules on a workspace's figures, each off or with a threshold, and whether one holds.

use super::closed_list::closed_list;
use super::error::Problem;
use super::metric::{Fraction, Meaning, Rate};
use super::rounding::Shown;
use super::time::{DAY, HOUR, Millis};
use std::ops::RangeInclusive;

closed_list! {
    /// The rules, in the order in which they are shown.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum AlertKind {
        /// At least so many percent of the Apple profiles have no status.
        UnknownShare => "unknown_share",
        /// The consent rate is at least so many points away from what it was a week before, and that is not chance.
        RateChange => "rate_change",
        /// At least so many times as many data problems as on a usual day.
        DataProblems => "data_problems",
        /// No batch for at least so many hours.
        Silence => "silence",
    }
}

impl AlertKind {
    /// From where to where its threshold can be chosen: in percent, points, times or hours.
    pub fn thresholds(self) -> RangeInclusive<i64> {
        match self {
            Self::UnknownShare => 1..=99,
            Self::RateChange => 1..=50,
            Self::DataProblems => 2..=100,
            Self::Silence => 1..=168,
        }
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`Problem::ThresholdOutOfRange`] for one that it cannot have.
    pub fn threshold(self, threshold: i64) -> Result<i64, Problem> {
        if self.thresholds().contains(&threshold) { Ok(threshold) } else { Err(Problem::ThresholdOutOfRange) }
    }

    /// The threshold that somebody begins with.
    pub fn suggested(self) -> i64 {
        match self {
            Self::UnknownShare => 50,
            Self::RateChange => 3,
            Self::DataProblems => 3,
            Self::Silence => 1,
        }
    }
}

/// A rule that is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertRule {
    pub kind: AlertKind,
    /// From when on it holds, in the unit of its kind.
    pub threshold: i64,
    pub state: AlertState,
}

/// What was found when a rule was last looked at, in tenths of its threshold's unit; a fallen rate is below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// Nobody looked since it was turned on.
    NotLooked,
    /// It does not hold. Nothing was found where there was too little to tell.
    Quiet { found: Option<i64>, looked_at: Millis },
    /// It holds, and was first seen to hold then.
    Holds { found: i64, since: Millis, looked_at: Millis },
}

/// So many days say what is usual: of data problems those before yesterday.
pub const USUAL_DAYS: i64 = 28;
/// How many days lie between the two figures of a rate that are compared.
pub const RATE_DAYS: i64 = 7;
/// Fewer data problems a day than this are nothing to be told of, however unusual.
pub const FEWEST_PROBLEMS: i64 = 20;
/// How long a batch is missed: after a year nobody waits for one any more.
const LONGEST_SILENCE: i64 = 365 * DAY;

/// What the rules are held against: in production, over all apps, as everybody in the workspace may see it.
#[derive(Clone, Debug)]
pub struct AlertFigures {
    /// Profiles without a status, of all.
    pub unknown: Fraction,
    pub consent: Fraction,
    /// As it was [`RATE_DAYS`] before, where that is known.
    pub consent_before: Option<Fraction>,
    /// Data problems of yesterday and of today so far.
    pub problems: [Shown; 2],
    /// Those of each of the [`USUAL_DAYS`] before, as far as days are kept.
    pub problems_before: Vec<Shown>,
    /// When the last batch came; before the first one, since when one could have come.
    pub last_batch: Millis,
    pub now: Millis,
}

/// A figure that a rule is about, and whether it can be more than chance or a handful.
struct Finding {
    value: f64,
    counts: bool,
}

impl AlertFigures {
    /// Looks at a rule as it was left.
    pub fn look(&self, rule: &AlertRule) -> AlertState {
        let looked_at = self.now;
        let Some(Finding { value, counts }) = self.finding(rule.kind) else {
            return AlertState::Quiet { found: None, looked_at };
        };
        let tenths = (value * 10.0).round() as i64;
        // A share is a quotient, whose last digit may be one too few.
        let is_reached = value.abs() + 1e-9 >= rule.threshold as f64;
        if !is_reached || !counts {
            // What rounding would make of it is not said to have been reached.
            let most = rule.threshold * 10 - 1;
            let found = if is_reached { tenths } else { tenths.clamp(-most, most) };
            return AlertState::Quiet { found: Some(found), looked_at };
        }
        let since = match rule.state {
            AlertState::Holds { since, .. } => since,
            AlertState::NotLooked | AlertState::Quiet { .. } => self.now,
        };
        AlertState::Holds { found: tenths, since, looked_at }
    }

    /// What a rule looks at; `None` where there is too little to tell.
    fn finding(&self, kind: AlertKind) -> Option<Finding> {
        match kind {
            AlertKind::UnknownShare => {
                self.unknown.share().map(|unknown| Finding { value: unknown * 100.0, counts: true })
            }
            AlertKind::RateChange => {
                let before = self.consent_before?;
                let grew = self.consent.share()? - before.share()?;
                let meaning = self.consent.since(before, Rate::Consent).map(|(_, meaning)| meaning);
                let counts = matches!(meaning, Some(Meaning::Better | Meaning::Worse));
                Some(Finding { value: grew * 100.0, counts })
            }
            AlertKind::DataProblems => {
                let most = self.problems.into_iter().filter_map(Shown::figure).max().unwrap_or_default();
                // Of a new workspace nobody knows what is usual.
                let days = i64::try_from(self.problems_before.len()).ok().filter(|days| *days > 0)?;
                // A day of fewer than ten may have had nine: what is told as so many times as usual is at least that.
                let before: i64 = self.problems_before.iter().map(|shown| shown.most()).sum();
                let usual = (before as f64 / days as f64).max(1.0);
                Some(Finding { value: most as f64 / usual, counts: most >= FEWEST_PROBLEMS })
            }
            AlertKind::Silence => {
                let silent = (self.now.0 - self.last_batch.0).max(0);
                Some(Finding { value: silent as f64 / HOUR as f64, counts: silent < LONGEST_SILENCE })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::Grant;
    use crate::domain::rounding::Precision;

    fn fraction(part: i64, whole: i64) -> Fraction {
        let shown = |n| Precision::of(Grant::Rounded).shown(n);
        Fraction { part: shown(part), whole: shown(whole), is_of_one_moment: true }
    }

    fn quiet() -> AlertFigures {
        AlertFigures {
            unknown: fraction(100, 1000),
            consent: fraction(400, 1000),
            consent_before: Some(fraction(400, 1000)),
            problems: [Shown::Rounded(20), Shown::FewerThanTen],
            problems_before: vec![Shown::Rounded(20); 28],
            last_batch: Millis(10 * HOUR),
            now: Millis(10 * HOUR),
        }
    }

    fn look(figures: &AlertFigures, kind: AlertKind, threshold: i64) -> (bool, Option<i64>) {
        match figures.look(&AlertRule { kind, threshold, state: AlertState::NotLooked }) {
            AlertState::NotLooked => panic!("it was looked at"),
            AlertState::Quiet { found, .. } => (false, found),
            AlertState::Holds { found, .. } => (true, Some(found)),
        }
    }

    fn holding(figures: &AlertFigures) -> Vec<AlertKind> {
        AlertKind::ALL.into_iter().filter(|kind| look(figures, *kind, kind.suggested()).0).collect()
    }

    #[test]
    fn nothing_holds_of_a_quiet_workspace_nor_of_an_empty_one() {
        assert_eq!(holding(&quiet()), []);
        let empty = AlertFigures {
            unknown: fraction(0, 0),
            consent: fraction(0, 0),
            consent_before: None,
            problems: [Shown::FewerThanTen; 2],
            problems_before: vec![],
            ..quiet()
        };
        assert_eq!(holding(&empty), []);
        let found = AlertKind::ALL.map(|kind| look(&empty, kind, kind.suggested()).1);
        assert_eq!(found, [None, None, None, Some(0)]);
    }

    #[test]
    fn a_rule_holds_from_its_threshold_on() {
        let of = |unknown| AlertFigures { unknown: fraction(unknown, 1000), ..quiet() };
        assert_eq!(look(&of(500), AlertKind::UnknownShare, 50), (true, Some(500)));
        assert_eq!(look(&of(490), AlertKind::UnknownShare, 50), (false, Some(490)));
        let of = |minutes: i64| AlertFigures { now: Millis(10 * HOUR + minutes * HOUR / 60), ..quiet() };
        assert_eq!(look(&of(59), AlertKind::Silence, 1), (false, Some(9)), "not said to be an hour");
        assert_eq!(look(&of(60), AlertKind::Silence, 1), (true, Some(10)));
        assert!(!look(&of(60 * 24 * 366), AlertKind::Silence, 1).0, "nobody waits for a batch after a year");
    }

    #[test]
    fn it_holds_since_it_was_first_seen_to() {
        let figures = AlertFigures { unknown: fraction(600, 1000), ..quiet() };
        let rule = |state| AlertRule { kind: AlertKind::UnknownShare, threshold: 50, state };
        let (since, looked_at) = (Millis(5), figures.now);
        let held = AlertState::Holds { found: 700, since, looked_at: since };
        assert_eq!(figures.look(&rule(held)), AlertState::Holds { found: 600, since, looked_at });
        let quiet = AlertState::Quiet { found: Some(1), looked_at: since };
        assert_eq!(figures.look(&rule(quiet)), AlertState::Holds { found: 600, since: looked_at, looked_at });
    }

    #[test]
    fn a_rate_that_fell_is_told_as_one_that_rose_and_chance_is_not() {
        let of = |part, whole| AlertFigures { consent: fraction(part, whole), ..quiet() };
        assert_eq!(look(&of(300, 1000), AlertKind::RateChange, 10), (true, Some(-100)));
        assert_eq!(look(&of(500, 1000), AlertKind::RateChange, 10), (true, Some(100)));
        assert_eq!(look(&of(130, 300), AlertKind::RateChange, 3), (false, Some(33)), "of three hundred that is chance");
        assert_eq!(look(&of(50, 110), AlertKind::RateChange, 5), (false, Some(55)), "rounding alone could turn it");
    }

    #[test]
    fn data_problems_rise_against_a_usual_day_and_are_some() {
        let of = |today, before: Shown| AlertFigures {
            problems: [Shown::FewerThanTen, Shown::Rounded(today)],
            problems_before: vec![before; 28],
            ..quiet()
        };
        let look = |today, before, threshold| look(&of(today, before), AlertKind::DataProblems, threshold);
        assert_eq!(look(60, Shown::Rounded(20), 3), (true, Some(30)));
        assert_eq!(look(50, Shown::Rounded(20), 3), (false, Some(25)));
        assert_eq!(look(20, Shown::FewerThanTen, 3), (false, Some(22)), "there may have been nine a day");
        assert_eq!(look(10, Shown::FewerThanTen, 2), (false, Some(11)));
        assert_eq!(look(30, Shown::FewerThanTen, 3), (true, Some(33)));
        assert!(!look(10, Shown::Exact(0), 3).0, "ten are nothing to be told of, whatever is usual");
    }
}
