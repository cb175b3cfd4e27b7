//! Alerts: rules on a workspace's figures, each off or with a threshold, and whether one holds.

use super::closed_list::closed_list;
use super::metric::{Fraction, Meaning, Rate};
use super::rounding::Shown;
use super::time::{DAY, HOUR, Millis};
use std::ops::RangeInclusive;

closed_list! {
    /// The rules, in the order in which they are shown.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum AlertKind {
        /// More than so many percent of the profiles have no status.
        UnknownShare => "unknown_share",
        /// The consent rate is so many points away from what it was a week before, and that is not chance.
        RateChange => "rate_change",
        /// So many times as many data problems as on a usual day.
        DataProblems => "data_problems",
        /// No batch for so many hours.
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

/// What was found when a rule was last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertState {
    /// Since when it holds; `None` while it does not.
    pub since: Option<Millis>,
    /// What was found, in tenths of the threshold's unit: a fallen rate is below zero. `None` where there was too little to tell.
    pub found: Option<i64>,
    /// When that was; `None` before the first time.
    pub looked_at: Option<Millis>,
}

/// Days before yesterday that say how many data problems are usual.
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
    pub last_batch: Option<Millis>,
    pub now: Millis,
}

impl AlertFigures {
    /// What a rule looks at, in tenths of its threshold's unit; `None` where there is too little to tell.
    pub fn found(&self, kind: AlertKind) -> Option<i64> {
        match kind {
            AlertKind::UnknownShare => self.unknown.share().map(|unknown| tenths(unknown * 100.0)),
            AlertKind::RateChange => {
                let (grew, meaning) = self.consent.since(self.consent_before?, Rate::Consent)?;
                let is_told = matches!(meaning, Meaning::Better | Meaning::Worse);
                is_told.then(|| tenths(grew * 100.0))
            }
            AlertKind::DataProblems => {
                let most = self.problems.into_iter().filter_map(Shown::figure).max().unwrap_or_default();
                // Of a new workspace nobody knows what is usual.
                let days = i64::try_from(self.problems_before.len()).ok().filter(|days| *days > 0)?;
                let before: i64 = self.problems_before.iter().filter_map(|shown| shown.figure()).sum();
                let usual = (before as f64 / days as f64).max(1.0);
                (most >= FEWEST_PROBLEMS).then(|| tenths(most as f64 / usual))
            }
            AlertKind::Silence => {
                let silent = self.now.0 - self.last_batch?.0;
                (silent < LONGEST_SILENCE).then(|| tenths(silent.max(0) as f64 / HOUR as f64))
            }
        }
    }

    /// Whether a rule holds now.
    pub fn holds(&self, kind: AlertKind, threshold: i64) -> bool {
        self.found(kind).is_some_and(|found| found.abs() >= threshold * 10)
    }
}

/// Cut off, not rounded: what is told as reached was reached.
fn tenths(value: f64) -> i64 {
    // A share is a quotient, whose last digit may be one too few.
    (value * 10.0 + value.signum() * 1e-6).trunc() as i64
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
            last_batch: Some(Millis(10 * HOUR)),
            now: Millis(10 * HOUR),
        }
    }

    fn holding(figures: &AlertFigures) -> Vec<AlertKind> {
        AlertKind::ALL.into_iter().filter(|kind| figures.holds(*kind, kind.suggested())).collect()
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
            last_batch: None,
            now: Millis(0),
        };
        assert_eq!(holding(&empty), []);
        assert!(AlertKind::ALL.into_iter().all(|kind| empty.found(kind).is_none()));
    }

    #[test]
    fn a_rule_holds_from_its_threshold_on() {
        let of = |unknown| AlertFigures { unknown: fraction(unknown, 1000), ..quiet() };
        assert_eq!(of(500).found(AlertKind::UnknownShare), Some(500));
        assert_eq!(
            (of(500).holds(AlertKind::UnknownShare, 50), of(490).holds(AlertKind::UnknownShare, 50)),
            (true, false)
        );
        let of = |minutes: i64| AlertFigures { now: Millis(10 * HOUR + minutes * HOUR / 60), ..quiet() };
        assert_eq!((of(59).holds(AlertKind::Silence, 1), of(60).holds(AlertKind::Silence, 1)), (false, true));
        assert!(!of(60 * 24 * 366).holds(AlertKind::Silence, 1), "nobody waits for a batch after a year");
    }

    #[test]
    fn a_rate_that_fell_is_told_as_one_that_rose_and_chance_is_not() {
        let of = |part, whole| AlertFigures { consent: fraction(part, whole), ..quiet() };
        assert_eq!(of(300, 1000).found(AlertKind::RateChange), Some(-100));
        assert!(of(300, 1000).holds(AlertKind::RateChange, 10) && of(500, 1000).holds(AlertKind::RateChange, 10));
        assert_eq!(of(50, 110).found(AlertKind::RateChange), None, "five points of a hundred and ten are chance");
    }

    #[test]
    fn data_problems_rise_against_a_usual_day_and_are_some() {
        let of = |today, before: i64| AlertFigures {
            problems: [Shown::FewerThanTen, Shown::Rounded(today)],
            problems_before: vec![Shown::Rounded(before); 28],
            ..quiet()
        };
        assert_eq!(of(60, 20).found(AlertKind::DataProblems), Some(30));
        assert!(of(60, 20).holds(AlertKind::DataProblems, 3) && !of(50, 20).holds(AlertKind::DataProblems, 3));
        assert!(!of(10, 0).holds(AlertKind::DataProblems, 3), "ten are nothing to be told of");
        assert!(of(20, 0).holds(AlertKind::DataProblems, 20), "where there were none, each day counts as one of one");
    }
}
