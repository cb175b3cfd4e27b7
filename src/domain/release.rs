//! Releases, as the devices that were active show them, and what people note on a day themselves.

use super::id::{AnnotationId, AppId};
use super::time::Day;
use std::collections::BTreeMap;

/// The first day on which a version of an app had its share of the app's active devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub app: AppId,
    pub version: String,
    pub day: Day,
}

/// What somebody noted on a day, such as "prompt moved after onboarding".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    pub id: AnnotationId,
    /// `None` for one that is about all apps.
    pub app: Option<AppId>,
    pub day: Day,
    pub name: String,
    /// The name of who noted it.
    pub made_by: String,
}

/// How many annotations a workspace has at most.
pub const MOST_ANNOTATIONS: usize = 500;

/// A version is out with one in so many of its app's active devices.
const ONE_IN: i64 = 100;
/// And with so many at least: fewer are shown to nobody whose figures are rounded, and are testers more often than users.
const LEAST: i64 = 10;

/// The first day on which a version was out, from how many devices were active with it and in its whole app on each day.
pub fn first_day_out(with_it: &BTreeMap<Day, i64>, in_app: &BTreeMap<Day, i64>) -> Option<Day> {
    let is_out = |(day, n): &(&Day, &i64)| **n >= LEAST && **n * ONE_IN >= in_app.get(day).copied().unwrap_or_default();
    with_it.iter().find(is_out).map(|(day, _)| *day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_out_with_one_percent_and_ten() {
        let in_app = BTreeMap::from([(Day(1), 2000), (Day(2), 2000), (Day(3), 50)]);
        let of = |days: &[(i64, i64)]| first_day_out(&days.iter().map(|(day, n)| (Day(*day), *n)).collect(), &in_app);
        assert_eq!(of(&[(1, 19), (2, 20), (3, 50)]), Some(Day(2)));
        assert_eq!(of(&[(1, 20), (2, 1)]), Some(Day(1)), "that it goes back makes no difference");
        assert_eq!(of(&[(1, 19), (3, 9)]), None, "nine are too few, whatever their share");
        assert_eq!(of(&[]), None);
    }
}
