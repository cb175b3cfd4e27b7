//! Counts as a reader may see them: what every view, interface and file shows is made of these.

use super::basis::Basis;
use super::rate::{Fraction, Rate};
use crate::domain::att::{CountedState, Status};
use crate::domain::count::Counts;
use crate::domain::rounding::{Precision, Shown, share};

/// The counts of one moment, or of several days that are added up as they are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// As reported, each with the default that was in force then.
    days: Vec<(Counts, Option<Status>)>,
    basis: Basis,
    precision: Precision,
}

impl Figures {
    /// Of these days. A period without any day that counted is one of zero.
    pub fn new(days: impl IntoIterator<Item = (Counts, Option<Status>)>, basis: Basis, precision: Precision) -> Self {
        let mut days: Vec<(Counts, Option<Status>)> = days.into_iter().collect();
        days.resize(days.len().max(1), (Counts::default(), None));
        Self { days, basis, precision }
    }

    /// How many have a state on a day. With the default applied they are those that reported it and those of unknown status, each as
    /// they are shown: rounded together they would say whether anybody is among fewer than ten.
    fn of_day(&self, basis: Basis, (counts, default): &(Counts, Option<Status>), state: CountedState) -> Shown {
        let shown = |state| self.precision.shown(counts.of(state));
        match default.filter(|_| basis == Basis::Effective).map(CountedState::Known) {
            // With a default nobody is left without a status.
            Some(_) if state == CountedState::Unknown => Shown::NOBODY,
            Some(default) if state == default => Shown::plus(shown(state), shown(CountedState::Unknown)),
            _ => shown(state),
        }
    }

    /// How many have one of these states, of states and days as they are shown.
    fn sum(&self, basis: Basis, states: &[CountedState]) -> Shown {
        let days = self.days.iter().flat_map(|day| states.iter().map(|state| self.of_day(basis, day, *state)));
        Shown::sum(days).unwrap_or(self.precision.shown(0))
    }

    /// How many have one of these states, each day rounded from the exact number: whatever the basis, for the default moves
    /// nobody out of them. Beside what is shown of each state it may tell that somebody is among those of fewer than ten; a sum
    /// of these would lack all of the rare ones, and a small workspace have no total.
    fn total(&self, states: &[CountedState]) -> Shown {
        let of_day = |(counts, _): &(Counts, Option<Status>)| states.iter().map(|state| counts.of(*state)).sum();
        Shown::sum(self.days.iter().map(|day| self.precision.shown(of_day(day)))).unwrap_or(self.precision.shown(0))
    }

    /// How many have a state.
    pub fn of(&self, state: CountedState) -> Shown {
        self.sum(self.basis, &[state])
    }

    /// How many are on an Apple platform.
    pub fn apple(&self) -> Shown {
        self.total(&CountedState::OF_APPLE)
    }

    /// The same as the states add up as they are shown: what their shares are of, which never are more than the whole.
    pub fn apple_as_shown(&self) -> Shown {
        self.sum(Basis::Explicit, &CountedState::OF_APPLE)
    }

    /// How many have each state of [`CountedState::OF_APPLE`], for a drawing of them in proportion to each other; `None` where
    /// their shares are not told either.
    pub fn proportions(&self) -> Option<[i64; 5]> {
        let whole = self.apple_as_shown();
        share(whole, whole)?;
        Some(CountedState::OF_APPLE.map(|state| self.of(state).figure().unwrap_or_default()))
    }

    /// How many there are on all platforms.
    pub fn all(&self) -> Shown {
        self.total(&CountedState::ALL)
    }

    /// A rate's two counts. How much was reported is no question of the basis: with the default applied it is all.
    pub fn fraction(&self, rate: Rate) -> Fraction {
        let basis = if rate == Rate::ReportedShare { Basis::Explicit } else { self.basis };
        Fraction {
            part: self.sum(basis, rate.part()),
            whole: self.sum(basis, rate.whole()),
            is_of_one_moment: self.days.len() == 1,
        }
    }

    /// Whether counts of fewer than ten are missing in any of these.
    pub fn is_incomplete(&self) -> bool {
        let mut each = CountedState::ALL.into_iter().map(|state| self.of(state));
        each.any(Shown::is_incomplete) || self.all().is_incomplete()
    }

    /// The same counts, with the days of others.
    pub fn with(mut self, others: Self) -> Self {
        self.days.extend(others.days);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::Grant;

    fn counts(authorized: i64, denied: i64, unknown: i64) -> Counts {
        let mut counts = Counts::default();
        counts.add(CountedState::Known(Status::Authorized), authorized);
        counts.add(CountedState::Known(Status::Denied), denied);
        counts.add(CountedState::Unknown, unknown);
        counts
    }

    const EXACT: Grant = Grant::Yes;

    #[test]
    fn each_day_has_the_default_of_its_own() {
        let days = [(counts(1, 2, 4), None), (counts(10, 20, 40), Some(Status::Denied))];
        let figures = Figures::new(days, Basis::Effective, Precision::of(EXACT));
        let of = |state: CountedState| figures.of(state).figure();
        assert_eq!((of(CountedState::Known(Status::Denied)), of(CountedState::Unknown)), (Some(62), Some(4)));
        let consent = figures.fraction(Rate::Consent);
        assert_eq!((consent.part, consent.whole), (Shown::Exact(11), Shown::Exact(73)));
        let reported = figures.fraction(Rate::ReportedShare);
        assert_eq!((reported.part, reported.whole), (Shown::Exact(33), Shown::Exact(77)));
    }

    #[test]
    fn each_rate_has_its_formula() {
        let mut all = Counts::default();
        let states = [Status::Authorized, Status::Denied, Status::Restricted, Status::NotDetermined];
        states.into_iter().zip([1, 10, 100, 1000]).for_each(|(status, n)| all.add(CountedState::Known(status), n));
        all.add(CountedState::Unknown, 10_000);
        all.add(CountedState::NotApplicable, 100_000);
        let figures = Figures::new([(all, None)], Basis::Explicit, Precision::of(EXACT));
        let found = Rate::ALL.map(|rate| figures.fraction(rate).figures());
        let expected = [(1, 11), (1, 11_111), (11, 1011), (100, 1111), (1111, 11_111)];
        assert_eq!(found, expected.map(Some));
    }

    #[test]
    fn nobody_is_unknown_while_there_is_a_default_and_that_is_told_to_all() {
        let rounded = Precision::of(Grant::Rounded);
        let figures = |default| Figures::new([(counts(20, 20, 5), default)], Basis::Effective, rounded);
        assert_eq!(figures(Some(Status::Denied)).of(CountedState::Unknown), Shown::NOBODY);
        assert_eq!(figures(None).of(CountedState::Unknown), Shown::FewerThanTen);
    }

    #[test]
    fn days_that_are_added_up_have_no_interval() {
        let day = (counts(200, 200, 0), None);
        let of = |days: Vec<_>| Figures::new(days, Basis::Explicit, Precision::of(EXACT)).fraction(Rate::Consent);
        assert!(of(vec![day]).interval().is_some());
        let two = of(vec![day, day]);
        assert_eq!((two.share(), two.interval()), (Some(0.5), None), "one device may be in both");
        assert_eq!(of(vec![]).share(), None, "nothing is divided by nothing");
    }
}
