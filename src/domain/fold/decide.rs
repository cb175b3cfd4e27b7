//! Which devices decide the statuses of profiles, kept as the devices change.

use super::population::Population;
use crate::domain::decides::{DecidedProfiles, Decides};
use crate::domain::deciding::{deciding_device, rank};
use crate::domain::device::Device;
use crate::domain::id::{AppId, DeviceId, ProfileId};
use crate::domain::profile::Profile;
use std::collections::{BTreeMap, BTreeSet};

/// Devices that decide more, or less, than is known here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// Those that may outrank now what decides some of their users that are not here.
    pub risen: BTreeSet<DeviceId>,
    /// Those that decided some profiles and rank lower now: any other device of these may follow.
    pub fallen: BTreeSet<DeviceId>,
}

impl Population {
    /// What has to be known besides before [`Population::decide`]: of the risen the users that they do not decide, and of
    /// the fallen those that they do, with all devices of these in that app.
    pub fn unsettled(&self, before: &Self) -> Unsettled {
        let mut unsettled = Unsettled::default();
        for device in self.devices.values() {
            // A new one has no users but those that it got here.
            let Some(was) = before.devices.get(&device.id) else { continue };
            let (rank, rank_before) = (rank(device), rank(was));
            if rank > rank_before && before.undecided_here(was) < was.counted_users() - was.decides.in_all {
                unsettled.risen.insert(device.id);
            }
            if rank < rank_before && was.decides.in_app > 0 {
                unsettled.fallen.insert(device.id);
            }
        }
        unsettled
    }

    /// How many counted users are here of which the device does not decide all.
    fn undecided_here(&self, device: &Device) -> i64 {
        let is_undecided = |(user, decides): &(ProfileId, Decides)| {
            *decides < Decides::InAll && !(device.users > 0 && device.anonymous_user == Some(*user))
        };
        self.users_of(device.id).filter(is_undecided).count() as i64
    }

    /// Decides for every profile that is here which of its devices decides, in all and in each app.
    pub fn decide(&mut self) {
        let profiles: Vec<ProfileId> = self.profiles().keys().copied().collect();
        for profile in profiles {
            for (device, decides) in self.deciding(profile) {
                self.set_decides(device, profile, decides);
            }
        }
    }

    /// Decides for every profile that is here with all its devices, whatever is kept; returns the ids of those of which
    /// something else is kept, or another number of devices.
    pub fn decide_afresh(&mut self) -> Vec<ProfileId> {
        let kept = self.clone();
        self.decide();
        let differs = |profile: &&Profile| {
            let of = |device: &Device| (device.id, profile.id);
            self.devices_of(profile.id).any(|device| kept.uses().get(&of(device)) != self.uses().get(&of(device)))
                || self.devices_of(profile.id).count() as i64 != profile.devices
        };
        self.profiles().values().filter(differs).map(|profile| profile.id).collect()
    }

    /// The ids of those devices, of the ones that are here with all their users and identifiers, of which something else is
    /// kept than these are.
    pub fn devices_that_differ(&self) -> Vec<DeviceId> {
        let differs = |device: &&Device| {
            let (mut users, mut decides, mut anonymous) = (0, DecidedProfiles::default(), None);
            for (user, decided) in self.users_of(device.id) {
                decides.add(decided);
                let is_anonymous = self.profiles().get(&user).is_some_and(|user| user.anonymous_on.is_some());
                if is_anonymous {
                    anonymous = Some(user);
                } else {
                    users += 1;
                }
            }
            let is_unidentified = self.count_identifiers(device.id) == 0;
            (users, decides, anonymous, is_unidentified)
                != (device.users, device.decides, device.anonymous_user, device.unidentified_since.is_some())
        };
        self.devices.values().filter(differs).map(|device| device.id).collect()
    }

    /// What each of a profile's devices decides of it.
    fn deciding(&self, profile: ProfileId) -> Vec<(DeviceId, Decides)> {
        let mut deciding = BTreeMap::new();
        if !self.is_hidden(profile) {
            let mut by_app: BTreeMap<AppId, Vec<&Device>> = BTreeMap::new();
            self.devices_of(profile).for_each(|device| by_app.entry(device.app).or_default().push(device));
            let in_apps: Vec<&Device> = by_app.into_values().filter_map(deciding_device).collect();
            deciding.extend(in_apps.iter().map(|device| (device.id, Decides::InApp)));
            deciding.extend(deciding_device(in_apps).map(|device| (device.id, Decides::InAll)));
        }
        let of = |device: &Device| (device.id, deciding.get(&device.id).copied().unwrap_or_default());
        self.devices_of(profile).map(of).collect()
    }

    /// Whether it is an anonymous profile whose device an identified one uses.
    fn is_hidden(&self, profile: ProfileId) -> bool {
        let device = self.profiles().get(&profile).and_then(|profile| profile.anonymous_on);
        device.and_then(|device| self.devices.get(&device)).is_some_and(|device| device.users > 0)
    }
}
