//! What one unit counts as, in all dimensions at once.

use super::cell::{Cell, Cells, add};
use super::dimension::{Dimension, OVERFLOW, Slice, UNKNOWN, Unit};
use super::overflow::counts_under_overflow;
use super::value::Description;
use crate::domain::att::CountedState;
use crate::domain::decides::DecidedProfiles;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use crate::domain::platform::{OsVersion, Platform};
use crate::domain::profile::Profile;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A unit's state with its value of each dimension, in the whole workspace or in one app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Facet<'a> {
    pub environment: Environment,
    pub unit: Unit,
    pub app: Option<AppId>,
    pub state: CountedState,
    platform: Platform,
    os_version: Cow<'a, str>,
    app_version: &'a str,
    country: &'a str,
    /// Of Apple devices.
    idfa: Option<&'static str>,
}

/// Facets with how many units have them, or with differences.
pub type Facets<'a> = BTreeMap<Facet<'a>, i64>;

impl Facet<'_> {
    /// The slices that it counts in: all units, and those of each value.
    pub fn all_and_slices(&self) -> impl Iterator<Item = Option<Slice>> {
        let slices = self.slices().map(|(dimension, value)| Slice { dimension, value: value.to_owned() });
        [None].into_iter().chain(slices.map(Some))
    }

    /// The value of each dimension that applies.
    pub fn slices(&self) -> impl Iterator<Item = (Dimension, &str)> {
        [
            (Dimension::Platform, Some(self.platform.as_str())),
            (Dimension::OsVersion, Some(&*self.os_version)),
            (Dimension::AppVersion, Some(self.app_version)),
            (Dimension::Country, Some(self.country)),
            (Dimension::Idfa, self.idfa),
        ]
        .into_iter()
        .filter_map(|(dimension, value)| Some((dimension, value?)))
    }
}

/// What a device counts as: in total and in its app. Nothing once it is retired.
pub fn of_device(device: &Device, has_idfa: bool) -> impl Iterator<Item = Facet<'_>> {
    let both = [None, Some(device.app)].into_iter().filter(|_| !device.retired);
    both.map(move |app| Facet { idfa: idfa(device, has_idfa), ..facet(Unit::Devices, app, device) })
}

/// What a device counts as on a day that it was seen on.
fn active_device(device: &Device) -> impl Iterator<Item = Facet<'_>> {
    [None, Some(device.app)].into_iter().map(|app| facet(Unit::ActiveDevices, app, device))
}

/// What profiles count as whose status a device decides, with how many they are: in total and in its app.
pub fn of_decided_profiles(device: &Device, decided: DecidedProfiles) -> [(Facet<'_>, i64); 2] {
    let DecidedProfiles { in_app, in_all } = decided;
    [(facet(Unit::Profiles, None, device), in_all), (facet(Unit::Profiles, Some(device.app), device), in_app)]
}

/// What an identified profile counts as that no device decides: one without a device, or with retired ones only.
pub fn of_undecided_profile(profile: &Profile) -> Facet<'_> {
    Facet {
        environment: profile.environment,
        unit: Unit::Profiles,
        app: None,
        state: CountedState::NotApplicable,
        platform: Platform::Unknown,
        os_version: UNKNOWN.into(),
        app_version: UNKNOWN,
        country: UNKNOWN,
        idfa: None,
    }
}

fn facet(unit: Unit, app: Option<AppId>, device: &Device) -> Facet<'_> {
    let told = Description::of(device);
    let overflow = |dimension| counts_under_overflow(device, dimension, app.is_some()).then_some(OVERFLOW);
    Facet {
        environment: device.environment,
        unit,
        app,
        state: device.state(),
        platform: device.platform,
        os_version: overflow(Dimension::OsVersion).map_or_else(|| told.os_version(), Cow::Borrowed),
        app_version: overflow(Dimension::AppVersion).unwrap_or_else(|| told.app_version()),
        country: overflow(Dimension::Country).unwrap_or_else(|| told.country()),
        idfa: None,
    }
}

/// Whether an Apple device has an IDFA, and what its OS version makes of it.
fn idfa(device: &Device, has_idfa: bool) -> Option<&'static str> {
    let version = device.os_version.as_deref().and_then(OsVersion::parse);
    let is_before = |than| version.is_some_and(|version| version < than);
    device.platform.is_apple().then(|| {
        match (has_idfa, is_before(OsVersion::INTRODUCED), is_before(OsVersion::ENFORCED)) {
            (true, true, _) => "kept, before ATT",
            (true, _, true) => "kept, not enforced",
            (true, ..) => "kept, enforced",
            (false, true, _) => "none, before ATT",
            (false, _, true) => "none, not enforced",
            (false, ..) => "none, enforced",
        }
    })
}

/// What a device counts as when its status changes, whether or not it is retired: in total and in its app.
pub fn of_changed_device(device: &Device) -> [Facet<'_>; 2] {
    [None, Some(device.app)].map(|app| facet(Unit::Devices, app, device))
}

/// What devices count as that were active on a day, as they were after their first batch of it.
pub fn active<'a>(devices: impl IntoIterator<Item = &'a Device>) -> Facets<'a> {
    let mut facets = Facets::new();
    for facet in devices.into_iter().flat_map(active_device) {
        add(&mut facets, facet, 1);
    }
    facets
}

/// The counters that these facets make up: all units, and those of each value of each dimension.
pub fn cells(facets: &Facets<'_>) -> Cells {
    let mut cells = Cells::new();
    for (facet, n) in facets {
        let Facet { environment, unit, app, state, .. } = *facet;
        for slice in facet.all_and_slices() {
            add(&mut cells, Cell { environment, unit, app, slice, state }, *n);
        }
    }
    cells
}
