//! The five rates. Peers publish different figures under the name "opt-in rate": each of ours has a name of its own, its
//! formula and its denominator.

use super::interval::{Interval, wilson};
use crate::domain::att::{CountedState, Status};
use crate::domain::closed_list::closed_list;
use crate::domain::count::Counts;
use crate::domain::rounding::{Shown, share};

closed_list! {
    /// A rate, in the order in which they are shown.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Rate {
        /// Authorized of those who answered the prompt: A / (A + D).
        #[default]
        Consent => "consent_rate",
        /// Authorized of all Apple units: A / (A + D + R + N + U).
        Addressable => "addressable_rate",
        /// Those who answered of those who can be asked: (A + D) / (A + D + N).
        PromptCoverage => "prompt_coverage",
        /// Restricted of those with a reported status: R / (A + D + R + N).
        Restricted => "restricted_rate",
        /// Those with a reported status of all Apple units: (A + D + R + N) / (A + D + R + N + U).
        ReportedShare => "reported_share",
    }
}

const AUTHORIZED: CountedState = CountedState::Known(Status::Authorized);
const DENIED: CountedState = CountedState::Known(Status::Denied);
const RESTRICTED: CountedState = CountedState::Known(Status::Restricted);
const NOT_DETERMINED: CountedState = CountedState::Known(Status::NotDetermined);

impl Rate {
    /// The states that are counted above the line.
    pub fn part(self) -> &'static [CountedState] {
        match self {
            Self::Consent | Self::Addressable => &[AUTHORIZED],
            Self::PromptCoverage => &[AUTHORIZED, DENIED],
            Self::Restricted => &[RESTRICTED],
            Self::ReportedShare => &[AUTHORIZED, DENIED, RESTRICTED, NOT_DETERMINED],
        }
    }

    /// The states that are counted below the line.
    pub fn whole(self) -> &'static [CountedState] {
        match self {
            Self::Consent => &[AUTHORIZED, DENIED],
            Self::PromptCoverage => &[AUTHORIZED, DENIED, NOT_DETERMINED],
            Self::Restricted => &[AUTHORIZED, DENIED, RESTRICTED, NOT_DETERMINED],
            Self::Addressable | Self::ReportedShare => &CountedState::OF_APPLE,
        }
    }

    /// The exact number above the line, and that below it.
    pub fn numbers(self, counts: &Counts) -> (i64, i64) {
        let sum = |states: &[CountedState]| states.iter().map(|state| counts.of(*state)).sum();
        (sum(self.part()), sum(self.whole()))
    }

    /// How many points a rise of it is worth to whoever asks for consent: a rise of the restricted rate is none.
    pub fn is_better_higher(self) -> bool {
        self != Self::Restricted
    }
}

/// A rate's two counts, as the reader may see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    pub part: Shown,
    pub whole: Shown,
}

impl Fraction {
    /// The share, from 0 to 1; `None` where it would say too much or divide by nothing.
    pub fn share(self) -> Option<f64> {
        share(self.part, self.whole)
    }

    /// The figures that the share is calculated from, where there is one.
    pub fn figures(self) -> Option<(i64, i64)> {
        self.share()?;
        Some((self.part.figure()?, self.whole.figure()?))
    }

    /// What a sample of this size could hide; `None` where there is no share.
    pub fn interval(self) -> Option<Interval> {
        let (part, whole) = self.figures()?;
        wilson(part, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: [i64; 5]) -> Counts {
        let mut counts = Counts::default();
        CountedState::OF_APPLE.into_iter().zip(of).for_each(|(state, n)| counts.add(state, n));
        counts.add(CountedState::NotApplicable, 1000);
        counts
    }

    #[test]
    fn each_rate_has_its_formula() {
        // In the order of `OF_APPLE`.
        let order = [AUTHORIZED, DENIED, RESTRICTED, NOT_DETERMINED, CountedState::Unknown];
        let all = order.map(|state| match state {
            AUTHORIZED => 1,
            DENIED => 10,
            RESTRICTED => 100,
            NOT_DETERMINED => 1000,
            _ => 10_000,
        });
        let mut by_state = Counts::default();
        order.into_iter().zip(all).for_each(|(state, n)| by_state.add(state, n));
        by_state.add(CountedState::NotApplicable, 100_000);
        let found = Rate::ALL.map(|rate| rate.numbers(&by_state));
        assert_eq!(found, [(1, 11), (1, 11_111), (11, 1011), (100, 1111), (1111, 11_111)]);
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        let nobody = counts([0; 5]);
        for rate in Rate::ALL {
            let (part, whole) = rate.numbers(&nobody);
            let fraction = Fraction { part: Shown::Exact(part), whole: Shown::Exact(whole) };
            assert_eq!((fraction.share(), fraction.interval()), (None, None));
        }
    }
}
