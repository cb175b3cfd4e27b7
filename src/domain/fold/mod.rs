//! Folding batches into what is known of devices and profiles: pure, in memory, in arrival order. The store loads what
//! the batches may touch, this changes it, and the store writes what changed.

mod contradict;
mod find;
mod learn;

use super::att::{Policy, Status};
use super::batch::Batch;
use super::contradiction::Contradiction;
use super::count::{self, Cells};
use super::device::{Device, Name};
use super::environment::Environment;
use super::id::{AppId, DeviceId, InputId, ProfileId};
use super::profile::{Identity, Profile};
use super::time::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// Makes ids; randomness is a parameter.
pub trait Fresh {
    /// A new 63-bit id.
    fn id(&mut self) -> i64;
    /// A new profile id below 2^53.
    fn mpid(&mut self) -> i64;
}

/// How and where a batch arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub input: InputId,
    pub app: AppId,
    pub received: Millis,
    pub policy: Policy,
    pub default: Option<Status>,
    /// Old news, sent later: it never outranks what was learnt since.
    pub historical: bool,
}

/// A device's status changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub device: DeviceId,
    /// Its place among the device's transitions, from 1: neither ids nor clocks need to run forwards.
    pub seq: i64,
    pub environment: Environment,
    pub app: AppId,
    pub from: Option<Status>,
    pub to: Status,
    pub since: Millis,
    pub as_of: Millis,
    pub received: Millis,
    pub input: InputId,
}

/// What a batch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// The device that it was about.
    pub device: Option<DeviceId>,
    pub transition: Option<Transition>,
    pub contradictions: Vec<Contradiction>,
    /// Whether it brought an IDFA that may be kept.
    pub keeps_idfa: bool,
    /// It names neither a device nor a person, and nothing was kept.
    pub names_nobody: bool,
}

/// The part of the store that a group of batches may touch: the devices and profiles they name, all users of those
/// devices, all devices of those users, and all names of the touched devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population {
    pub devices: BTreeMap<DeviceId, Device>,
    pub names: BTreeMap<Name, DeviceId>,
    pub profiles: BTreeMap<ProfileId, Profile>,
    pub identities: BTreeMap<Identity, ProfileId>,
    pub uses: BTreeSet<(DeviceId, ProfileId)>,
}

impl Population {
    /// The counters that these devices and profiles make up.
    pub fn cells(&self) -> Cells {
        let mut cells = Cells::new();
        for device in self.devices.values() {
            count::add(&mut cells, count::of_device(device), 1);
        }
        let mut devices_of: BTreeMap<ProfileId, Vec<&Device>> = BTreeMap::new();
        let mut identified = BTreeSet::new();
        for (device, profile) in &self.uses {
            let known = self.devices.get(device);
            devices_of.entry(*profile).or_default().extend(known);
            if self.profiles.get(profile).is_some_and(|profile| profile.anonymous_on.is_none()) {
                identified.insert(*device);
            }
        }
        for profile in self.profiles.values() {
            let devices = devices_of.remove(&profile.id).unwrap_or_default();
            let elsewhere = profile.anonymous_on.is_some_and(|device| identified.contains(&device));
            count::add(&mut cells, count::of_profile(profile, devices, elsewhere), 1);
        }
        cells
    }

    /// Folds one batch in.
    pub fn fold(&mut self, batch: &Batch, arrival: &Arrival, fresh: &mut dyn Fresh) -> Folded {
        let mut folded = Folded::default();
        let named = self.named_profile(batch, arrival, fresh);
        let device = self.device(batch, arrival, named, fresh);
        folded.device = device;
        if let Some(device) = device {
            self.describe(device, batch, arrival);
            self.learn(device, batch, arrival, &mut folded);
            self.name(device, batch, arrival, &mut folded);
        } else if batch.status.is_some() && named.is_some() {
            // Only a status elsewhere than on Apple's platforms gets here with a profile.
            folded.contradictions.push(Contradiction::StatusElsewhere);
        }
        let profile = named.or_else(|| device.map(|device| self.anonymous(device, arrival, fresh)));
        match (profile.and_then(|profile| self.profiles.get_mut(&profile)), profile) {
            (Some(profile), _) => profile.last_seen = profile.last_seen.max(arrival.received),
            (None, _) => folded.names_nobody = true,
        }
        if let (Some(device), Some(profile)) = (device, profile) {
            self.uses.insert((device, profile));
        }
        if let Some(profile) = named {
            for (kind, value) in &batch.identities {
                let identity = Identity { environment: batch.environment, kind: *kind, value: value.clone() };
                self.identities.insert(identity, profile);
            }
        }
        folded
    }

    /// The profile that the batch names: by `mpid`, else by the first identity in the order.
    fn named_profile(&mut self, batch: &Batch, arrival: &Arrival, fresh: &mut dyn Fresh) -> Option<ProfileId> {
        let environment = batch.environment;
        let known = match (batch.mpid, batch.identities.first()) {
            (Some(mpid), _) => {
                let same = |profile: &&Profile| profile.environment == environment && profile.mpid == mpid;
                self.profiles.values().find(same).map(|profile| profile.id)
            }
            (None, Some((kind, value))) => {
                self.identities.get(&Identity { environment, kind: *kind, value: value.clone() }).copied()
            }
            (None, None) => return None,
        };
        if let Some(profile) = known.and_then(|id| self.profiles.get_mut(&id)) {
            // Whoever is named is no longer a device's anonymous user.
            profile.anonymous_on = None;
            return Some(profile.id);
        }
        let mpid = batch.mpid.unwrap_or_else(|| fresh.mpid());
        Some(self.add_profile(environment, mpid, None, arrival, fresh))
    }

    fn add_profile(
        &mut self,
        environment: Environment,
        mpid: i64,
        anonymous_on: Option<DeviceId>,
        arrival: &Arrival,
        fresh: &mut dyn Fresh,
    ) -> ProfileId {
        let (id, seen) = (ProfileId(fresh.id()), arrival.received);
        self.profiles.insert(id, Profile { id, environment, mpid, anonymous_on, first_seen: seen, last_seen: seen });
        id
    }

    /// The device's own anonymous profile.
    fn anonymous(&mut self, device: DeviceId, arrival: &Arrival, fresh: &mut dyn Fresh) -> ProfileId {
        let own = self.profiles.values().find(|profile| profile.anonymous_on == Some(device));
        if let Some(profile) = own {
            return profile.id;
        }
        let environment = self.devices[&device].environment;
        self.add_profile(environment, fresh.mpid(), Some(device), arrival, fresh)
    }
}
