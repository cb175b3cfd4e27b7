//! Counts as a reader may see them: what every view, interface and file shows is made of these.

use super::basis::Basis;
use super::rate::{Fraction, Rate};
use crate::domain::att::{CountedState, Status};
use crate::domain::count::Counts;
use crate::domain::rounding::{Precision, Shown};

/// The counts of one moment, or of several days that are added up as they are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// As reported.
    explicit: Vec<Counts>,
    basis: Basis,
    /// The default in force then.
    default: Option<Status>,
    precision: Precision,
}

impl Figures {
    /// Of these days. A period without any day that counted is one of zero.
    pub fn new(
        days: impl IntoIterator<Item = Counts>,
        (basis, default): (Basis, Option<Status>),
        precision: Precision,
    ) -> Self {
        let mut explicit: Vec<Counts> = days.into_iter().collect();
        explicit.resize(explicit.len().max(1), Counts::default());
        Self { explicit, basis, default, precision }
    }

    /// The default in force then.
    pub fn default(&self) -> Option<Status> {
        self.default
    }

    fn sum(&self, basis: Basis, states: &[CountedState]) -> Shown {
        let of_day = |day: &Counts| {
            let day = basis.of(*day, self.default);
            self.precision.shown(states.iter().map(|state| day.of(*state)).sum())
        };
        Shown::sum(self.explicit.iter().map(of_day)).unwrap_or(self.precision.shown(0))
    }

    /// How many have a state.
    pub fn of(&self, state: CountedState) -> Shown {
        self.sum(self.basis, &[state])
    }

    /// How many are on an Apple platform.
    pub fn apple(&self) -> Shown {
        self.sum(self.basis, &CountedState::OF_APPLE)
    }

    /// How many there are on all platforms.
    pub fn all(&self) -> Shown {
        self.sum(self.basis, &CountedState::ALL)
    }

    /// A rate's two counts. How much was reported is no question of the basis: with the default applied it is all.
    pub fn fraction(&self, rate: Rate) -> Fraction {
        let basis = if rate == Rate::ReportedShare { Basis::Explicit } else { self.basis };
        Fraction { part: self.sum(basis, rate.part()), whole: self.sum(basis, rate.whole()) }
    }

    /// The same counts, with the days of others.
    pub fn with(mut self, others: Self) -> Self {
        self.explicit.extend(others.explicit);
        self
    }
}
