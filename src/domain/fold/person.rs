//! Which profile a batch is about, and whether it is joined to the device.

use super::arrival::{Arrival, IdSource};
use super::folded::Folded;
use super::population::Population;
use crate::domain::batch::Batch;
use crate::domain::data_problem::DataProblem;
use crate::domain::decides::Decides;
use crate::domain::environment::Environment;
use crate::domain::id::{DeviceId, ProfileId};
use crate::domain::identity::Identity;
use crate::domain::joins::{Joins, Lead};
use crate::domain::profile::Profile;
use crate::domain::time::Day;

impl Population {
    /// The profile that the batch names: by `mpid`, else by the first identity in the order. What is shared names a
    /// profile only on a device that the profile uses already.
    pub(super) fn named_profile(
        &mut self,
        batch: &Batch,
        device: Option<DeviceId>,
        arrival: &Arrival,
        ids: &mut dyn IdSource,
        folded: &mut Folded,
    ) -> Option<ProfileId> {
        let (environment, day) = (batch.environment, arrival.day);
        if let Some(mpid) = batch.mpid {
            let Some(known) = self.profile_by_mpid(environment, mpid) else {
                return Some(self.new_profile(environment, mpid, None, arrival, ids));
            };
            if self.takes(known, device, day) {
                return Some(self.note_named(known));
            }
            self.note_refused(known, day);
            folded.note(DataProblem::SharedId);
        }
        for (kind, value) in &batch.identities {
            let identity = Identity { environment, kind: *kind, value: value.clone() };
            let Some(Lead { to: known, joins }) = self.identities.get(&identity).copied() else {
                return Some(self.new_profile(environment, ids.new_mpid(), None, arrival, ids));
            };
            let is_joined = device.is_none_or(|device| self.is_user(device, known));
            if is_joined || (!joins.are_full(day) && self.takes(known, device, day)) {
                return Some(self.note_named(known));
            }
            folded.note(DataProblem::SharedId);
            if !joins.are_full(day) {
                // The identity is somebody's; the profile that it led to is everybody's.
                return Some(self.new_profile(environment, ids.new_mpid(), None, arrival, ids));
            }
            self.identities.insert(identity, Lead { to: known, joins: noted(joins, day) });
        }
        None
    }

    /// Whether a profile uses the device, or may begin to.
    fn takes(&self, profile: ProfileId, device: Option<DeviceId>, day: Day) -> bool {
        let is_full = || self.profiles().get(&profile).is_none_or(|profile| profile.is_full(day));
        device.is_none_or(|device| self.is_user(device, profile)) || !is_full()
    }

    fn note_refused(&mut self, profile: ProfileId, day: Day) {
        if let Some(profile) = self.profile_mut(profile) {
            profile.joins.note(day);
        }
    }

    fn new_profile(
        &mut self,
        environment: Environment,
        mpid: i64,
        anonymous_on: Option<DeviceId>,
        arrival: &Arrival,
        ids: &mut dyn IdSource,
    ) -> ProfileId {
        let (id, seen) = (ProfileId(ids.new_id()), arrival.received);
        let (devices, joins) = (0, Joins::default());
        let profile =
            Profile { id, environment, mpid, anonymous_on, first_seen: seen, last_seen: seen, devices, joins };
        self.add_profile(profile);
        id
    }

    /// The device's own anonymous profile.
    pub(super) fn anonymous(&mut self, device: DeviceId, arrival: &Arrival, ids: &mut dyn IdSource) -> ProfileId {
        if let Some(own) = self.devices[&device].anonymous_user {
            return own;
        }
        let environment = self.devices[&device].environment;
        let profile = self.new_profile(environment, ids.new_mpid(), Some(device), arrival, ids);
        self.begin_use(device, profile);
        if let Some(device) = self.devices.get_mut(&device) {
            device.anonymous_user = Some(profile);
        }
        profile
    }

    /// Notes that a profile was named: it is no longer a device's anonymous user, but one of its users.
    fn note_named(&mut self, profile: ProfileId) -> ProfileId {
        let device = self.profile_mut(profile).and_then(|profile| profile.anonymous_on.take());
        if let Some(device) = device.and_then(|device| self.devices.get_mut(&device)) {
            device.anonymous_user = None;
            device.users += 1;
        }
        profile
    }

    /// Makes an identified profile use the device, unless it does or too many do; returns whether it began to.
    pub(super) fn join(&mut self, device: DeviceId, profile: ProfileId, day: Day, folded: &mut Folded) -> bool {
        if self.is_user(device, profile) {
            return false;
        }
        let Some(known) = self.devices.get_mut(&device) else { return false };
        let is_full = known.is_full(day);
        known.joins.note(day);
        if is_full {
            folded.note(DataProblem::SharedId);
            return false;
        }
        known.users += 1;
        self.begin_use(device, profile);
        if let Some(profile) = self.profile_mut(profile) {
            profile.joins.note(day);
        }
        true
    }

    fn begin_use(&mut self, device: DeviceId, profile: ProfileId) {
        self.add_use(device, profile, Decides::Nothing);
        if let Some(profile) = self.profile_mut(profile) {
            profile.devices += 1;
        }
    }

    /// Makes the batch's identities lead to the profile, but those that are shared.
    pub(super) fn attach_identities(
        &mut self,
        profile: ProfileId,
        joined: bool,
        batch: &Batch,
        day: Day,
        folded: &mut Folded,
    ) {
        for (kind, value) in &batch.identities {
            let identity = Identity { environment: batch.environment, kind: *kind, value: value.clone() };
            let known = self.identities.get(&identity).copied();
            let mut lead = known.unwrap_or(Lead { to: profile, joins: Joins::default() });
            if joined && lead.joins.are_full(day) {
                folded.note(DataProblem::SharedId);
            } else if !lead.joins.is_shared() {
                lead.to = profile;
            }
            if joined {
                lead.joins.note(day);
            }
            self.identities.insert(identity, lead);
        }
    }
}

fn noted(mut joins: Joins, day: Day) -> Joins {
    joins.note(day);
    joins
}
