//! What a batch says by itself, whomever it is about.

use super::arrival::Arrival;
use crate::domain::att::{Report, Status, Verdict, gate};
use crate::domain::batch::Batch;
use crate::domain::device::Device;
use crate::domain::identifier::IdentifierKind;
use crate::domain::platform::Platform;

/// What it says about its device's status.
pub(super) fn report<'a>(batch: &'a Batch, arrival: &Arrival) -> Report<'a> {
    Report {
        status: batch.status,
        att_ms: batch.att_ms,
        batch_ms: batch.batch_ms,
        events_ms: &batch.events_ms,
        received: arrival.received,
        historical: arrival.historical,
    }
}

/// The status that it reports of an Apple device.
pub(super) fn explicit(batch: &Batch) -> Option<Status> {
    let platform = batch.platform.unwrap_or(Platform::Unknown);
    batch.status.filter(|_| platform.is_apple())
}

/// Whether the gate keeps its IDFA, as far as the batch itself tells.
pub(super) fn keeps_idfa(batch: &Batch, arrival: &Arrival) -> bool {
    let platform = batch.platform.unwrap_or(Platform::Unknown);
    let os = batch.os_version.as_deref();
    gate(arrival.policy, platform, explicit(batch), arrival.default, os, true) == Verdict::Kept
}

/// Whether the gate keeps its IDFA should it be of this device; what the batch does not say is as the device is known.
pub(super) fn keeps_idfa_of(device: &Device, batch: &Batch, arrival: &Arrival) -> bool {
    let platform = batch.platform.unwrap_or(device.platform);
    let status = explicit(batch).or(device.reported.map(|reported| reported.status));
    let os = batch.os_version.as_deref().or(device.os_version.as_deref());
    gate(arrival.policy, platform, status, arrival.default, os, true) == Verdict::Kept
}

/// Whether it may be about a device that none of its ids names: it has a status, or an IDFA of an Apple device and no
/// other id. Then it is about one of the profile that it names.
pub fn is_of_some_device(batch: &Batch) -> bool {
    let is_idfa = |(kind, _): &(IdentifierKind, String)| *kind == IdentifierKind::Idfa;
    let has_only_idfa = !batch.identifiers.is_empty() && batch.identifiers.iter().all(is_idfa);
    batch.status.is_some() || (has_only_idfa && batch.platform.is_some_and(Platform::is_apple))
}
