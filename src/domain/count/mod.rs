//! Counting: which cells a profile and a device count in. One function each, used by ingest (after minus before), by
//! the check and by the demo, so that they cannot disagree.

mod counts;
mod facet;
mod overflow;

pub use counts::Counts;
pub use facet::{Facet, Facets, deciding_device, of_device, of_profile};
pub use overflow::{AdmittedValues, DimensionKey, MOST_VALUES, OverflowValues, UNSEEN};

use super::att::CountedState;
use super::device::Device;
use super::environment::Environment;
use super::id::AppId;
use super::platform::Platform;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Profiles,
    Devices,
    /// Devices by the first batch that they sent on a day, as their status was then: a figure of days only.
    ActiveDevices,
}

impl Unit {
    pub const ALL: [Self; 3] = [Self::Profiles, Self::Devices, Self::ActiveDevices];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Profiles => "profiles",
            Self::Devices => "devices",
            Self::ActiveDevices => "active_devices",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }

    /// Reads the name of one of which there is a number now.
    pub fn parse_of_now(text: &str) -> Option<Self> {
        Self::parse(text).filter(|unit| unit.of_now())
    }

    /// Those of which there is a number now, and not only of a day.
    pub fn of_now(self) -> bool {
        self != Self::ActiveDevices
    }

    /// The number kept in the store.
    pub fn code(self) -> i64 {
        self as i64
    }
}

/// What units are taken apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Platform,
    /// Major and minor number.
    OsVersion,
    AppVersion,
    /// ISO 3166 alpha-2 in capitals.
    Country,
    /// Whether an Apple device has an IDFA, and how its OS version stands to ATT: for asking what a policy would do.
    Idfa,
}

impl Dimension {
    pub const ALL: [Self; 5] = [Self::Platform, Self::OsVersion, Self::AppVersion, Self::Country, Self::Idfa];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::OsVersion => "os_version",
            Self::AppVersion => "app_version",
            Self::Country => "country",
            Self::Idfa => "idfa",
        }
    }

    /// What is kept of now only, and not of each day.
    pub fn is_of_now(self) -> bool {
        self == Self::Idfa
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == text)
    }
}

/// The value of units that have none.
pub const UNKNOWN: &str = "";
/// The value under which the values are counted that have no place of their own. A sender's value of this very name
/// is one of them.
pub const OVERFLOW: &str = "(other)";

/// The units with one value of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slice {
    pub dimension: Dimension,
    pub value: String,
}

impl From<Platform> for Slice {
    fn from(platform: Platform) -> Self {
        Self { dimension: Dimension::Platform, value: platform.as_str().to_owned() }
    }
}

/// One counter. `app` is `None` for the whole workspace, `slice` is `None` for all units.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub environment: Environment,
    pub unit: Unit,
    pub app: Option<AppId>,
    pub slice: Option<Slice>,
    pub state: CountedState,
}

/// Counters with their numbers, or with differences.
pub type Cells = BTreeMap<Cell, i64>;

/// Adds `n` to what stands under a key; a sum of zero is left out.
pub fn add<K: Ord>(to: &mut BTreeMap<K, i64>, key: K, n: i64) {
    match to.entry(key) {
        std::collections::btree_map::Entry::Vacant(place) if n != 0 => {
            place.insert(n);
        }
        std::collections::btree_map::Entry::Occupied(mut place) => {
            *place.get_mut() += n;
            if *place.get() == 0 {
                place.remove();
            }
        }
        std::collections::btree_map::Entry::Vacant(_) => {}
    }
}

/// Adds `n` times other counters.
pub fn merge(to: &mut Cells, cells: Cells, n: i64) {
    for (cell, number) in cells {
        add(to, cell, n * number);
    }
}

/// What devices count as that were active on a day, as they were after their first batch of it.
pub fn active<'a>(devices: impl IntoIterator<Item = &'a Device>) -> Facets<'a> {
    let mut facets = Facets::new();
    for facet in devices.into_iter().flat_map(facet::active_device) {
        add(&mut facets, facet, 1);
    }
    facets
}

/// The cells that these facets make up: all units, and those of each value of each dimension.
pub fn cells(facets: &Facets<'_>) -> Cells {
    let mut cells = Cells::new();
    for (facet, n) in facets {
        let Facet { environment, unit, app, state, .. } = *facet;
        let slices = facet.slices().map(|(dimension, value)| Some(Slice { dimension, value: value.to_owned() }));
        for slice in [None].into_iter().chain(slices) {
            add(&mut cells, Cell { environment, unit, app, slice, state }, *n);
        }
    }
    cells
}
