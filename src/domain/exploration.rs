//! Explorations: questions that no counter answers, for which the devices themselves are counted.

use super::att::{CountedState, Status};
use super::count::{BreakdownBy, Counts, Description, Dimension, Slice, UNKNOWN, Unit};
use super::decides::DecidedProfiles;
use super::environment::Environment;
use super::id::AppId;
use super::platform::Platform;
use super::time::{HOUR, SECOND};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How long the answer is kept, in milliseconds.
pub const KEPT_ANSWERS: i64 = HOUR;

/// How many answers a workspace keeps, the newest, when another question is asked.
pub const MOST_ANSWERS: usize = 20;

/// After so many milliseconds in which nobody looked, nobody waits for the answer any more. Browsers let a page that is not in sight ask
/// about once a minute.
pub const GIVEN_UP_AFTER: i64 = 150 * SECOND;

/// How many units have each status, of those that have all of these values, by what they are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExploredQuestion {
    pub environment: Environment,
    /// Devices, or the profiles whose status each of them decides.
    pub unit: Unit,
    pub app: Option<AppId>,
    /// At most one of each dimension, in the order of [`Dimension`].
    pub slices: Vec<Slice>,
    pub by: BreakdownBy,
}

/// Devices that are alike in all that a question may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlikeDevices {
    pub app: AppId,
    pub platform: Platform,
    pub status: Option<Status>,
    pub os_version: Option<String>,
    pub app_version: Option<String>,
    pub country: Option<String>,
    /// How many there are.
    pub devices: i64,
    /// How many profiles they decide together.
    pub decides: DecidedProfiles,
}

impl AlikeDevices {
    fn value(&self, dimension: Dimension) -> Cow<'_, str> {
        let told = Description {
            platform: self.platform,
            os_version: self.os_version.as_deref(),
            app_version: self.app_version.as_deref(),
            country: self.country.as_deref(),
        };
        match dimension {
            Dimension::OsVersion => told.os_version(),
            Dimension::AppVersion => told.app_version().into(),
            Dimension::Country => told.country().into(),
            Dimension::Platform | Dimension::Idfa => self.platform.as_str().into(),
        }
    }
}

/// What was counted so far. Profiles without a device are not among it: nothing is known of them that could be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explored {
    /// All that the question asks for. Of profiles by app it is less than the sum: who uses two apps is in both.
    pub all: Counts,
    /// By value, or by the app's id; units without a value have the empty one.
    pub values: BTreeMap<String, Counts>,
    /// Those of values beyond as many as a dimension may have.
    pub other: Counts,
}

impl Explored {
    /// Counts devices, if the question asks for them. A value that is not admitted to a row of its own is counted with others like
    /// it; `None` admits all.
    pub fn add(&mut self, question: &ExploredQuestion, alike: &AlikeDevices, admitted: Option<&BTreeSet<String>>) {
        let is_of_app = question.app.is_none_or(|app| app == alike.app);
        if !is_of_app || question.slices.iter().any(|slice| alike.value(slice.dimension) != slice.value) {
            return;
        }
        let number = |within_app: bool| match question.unit {
            Unit::Profiles if within_app => alike.decides.in_app,
            Unit::Profiles => alike.decides.in_all,
            Unit::Devices | Unit::ActiveDevices => alike.devices,
        };
        let state = CountedState::of(alike.platform, alike.status);
        self.all.add(state, number(question.app.is_some()));
        let value = match question.by.dimension() {
            None => alike.app.to_string().into(),
            Some(dimension) => alike.value(dimension),
        };
        let n = number(question.app.is_some() || question.by == BreakdownBy::App);
        let is_admitted = value == UNKNOWN || admitted.is_none_or(|admitted| admitted.contains(&*value));
        if !is_admitted {
            self.other.add(state, n);
        } else if n != 0 {
            self.values.entry(value.into_owned()).or_default().add(state, n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(unit: Unit, app: Option<i64>, slices: &[(Dimension, &str)], by: BreakdownBy) -> ExploredQuestion {
        let slice =
            |(dimension, value): &(Dimension, &str)| Slice { dimension: *dimension, value: (*value).to_owned() };
        let (environment, app) = (Environment::Production, app.map(AppId));
        ExploredQuestion { environment, unit, app, slices: slices.iter().map(slice).collect(), by }
    }

    fn alike(
        app: i64,
        status: Option<Status>,
        os: &str,
        country: &str,
        devices: i64,
        decides: (i64, i64),
    ) -> AlikeDevices {
        AlikeDevices {
            app: AppId(app),
            platform: Platform::Ios,
            status,
            os_version: Some(os.to_owned()),
            app_version: None,
            country: Some(country.to_owned()),
            devices,
            decides: DecidedProfiles { in_app: decides.0, in_all: decides.1 },
        }
    }

    fn explored(question: &ExploredQuestion) -> Explored {
        let mut explored = Explored::default();
        explored.add(question, &alike(1, Some(Status::Authorized), "17.4.1", "DE", 10, (8, 7)), None);
        explored.add(question, &alike(1, Some(Status::Denied), "17.4", "US", 5, (4, 4)), None);
        explored.add(question, &alike(2, None, "16.0", "DE", 3, (2, 1)), None);
        explored
    }

    #[test]
    fn all_values_that_are_asked_for_count_together() {
        let two = [(Dimension::OsVersion, "17.4"), (Dimension::Country, "DE")];
        let explored = explored(&question(Unit::Devices, None, &two, BreakdownBy::AppVersion));
        assert_eq!(explored.all.of(CountedState::Known(Status::Authorized)), 10);
        assert_eq!((explored.all.all(), explored.values.len()), (10, 1));
        assert_eq!(explored.values[""].all(), 10, "without a version");
    }

    #[test]
    fn profiles_count_in_their_app_where_apps_are_told_apart() {
        let by_app = explored(&question(Unit::Profiles, None, &[], BreakdownBy::App));
        let of = |app: i64| by_app.values[&AppId(app).to_string()].all();
        assert_eq!((of(1), of(2), by_app.all.all()), (12, 2, 12));
        let in_app = explored(&question(Unit::Profiles, Some(1), &[], BreakdownBy::Country));
        assert_eq!((in_app.values["DE"].all(), in_app.all.all()), (8, 12));
        let in_all = explored(&question(Unit::Profiles, None, &[], BreakdownBy::Country));
        assert_eq!((in_all.values["DE"].all(), in_all.all.all()), (8, 12));
    }

    #[test]
    fn values_without_a_row_of_their_own_are_counted_together() {
        let question = question(Unit::Devices, None, &[], BreakdownBy::Country);
        let (mut explored, admitted) = (Explored::default(), BTreeSet::from(["DE".to_owned()]));
        for country in ["AA", "DE", "AB", "DE"] {
            explored.add(&question, &alike(1, None, "17.0", country, 1, (0, 0)), Some(&admitted));
        }
        let without = AlikeDevices { country: None, ..alike(1, None, "17.0", "", 1, (0, 0)) };
        explored.add(&question, &without, Some(&admitted));
        assert_eq!((explored.values["DE"].all(), explored.other.all(), explored.values[""].all()), (2, 2, 1));
        assert_eq!((explored.values.len(), explored.all.all()), (2, 5));
    }
}
