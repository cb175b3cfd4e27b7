//! What a group of batches may touch, with the ways in which folding looks for it.

use crate::domain::count::{self, Cells, Facets};
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::id::{DeviceId, ProfileId};
use crate::domain::identifier::{Identifier, IdentifierKind};
use crate::domain::identity::Identity;
use crate::domain::profile::Profile;
use std::collections::{BTreeMap, BTreeSet};

/// The part of the store that a group of batches may touch: the devices and profiles they name, all users of those
/// devices, all devices of those users, and all identifiers of the touched devices. What has a second index here is
/// changed by methods only, which keep the two alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population {
    pub devices: BTreeMap<DeviceId, Device>,
    pub identities: BTreeMap<Identity, ProfileId>,
    identifiers: BTreeMap<Identifier, DeviceId>,
    identifiers_of: BTreeMap<DeviceId, BTreeSet<Identifier>>,
    profiles: BTreeMap<ProfileId, Profile>,
    by_mpid: BTreeMap<(Environment, i64), ProfileId>,
    anonymous: BTreeMap<DeviceId, ProfileId>,
    users_by_device: BTreeSet<(DeviceId, ProfileId)>,
    devices_by_user: BTreeSet<(ProfileId, DeviceId)>,
}

impl Population {
    pub fn identifiers(&self) -> &BTreeMap<Identifier, DeviceId> {
        &self.identifiers
    }

    /// All identifiers that lead to a device.
    pub fn identifiers_of(&self, device: DeviceId) -> impl Iterator<Item = &Identifier> {
        self.identifiers_of.get(&device).into_iter().flatten()
    }

    /// Makes an identifier lead to a device; returns the one that it led to before.
    pub fn add_identifier(&mut self, identifier: Identifier, device: DeviceId) -> Option<DeviceId> {
        self.identifiers_of.entry(device).or_default().insert(identifier.clone());
        let before = self.identifiers.get(&identifier).copied().filter(|before| *before != device);
        if let Some(identifiers) = before.and_then(|before| self.identifiers_of.get_mut(&before)) {
            identifiers.remove(&identifier);
        }
        self.identifiers.insert(identifier, device);
        before
    }

    pub fn remove_identifier(&mut self, identifier: &Identifier) {
        if let Some(identifiers) =
            self.identifiers.remove(identifier).and_then(|device| self.identifiers_of.get_mut(&device))
        {
            identifiers.remove(identifier);
        }
    }

    /// Whether an IDFA leads to a device.
    pub fn has_idfa(&self, device: DeviceId) -> bool {
        self.identifiers_of(device).any(|identifier| identifier.kind == IdentifierKind::Idfa)
    }

    pub fn profiles(&self) -> &BTreeMap<ProfileId, Profile> {
        &self.profiles
    }

    pub fn add_profile(&mut self, profile: Profile) {
        self.by_mpid.insert((profile.environment, profile.mpid), profile.id);
        if let Some(device) = profile.anonymous_on {
            self.anonymous.insert(device, profile.id);
        }
        self.profiles.insert(profile.id, profile);
    }

    pub fn profile_by_mpid(&self, environment: Environment, mpid: i64) -> Option<ProfileId> {
        self.by_mpid.get(&(environment, mpid)).copied()
    }

    /// The anonymous user of a device.
    pub fn anonymous_on(&self, device: DeviceId) -> Option<ProfileId> {
        self.anonymous.get(&device).copied()
    }

    /// Notes that a profile was named: it is no longer a device's anonymous user.
    pub(super) fn note_named(&mut self, profile: ProfileId) {
        let device = self.profiles.get_mut(&profile).and_then(|profile| profile.anonymous_on.take());
        if let Some(device) = device {
            self.anonymous.remove(&device);
        }
    }

    pub(super) fn profile_mut(&mut self, profile: ProfileId) -> Option<&mut Profile> {
        self.profiles.get_mut(&profile)
    }

    /// Which device is used by whom.
    pub fn uses(&self) -> &BTreeSet<(DeviceId, ProfileId)> {
        &self.users_by_device
    }

    pub fn add_use(&mut self, device: DeviceId, profile: ProfileId) {
        self.users_by_device.insert((device, profile));
        self.devices_by_user.insert((profile, device));
    }

    /// The devices that a profile uses, in the order of their ids.
    pub fn devices_of(&self, profile: ProfileId) -> impl Iterator<Item = &Device> {
        let first = (profile, DeviceId(i64::MIN));
        let its = self.devices_by_user.range(first..).take_while(move |(user, _)| *user == profile);
        its.filter_map(|(_, device)| self.devices.get(device))
    }

    fn users_of(&self, device: DeviceId) -> impl Iterator<Item = &Profile> {
        let first = (device, ProfileId(i64::MIN));
        let its = self.users_by_device.range(first..).take_while(move |(used, _)| *used == device);
        its.filter_map(|(_, profile)| self.profiles.get(profile))
    }

    /// Takes in everything of another one.
    pub fn absorb(&mut self, other: Self) {
        self.devices.extend(other.devices);
        self.identities.extend(other.identities);
        for (identifier, device) in other.identifiers {
            self.add_identifier(identifier, device);
        }
        other.profiles.into_values().for_each(|profile| self.add_profile(profile));
        for (device, profile) in other.users_by_device {
            self.add_use(device, profile);
        }
    }

    /// What these of its devices are counted as.
    fn of_devices(&self, devices: impl Iterator<Item = DeviceId>) -> Facets<'_> {
        let mut facets = Facets::new();
        for device in devices.filter_map(|device| self.devices.get(&device)) {
            count::of_device(device, self.has_idfa(device.id)).for_each(|facet| count::add(&mut facets, facet, 1));
        }
        facets
    }

    /// What these of its profiles are counted as.
    fn of_profiles(&self, profiles: impl Iterator<Item = ProfileId>) -> Facets<'_> {
        let mut facets = Facets::new();
        for profile in profiles.filter_map(|profile| self.profiles.get(&profile)) {
            let is_identified = |user: &Profile| user.anonymous_on.is_none();
            let elsewhere = profile.anonymous_on.is_some_and(|device| self.users_of(device).any(is_identified));
            let devices: Vec<&Device> = self.devices_of(profile.id).collect();
            for facet in count::of_profile(profile, &devices, elsewhere) {
                count::add(&mut facets, facet, 1);
            }
        }
        facets
    }

    fn facets(&self) -> Facets<'_> {
        let mut facets = self.of_devices(self.devices.keys().copied());
        facets.append(&mut self.of_profiles(self.profiles.keys().copied()));
        facets
    }

    /// The counters that these of its devices make up.
    pub fn cells_of_devices(&self, devices: impl Iterator<Item = DeviceId>) -> Cells {
        count::cells(&self.of_devices(devices))
    }

    /// The counters that these of its profiles make up.
    pub fn cells_of_profiles(&self, profiles: impl Iterator<Item = ProfileId>) -> Cells {
        count::cells(&self.of_profiles(profiles))
    }

    /// What these count as, less what they counted as before.
    pub fn difference<'a>(&'a self, before: &'a Self) -> Facets<'a> {
        let mut facets = self.facets();
        for (facet, n) in before.facets() {
            count::add(&mut facets, facet, -n);
        }
        facets
    }
}
