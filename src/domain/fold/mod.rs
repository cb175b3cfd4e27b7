//! Folding batches into what is known of devices and profiles: pure, in memory, in arrival order. The store loads what
//! the batches may touch, this changes it, and the store writes what changed.

mod arrival;
mod data_problem;
mod find;
mod folded;
mod population;
mod report;

pub use arrival::{Arrival, IdSource};
pub use folded::{Folded, Transition};
pub use population::Population;

use super::batch::Batch;
use super::data_problem::DataProblem;
use super::environment::Environment;
use super::id::{DeviceId, ProfileId};
use super::identity::Identity;
use super::profile::Profile;

impl Population {
    /// Folds one batch in.
    pub fn fold(&mut self, batch: &Batch, arrival: &Arrival, ids: &mut dyn IdSource) -> Folded {
        let mut folded = Folded::default();
        let named = self.named_profile(batch, arrival, ids);
        let device = self.device(batch, arrival, named, ids);
        folded.device = device;
        if let Some(device) = device {
            self.describe(device, batch, arrival);
            self.take_report(device, batch, arrival, &mut folded);
            self.attach_identifiers(device, batch, arrival, &mut folded);
            folded.active = self.note_active(device, arrival);
        } else if batch.status.is_some() && named.is_some() {
            // Only a status elsewhere than on Apple's platforms gets here with a profile.
            folded.data_problems.push(DataProblem::StatusElsewhere);
        }
        let profile = named.or_else(|| device.map(|device| self.anonymous(device, arrival, ids)));
        match profile.and_then(|profile| self.profile_mut(profile)) {
            Some(profile) => profile.last_seen = profile.last_seen.max(arrival.received),
            None => folded.without_ids = true,
        }
        if let (Some(device), Some(profile)) = (device, profile) {
            self.add_use(device, profile);
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
    fn named_profile(&mut self, batch: &Batch, arrival: &Arrival, ids: &mut dyn IdSource) -> Option<ProfileId> {
        let environment = batch.environment;
        let known = match (batch.mpid, batch.identities.first()) {
            (Some(mpid), _) => self.profile_by_mpid(environment, mpid),
            (None, Some((kind, value))) => {
                self.identities.get(&Identity { environment, kind: *kind, value: value.clone() }).copied()
            }
            (None, None) => return None,
        };
        if let Some(known) = known.filter(|id| self.profiles().contains_key(id)) {
            self.note_named(known);
            return Some(known);
        }
        let mpid = batch.mpid.unwrap_or_else(|| ids.new_mpid());
        Some(self.new_profile(environment, mpid, None, arrival, ids))
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
        self.add_profile(Profile { id, environment, mpid, anonymous_on, first_seen: seen, last_seen: seen });
        id
    }

    /// The device's own anonymous profile.
    fn anonymous(&mut self, device: DeviceId, arrival: &Arrival, ids: &mut dyn IdSource) -> ProfileId {
        if let Some(own) = self.anonymous_on(device) {
            return own;
        }
        let environment = self.devices[&device].environment;
        self.new_profile(environment, ids.new_mpid(), Some(device), arrival, ids)
    }
}
