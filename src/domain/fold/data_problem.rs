//! What a batch contradicts, apart from its times.

use super::arrival::Arrival;
use super::population::Population;
use crate::domain::att::{Policy, ReportOutcome, Status, legacy_flags};
use crate::domain::batch::Batch;
use crate::domain::data_problem::DataProblem;
use crate::domain::device::Device;
use crate::domain::id::DeviceId;
use crate::domain::identifier::{Identifier, IdentifierKind};
use crate::domain::platform::OsVersion;

/// What a batch from an Apple device says against itself, apart from its advertising id; what it does not say of its device
/// is as the device is known.
pub(super) fn within(batch: &Batch, device: &Device) -> Vec<DataProblem> {
    let Some(status) = batch.status else { return Vec::new() };
    let os = batch.os_version.as_deref().or(device.os_version.as_deref());
    let mut found = Vec::new();
    if status == Status::Authorized && batch.identifier(IdentifierKind::Idfa).is_none() {
        found.push(DataProblem::AuthorizedWithoutIdfa);
    }
    if os.and_then(OsVersion::parse).is_some_and(|version| version < OsVersion::INTRODUCED) {
        found.push(DataProblem::StatusBeforeAtt);
    }
    let limited = legacy_flags(Some(status), os, None, None).tracking_limited;
    if batch.limit_ad_tracking.is_some_and(|said| limited.is_some_and(|follows| said != follows)) {
        found.push(DataProblem::FlagDisagrees);
    }
    found
}

/// Whether the batch's real IDFA is there though the status does not permit it: by its own status where Apple enforces
/// that, and whatever the policy `observe` keeps that `withhold` would not.
pub(super) fn is_idfa_unpermitted(batch: &Batch, device: &Device, arrival: &Arrival) -> bool {
    let present = batch.identifier(IdentifierKind::Idfa).is_some();
    let os = batch.os_version.as_deref().or(device.os_version.as_deref());
    let refused = batch.status.is_some_and(|status| status != Status::Authorized) && OsVersion::is_enforced(os);
    let observed = arrival.policy == Policy::Observe && !device.may_keep_idfa(Policy::Withhold, arrival.default);
    present && device.platform.is_apple() && (refused || observed)
}

impl Population {
    /// Whether a device that had answered says that it was not asked: only another installation may, and that one has
    /// another IDFV.
    pub(super) fn forgets_answer(
        &self,
        batch: &Batch,
        device: DeviceId,
        before: Option<Status>,
        news: ReportOutcome,
    ) -> bool {
        let answered = before.is_some_and(Status::is_answer);
        let unasked = news == ReportOutcome::Changed && batch.status == Some(Status::NotDetermined);
        let leads_here = |value: &str| {
            let is_it = |identifier: &Identifier| identifier.kind == IdentifierKind::Idfv && identifier.value == value;
            self.identifiers_of(device).any(is_it)
        };
        answered && unasked && batch.identifier(IdentifierKind::Idfv).is_some_and(leads_here)
    }
}
