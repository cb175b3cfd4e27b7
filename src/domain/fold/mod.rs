//! Folding batches into what is known of devices and profiles: pure, in memory, in arrival order. The store loads what
//! the batches may touch, this changes it, and the store writes what changed.

mod ahead;
mod arrival;
mod counted;
mod data_problem;
mod decide;
mod find;
mod folded;
mod person;
mod population;
mod report;
mod said;
#[cfg(test)]
mod tests;
mod withheld;

pub use arrival::{Arrival, IdSource};
pub use decide::Unsettled;
pub use folded::{Folded, Transition};
pub use population::Population;
pub use said::is_of_some_device;

use super::batch::Batch;
use super::data_problem::DataProblem;

impl Population {
    /// Folds one batch in. Which devices decide is told by [`Population::decide`], once all are in.
    pub fn fold(&mut self, batch: &Batch, arrival: &Arrival, ids: &mut dyn IdSource) -> Folded {
        let mut folded = Folded::default();
        let found = self.device(batch, arrival, ids, &mut folded);
        let permitted = self.without_withheld_identities(found, batch, arrival, &mut folded);
        let batch = permitted.as_ref().unwrap_or(batch);
        let named = self.named_profile(batch, found, arrival, ids, &mut folded);
        let device = found.or_else(|| self.device_of_profile(batch, arrival, named?, ids, &mut folded));
        folded.device = device;
        if batch.has_placeholder {
            folded.note(DataProblem::PlaceholderId);
        }
        folded.app_version = batch.app_version.clone().unwrap_or_default();
        if let Some(device) = device {
            // Worked out once: a batch may have many events.
            let dated = (batch, said::report(batch, arrival).order_key());
            self.describe(device, dated, arrival, &mut folded);
            self.take_report(device, dated, arrival, &mut folded);
            if self.has_idfa(device) && !self.may_have_idfa(device, arrival) {
                // A version or a platform closes the gate as a status does.
                self.erase_idfas(device, arrival.received);
                folded.erases_idfa = true;
            }
            folded.erases_idfa &= !folded.made_device;
            self.attach_identifiers(device, batch, arrival, &mut folded);
            folded.active = self.note_active(device, arrival);
            folded.installed = self.devices.get(&device).filter(|_| folded.made_device).cloned();
        } else if batch.status.is_some() && named.is_some() {
            // Only a status elsewhere than on Apple's platforms gets here with a profile.
            folded.data_problems.push(DataProblem::StatusElsewhere);
        }
        let profile = named.or_else(|| device.map(|device| self.anonymous(device, arrival, ids)));
        match profile.and_then(|profile| self.profile_mut(profile)) {
            Some(profile) => profile.last_seen = arrival.heard_of(profile.last_seen),
            None => folded.without_ids = true,
        }
        if let Some(profile) = named {
            let joined = device.is_some_and(|device| self.join(device, profile, arrival.day, &mut folded));
            self.attach_identities(profile, joined, batch, arrival.day, &mut folded);
        }
        folded
    }
}
