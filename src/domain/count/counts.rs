//! How many units have each state.

use crate::domain::att::CountedState;
use serde::{Deserialize, Serialize};

/// A number for each of the six states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts([i64; 6]);

impl Counts {
    pub fn of(&self, state: CountedState) -> i64 {
        self.0[state.code() as usize]
    }

    pub fn add(&mut self, state: CountedState, n: i64) {
        self.0[state.code() as usize] += n;
    }

    pub fn plus(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(to, n)| *to += n);
        self
    }

    pub fn minus(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(to, n)| *to -= n);
        self
    }

    /// Units on all platforms.
    pub fn all(&self) -> i64 {
        self.0.iter().sum()
    }
}
