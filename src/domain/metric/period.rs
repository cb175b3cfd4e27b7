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

    /// As many days, right before.
    pub fn before(self) -> Self {
        Self::until(self.first.plus(-1), self.days())
    }

    /// The part of it that does not lie before a day; `None` where all of it does.
    pub fn from(self, day: Day) -> Option<Self> {
        (self.last >= day).then_some(Self { first: self.first.max(day), last: self.last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_as_many_days_before_it() {
        let week = Period::until(Day(20), 7);
        assert_eq!((week.first, week.days()), (Day(14), 7));
        assert_eq!(week.before(), Period { first: Day(7), last: Day(13) });
        assert_eq!(week.from(Day(18)), Some(Period { first: Day(18), last: Day(20) }));
        assert_eq!(week.from(Day(21)), None);
    }
}
