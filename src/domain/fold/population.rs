//! What a group of batches may touch, with the ways in which folding looks for it.

use crate::domain::decides::Decides;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::id::{DeviceId, ProfileId};
use crate::domain::identifier::{Identifier, IdentifierKind};
use crate::domain::identity::Identity;
use crate::domain::joins::Lead;
use crate::domain::profile::Profile;
use std::collections::{BTreeMap, BTreeSet};

/// The part of the store that a group of batches may touch. Of a device that is here, all identifiers are; of a profile
/// that is here, all devices that decide its status are, in all and in each app. So the work is that of the batches,
/// however many devices a profile or users a device has. What has a second index here is changed by methods only, which
/// keep the two alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population {
    pub devices: BTreeMap<DeviceId, Device>,
    pub identities: BTreeMap<Identity, Lead<ProfileId>>,
    identifiers: BTreeMap<Identifier, Lead<DeviceId>>,
    identifiers_of: BTreeMap<DeviceId, BTreeSet<Identifier>>,
    profiles: BTreeMap<ProfileId, Profile>,
    by_mpid: BTreeMap<(Environment, i64), ProfileId>,
    uses: BTreeMap<(DeviceId, ProfileId), Decides>,
    devices_by_user: BTreeSet<(ProfileId, DeviceId)>,
}

impl Population {
    pub fn identifiers(&self) -> &BTreeMap<Identifier, Lead<DeviceId>> {
        &self.identifiers
    }

    /// All identifiers that lead to a device.
    pub fn identifiers_of(&self, device: DeviceId) -> impl Iterator<Item = &Identifier> {
        self.identifiers_of.get(&device).into_iter().flatten()
    }

    /// How many identifiers lead to a device.
    pub(super) fn count_identifiers(&self, device: DeviceId) -> usize {
        self.identifiers_of.get(&device).map_or(0, BTreeSet::len)
    }

    /// Makes an identifier lead to a device; returns where it led before.
    pub fn add_identifier(&mut self, identifier: Identifier, lead: Lead<DeviceId>) -> Option<DeviceId> {
        self.identifiers_of.entry(lead.to).or_default().insert(identifier.clone());
        let before = self.identifiers.get(&identifier).map(|before| before.to).filter(|before| *before != lead.to);
        if let Some(identifiers) = before.and_then(|before| self.identifiers_of.get_mut(&before)) {
            identifiers.remove(&identifier);
        }
        self.identifiers.insert(identifier, lead);
        before
    }

    pub fn remove_identifier(&mut self, identifier: &Identifier) {
        let lead = self.identifiers.remove(identifier);
        if let Some(identifiers) = lead.and_then(|lead| self.identifiers_of.get_mut(&lead.to)) {
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
        self.profiles.insert(profile.id, profile);
    }

    pub fn profile_by_mpid(&self, environment: Environment, mpid: i64) -> Option<ProfileId> {
        self.by_mpid.get(&(environment, mpid)).copied()
    }

    pub(super) fn profile_mut(&mut self, profile: ProfileId) -> Option<&mut Profile> {
        self.profiles.get_mut(&profile)
    }

    /// Which device is used by whom, and what it decides of them.
    pub fn uses(&self) -> &BTreeMap<(DeviceId, ProfileId), Decides> {
        &self.uses
    }

    pub fn is_user(&self, device: DeviceId, profile: ProfileId) -> bool {
        self.uses.contains_key(&(device, profile))
    }

    /// Takes in that a profile uses a device, as the store knows it.
    pub fn add_use(&mut self, device: DeviceId, profile: ProfileId, decides: Decides) {
        self.uses.insert((device, profile), decides);
        self.devices_by_user.insert((profile, device));
    }

    /// Sets what a device decides of a profile, and counts it there.
    pub(super) fn set_decides(&mut self, device: DeviceId, profile: ProfileId, decides: Decides) {
        let before = self.uses.insert((device, profile), decides).unwrap_or_default();
        if let Some(device) = self.devices.get_mut(&device).filter(|_| before != decides) {
            device.decides.remove(before);
            device.decides.add(decides);
        }
    }

    /// Those of a profile's devices that are here, in the order of their ids.
    pub fn devices_of(&self, profile: ProfileId) -> impl Iterator<Item = &Device> {
        let first = (profile, DeviceId(i64::MIN));
        let its = self.devices_by_user.range(first..).take_while(move |(user, _)| *user == profile);
        its.filter_map(|(_, device)| self.devices.get(device))
    }

    /// Those of a device's users that are here, with what it decides of them.
    pub(super) fn users_of(&self, device: DeviceId) -> impl Iterator<Item = (ProfileId, Decides)> {
        let first = (device, ProfileId(i64::MIN));
        let its = self.uses.range(first..).take_while(move |((used, _), _)| *used == device);
        its.map(|((_, profile), decides)| (*profile, *decides))
    }

    /// Takes in everything of another one.
    pub fn absorb(&mut self, other: Self) {
        self.devices.extend(other.devices);
        self.identities.extend(other.identities);
        for (identifier, lead) in other.identifiers {
            self.add_identifier(identifier, lead);
        }
        other.profiles.into_values().for_each(|profile| self.add_profile(profile));
        for ((device, profile), decides) in other.uses {
            self.add_use(device, profile, decides);
        }
    }

    /// Takes in what it does not have yet of another one.
    pub fn add_missing(&mut self, mut other: Self) {
        other.devices.retain(|id, _| !self.devices.contains_key(id));
        other.identities.retain(|identity, _| !self.identities.contains_key(identity));
        other.identifiers.retain(|identifier, _| !self.identifiers.contains_key(identifier));
        other.profiles.retain(|id, _| !self.profiles.contains_key(id));
        other.uses.retain(|of, _| !self.uses.contains_key(of));
        self.absorb(other);
    }
}
