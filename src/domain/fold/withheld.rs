//! Identities that repeat an advertising id which the gate withholds.

use super::arrival::Arrival;
use super::folded::Folded;
use super::population::Population;
use super::report::keeps_idfa_after;
use super::said::keeps_idfa;
use crate::domain::batch::Batch;
use crate::domain::data_problem::DataProblem;
use crate::domain::id::DeviceId;
use crate::domain::identity::IdentityKind;

impl Population {
    /// The batch without those identities that repeat its withheld IDFA: under another name it is the same id. `None`
    /// when there are none.
    pub(super) fn without_withheld_identities(
        &self,
        found: Option<DeviceId>,
        batch: &Batch,
        arrival: &Arrival,
        folded: &mut Folded,
    ) -> Option<Batch> {
        if batch.idfa_identities.is_empty() {
            return None;
        }
        let is_kept = match found.and_then(|device| self.devices.get(&device)) {
            Some(device) => keeps_idfa_after(device, batch, arrival),
            None => keeps_idfa(batch, arrival),
        };
        if is_kept {
            return None;
        }
        folded.note(DataProblem::IdfaAsIdentity);
        let mut permitted = batch.clone();
        let repeats = |kind: &IdentityKind| batch.idfa_identities.iter().any(|(repeating, _)| repeating == kind);
        permitted.identities.retain(|(kind, _)| !repeats(kind));
        Some(permitted)
    }
}
