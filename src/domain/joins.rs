//! How often something was joined to something new: an id to another device, a device to another profile. A constant
//! that many devices send by mistake would make one person of strangers, so that what is joined too often is shared:
//! it joins nothing any more.

use super::time::Day;

/// More on one day, and it is shared from then on.
pub const MOST_ON_A_DAY: i64 = 50;
/// A device has no more identified users than this: each of its reports is news of all of them.
pub const MOST_USERS: i64 = 200;
/// A profile has no more devices than this.
pub const MOST_DEVICES: i64 = 1000;
/// A device has no more identifiers than this.
pub const MOST_IDENTIFIERS: usize = 100;

/// The joins of the day on which the last one was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joins {
    pub on: Day,
    pub n: i64,
}

impl Default for Joins {
    fn default() -> Self {
        Self { on: Day(0), n: 0 }
    }
}

impl Joins {
    /// Whether another join on this day is one too many. It is then noted all the same, by which it is shared.
    pub fn are_full(self, day: Day) -> bool {
        self.is_shared() || (self.on == day && self.n >= MOST_ON_A_DAY)
    }

    /// Whether there were too many on some day.
    pub fn is_shared(self) -> bool {
        self.n > MOST_ON_A_DAY
    }

    /// Notes a join, or that one was asked for and refused. What is shared stays so.
    pub fn note(&mut self, day: Day) {
        if !self.is_shared() {
            *self = if self.on == day { Self { on: day, n: self.n + 1 } } else { Self { on: day, n: 1 } };
        }
    }
}

/// Where an id leads: an identifier to a device, an identity to a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead<T> {
    pub to: T,
    pub joins: Joins,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_too_many_on_a_day_makes_it_shared_for_good() {
        let (mut joins, monday, tuesday) = (Joins::default(), Day(1), Day(2));
        for _ in 0..MOST_ON_A_DAY {
            assert!(!joins.are_full(monday));
            joins.note(monday);
        }
        assert!(joins.are_full(monday) && !joins.are_full(tuesday) && !joins.is_shared());
        let mut on_tuesday = joins;
        on_tuesday.note(tuesday);
        assert_eq!(on_tuesday, Joins { on: tuesday, n: 1 });
        joins.note(monday);
        joins.note(tuesday);
        assert!(joins.is_shared() && joins.are_full(tuesday));
    }

    #[test]
    fn the_readme_names_these_limits() {
        let readme: Vec<&str> = include_str!("../../README.md").split_whitespace().collect();
        let readme = readme.join(" ");
        let most_devices = format!("{},{:03}", MOST_DEVICES / 1000, MOST_DEVICES % 1000);
        for limit in [
            format!("joined to more than {MOST_ON_A_DAY} others on a day is shared"),
            format!("at most {MOST_USERS} users and {MOST_IDENTIFIERS} ids, and a user {most_devices} devices"),
        ] {
            assert!(readme.contains(&limit), "{limit}");
        }
    }
}
