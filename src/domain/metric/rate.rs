//! The five rates. Peers publish different figures under the name "opt-in rate": each of ours has a name of its own, its
//! formula and its denominator.

use super::interval::{Interval, difference, wilson};
use crate::domain::att::{CountedState, Status};
use crate::domain::closed_list::closed_list;
use crate::domain::rounding::{Shown, share, share_off};

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

    /// Whether its rise is good news to whoever asks for consent: that of the restricted rate is none.
    pub fn is_better_higher(self) -> bool {
        self != Self::Restricted
    }
}

/// A rate's two counts, as the reader may see them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    pub part: Shown,
    pub whole: Shown,
    /// Whether nobody is in it twice. Of days that are added up, devices come back: they are no sample of so many.
    pub is_of_one_moment: bool,
}

/// What a change of a rate means to whoever asks for consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Better,
    Worse,
    /// It is too small to be shown.
    Nothing,
    /// It lies within what two samples of these sizes could hide.
    Chance,
    /// That cannot be told.
    Unknown,
}

/// In which steps differences of shares are shown: tenths of a point.
const SHOWN: f64 = 0.001;

impl Fraction {
    /// The share, from 0 to 1; `None` where it would say too much, divide by nothing or be wrong.
    pub fn share(self) -> Option<f64> {
        share(self.part, self.whole)
    }

    /// The figures that the share is calculated from, where there is one.
    pub fn figures(self) -> Option<(i64, i64)> {
        self.share()?;
        Some((self.part.figure()?, self.whole.figure()?))
    }

    /// What a sample of this size could hide; `None` where there is no share, or no sample.
    pub fn interval(self) -> Option<Interval> {
        let (part, whole) = self.figures().filter(|_| self.is_of_one_moment)?;
        wilson(part, whole)
    }

    /// From where to where the growth of the share since `before` may lie; `None` where that is of no two samples.
    pub fn grown_since(self, before: Self) -> Option<Interval> {
        let interval = difference(before.figures()?, self.figures()?)?;
        (self.is_of_one_moment && before.is_of_one_moment).then_some(interval)
    }

    /// Whether rounding alone could make the share rise since `before` where it fell, or the other way round.
    pub fn is_within_rounding(self, before: Self) -> bool {
        let grew = self.share().zip(before.share()).map(|(now, before)| now - before);
        let off = share_off(self.part, self.whole).zip(share_off(before.part, before.whole));
        grew.zip(off).is_some_and(|(grew, (now, before))| now + before > 0.0 && grew.abs() <= now + before)
    }

    /// By how much the share of `rate` grew since `before`, as a difference of shares, and what that means; `None` also where
    /// rounding alone could make it fall instead.
    pub fn since(self, before: Self, rate: Rate) -> Option<(f64, Meaning)> {
        let grew = self.share()? - before.share()?;
        if self.is_within_rounding(before) {
            return None;
        }
        let meaning = match self.grown_since(before) {
            None => Meaning::Unknown,
            Some(_) if grew.abs() < SHOWN / 2.0 => Meaning::Nothing,
            Some(interval) if interval.may_be_chance() => Meaning::Chance,
            Some(_) if (grew > 0.0) == rate.is_better_higher() => Meaning::Better,
            Some(_) => Meaning::Worse,
        };
        Some((grew, meaning))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(part: Shown, whole: Shown) -> Fraction {
        Fraction { part, whole, is_of_one_moment: true }
    }

    /// Read by somebody who sees tens, a rate never seems to rise where it fell.
    #[test]
    fn a_change_that_rounding_alone_could_turn_is_not_told() {
        let rounded = |part, whole| of(Shown::Rounded(part), Shown::Rounded(whole));
        let grew = |before: Fraction, now: Fraction| now.since(before, Rate::Consent).map(|(grew, _)| grew);
        assert_eq!(grew(rounded(380, 1000), rounded(390, 1000)), None, "384 and then 385 of 1000");
        assert!(grew(rounded(3800, 10_000), rounded(4000, 10_000)).is_some());
        let exact = |part, whole| of(Shown::Exact(part), Shown::Exact(whole));
        assert!(grew(exact(380, 1000), exact(381, 1000)).is_some_and(|grew| grew > 0.0));
        assert_eq!(grew(exact(380, 1000), exact(380, 1000)), Some(0.0));
    }
}
