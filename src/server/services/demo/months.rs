//! When things happen in the demo: growth, weeks, releases.

use super::dice::Dice;
use crate::domain::time::{DAY, HOUR, MINUTE, Millis};

/// An app has a new version every so many days.
const RELEASE_EVERY: i64 = 14;
/// How much of a week's doings fall on each day, from Monday on: games are played at weekends.
const WEEK: [f64; 7] = [0.115, 0.115, 0.12, 0.13, 0.15, 0.195, 0.175];
/// A Monday: 1970-01-05, in milliseconds.
const MONDAY: i64 = 4 * DAY;

/// The months of all stories.
#[derive(Clone, Copy, Debug)]
pub struct Months {
    pub from: Millis,
    pub days: i64,
    /// How many users there are in the end.
    pub users: u32,
}

impl Months {
    pub fn end(self) -> i64 {
        self.from.0 + self.days * DAY
    }

    /// From this release on the racing game asks later, once a user has won a race.
    pub fn new_prompt(self) -> i64 {
        self.days * 6 / 10 / RELEASE_EVERY
    }

    /// When Apple brought out a new version of its system.
    pub fn system_release(self) -> i64 {
        self.from.0 + self.days * DAY * 9 / 20
    }

    /// When the user at a position installed their app: many came with the first release that sends events; then it goes on,
    /// week by week.
    pub fn installed(self, position: f64) -> i64 {
        let after = (position.powf(1.6) * self.days as f64 * DAY as f64) as i64;
        in_rhythm(self.from.0 + after).clamp(self.from.0, self.end() - MINUTE)
    }

    /// A moment after another one, at which somebody does something; never after the end.
    pub fn later(self, than: i64, dice: &mut Dice) -> i64 {
        let left = (self.end() - than - HOUR).max(1) as u64;
        in_rhythm(than + dice.below(left) as i64).clamp(than + MINUTE, (self.end() - MINUTE).max(than + MINUTE))
    }

    /// Where a user stands among all of them, from 0 to 1: those who came first have the smallest numbers, so that
    /// stories come in the order in which they begin, and all ids in the order of their tables.
    pub fn position(self, number: u32, dice: &mut Dice) -> f64 {
        (f64::from(number) + dice.unit()) / f64::from(self.users)
    }

    /// The number of the app's release that is out at a moment.
    pub fn release(self, at: i64) -> i64 {
        (at - self.from.0).max(0) / (RELEASE_EVERY * DAY)
    }
}

/// The moment moved within its week, so that busy days have more of what was spread evenly; earlier ones stay earlier.
fn in_rhythm(at: i64) -> i64 {
    let week = 7 * DAY;
    let begins = at - (at - MONDAY).rem_euclid(week);
    let mut share = (at - begins) as f64 / week as f64;
    for (day, of_week) in (0..).zip(WEEK) {
        if share < of_week {
            return begins + day * DAY + (share / of_week * DAY as f64) as i64;
        }
        share -= of_week;
    }
    begins + week - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekends_are_busy_and_nobody_overtakes() {
        let moments: Vec<i64> = (0..70_000).map(|n| in_rhythm(20_000 * DAY + n * 100 * DAY / 70_000)).collect();
        assert!(moments.is_sorted());
        let on = |day: i64| moments.iter().filter(|at| (**at - MONDAY).rem_euclid(7 * DAY) / DAY == day).count();
        assert!(on(5) > on(0) * 3 / 2, "Saturdays {}, Mondays {}", on(5), on(0));
        assert!((WEEK.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
