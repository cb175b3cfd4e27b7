//! Counting: which cells a profile and a device count in. One function each, used by ingest (after minus before), by
//! the check and by the demo, so that they cannot disagree.

use super::att::State;
use super::device::Device;
use super::environment::Environment;
use super::id::AppId;
use super::platform::Platform;
use super::profile::Profile;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Profiles,
    Devices,
}

impl Unit {
    pub const ALL: [Self; 2] = [Self::Profiles, Self::Devices];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Profiles => "profiles",
            Self::Devices => "devices",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }

    /// The number kept in the store.
    pub fn code(self) -> i64 {
        self as i64
    }
}

/// One counter. `app` is `None` for the whole workspace, `platform` is `None` for all platforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub environment: Environment,
    pub unit: Unit,
    pub app: Option<AppId>,
    pub platform: Option<Platform>,
    pub state: State,
}

/// Counters with their numbers, or with differences.
pub type Cells = BTreeMap<Cell, i64>;

/// Adds `n` to each of `cells`; differences of zero are left out.
pub fn add(to: &mut Cells, cells: impl IntoIterator<Item = Cell>, n: i64) {
    for cell in cells {
        let sum = to.entry(cell).or_default();
        *sum += n;
        if *sum == 0 {
            to.remove(&cell);
        }
    }
}

/// The cells of one device: in total, by platform, by app, and by platform within its app. None once it is retired.
pub fn of_device(device: &Device) -> Vec<Cell> {
    if device.retired {
        return Vec::new();
    }
    four(device.environment, Unit::Devices, device.app, device)
}

/// The cells of one profile: once in the workspace by its deciding device, and once for each app by the deciding
/// device of that app. `identified_elsewhere`: whether an identified profile uses the device of this anonymous one,
/// which then leaves the counts.
pub fn of_profile<'a>(
    profile: &Profile,
    devices: impl IntoIterator<Item = &'a Device>,
    identified_elsewhere: bool,
) -> Vec<Cell> {
    if profile.anonymous_on.is_some() && identified_elsewhere {
        return Vec::new();
    }
    let devices: Vec<&Device> = devices.into_iter().filter(|device| !device.retired).collect();
    let cell =
        |app, platform, state| Cell { environment: profile.environment, unit: Unit::Profiles, app, platform, state };
    let Some(decides) = deciding(&devices) else {
        // Silent devices take their anonymous user with them; an identified user stays, without a platform.
        let counts = profile.anonymous_on.is_none();
        let totals =
            [cell(None, None, State::NotApplicable), cell(None, Some(Platform::Unknown), State::NotApplicable)];
        return totals.into_iter().filter(|_| counts).collect();
    };
    let mut cells = vec![cell(None, None, decides.state()), cell(None, Some(decides.platform), decides.state())];
    let mut by_app: BTreeMap<AppId, Vec<&Device>> = BTreeMap::new();
    for device in devices {
        by_app.entry(device.app).or_default().push(device);
    }
    for (app, devices) in by_app {
        if let Some(decides) = deciding(&devices) {
            cells.push(cell(Some(app), None, decides.state()));
            cells.push(cell(Some(app), Some(decides.platform), decides.state()));
        }
    }
    cells
}

fn four(environment: Environment, unit: Unit, app: AppId, device: &Device) -> Vec<Cell> {
    let state = device.state();
    let places = [(None, None), (None, Some(device.platform)), (Some(app), None), (Some(app), Some(device.platform))];
    places.into_iter().map(|(app, platform)| Cell { environment, unit, app, platform, state }).collect()
}

/// The device whose status a profile has: of its Apple devices with a status the one with the greatest `as_of`, else
/// the Apple device seen last, else whichever was seen last; ties by smallest id.
pub fn deciding<'a>(devices: &[&'a Device]) -> Option<&'a Device> {
    let rank = |device: &Device| {
        let apple = device.platform.is_apple();
        let as_of = device.held.filter(|_| apple).map(|held| held.as_of);
        (as_of, apple, device.last_seen, std::cmp::Reverse(device.id))
    };
    // Among devices with a status, neither platform nor last sight may break a tie before the id does.
    let ranked = |device: &&&Device| match rank(device) {
        (Some(as_of), apple, _, id) => (Some(as_of), apple, super::time::Millis(0), id),
        statusless => statusless,
    };
    devices.iter().max_by_key(ranked).copied()
}
