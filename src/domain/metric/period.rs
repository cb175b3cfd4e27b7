//! Days from one to another.

use crate::domain::time::Day;

/// Days of a workspace's time zone, from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub first: Day,
    pub last: Day,
}

impl Period {
    /// So many days, of which `last` is the last.
    pub fn until(last: Day, days: i64) -> Self {
        Self { first: last.plus(1 - days), last }
    }

    pub fn days(self) -> i64 {
        self.last.since(self.first) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_of_it() {
        let week = Period::until(Day(20), 7);
        assert_eq!((week.first, week.days()), (Day(14), 7));
    }
}
