//! What a batch says of its device: its description, its status, its identifiers.

use super::arrival::Arrival;
use super::data_problem::{is_idfa_unpermitted, within};
use super::find::identifiers_in_order;
use super::folded::{Folded, Transition};
use super::population::Population;
use crate::domain::att::{Policy, Report, ReportOutcome, Status, TimestampFault, apply_report};
use crate::domain::batch::Batch;
use crate::domain::data_problem::DataProblem;
use crate::domain::device::Device;
use crate::domain::id::DeviceId;
use crate::domain::identifier::{Identifier, IdentifierKind};
use crate::domain::joins::{Lead, MOST_IDENTIFIERS};
use crate::domain::time::{Day, Millis};

impl Population {
    /// Takes over what the batch says of the device itself; what it does not say stays.
    pub(super) fn describe(&mut self, device: DeviceId, batch: &Batch, arrival: &Arrival, folded: &mut Folded) {
        let Some(device) = self.devices.get_mut(&device) else { return };
        device.platform = batch.platform.unwrap_or(device.platform);
        device.last_seen = device.last_seen.max(arrival.received);
        device.retired = false;
        for (said, kept) in [
            (&batch.os_version, &mut device.os_version),
            (&batch.app_version, &mut device.app_version),
            (&batch.country, &mut device.country),
        ] {
            if said.is_some() {
                kept.clone_from(said);
            }
        }
        folded.app_version = device.app_version.clone().unwrap_or_default();
    }

    pub(super) fn take_report(&mut self, id: DeviceId, batch: &Batch, arrival: &Arrival, folded: &mut Folded) {
        let Some(device) = self.devices.get_mut(&id) else { return };
        if batch.status.is_some() && !device.platform.is_apple() {
            folded.data_problems.push(DataProblem::StatusElsewhere);
            return;
        }
        let report = Report {
            status: batch.status,
            att_ms: batch.att_ms,
            batch_ms: batch.batch_ms,
            event_ms: batch.event_ms,
            received: arrival.received,
            historical: arrival.historical,
        };
        let before = device.reported;
        let applied = apply_report(before, &report);
        device.reported = applied.reported;
        folded.data_problems.extend(within(batch, device));
        folded.data_problems.extend(applied.faults.into_iter().map(|fault| match fault {
            TimestampFault::Bad => DataProblem::BadTimestamp,
            TimestampFault::Seconds => DataProblem::SecondsTimestamp,
            TimestampFault::Future => DataProblem::FutureTimestamp,
        }));
        if applied.outcome == ReportOutcome::Stale {
            folded.data_problems.push(DataProblem::Stale);
        }
        let (ReportOutcome::First | ReportOutcome::Changed, Some(reported)) = (applied.outcome, applied.reported)
        else {
            return;
        };
        device.source = Some(arrival.input);
        device.transitions += 1;
        folded.transition = Some(Transition {
            device: id,
            seq: device.transitions,
            environment: device.environment,
            app: device.app,
            from: before.map(|reported| reported.status),
            to: reported.status,
            since: reported.since,
            as_of: reported.as_of,
            received: arrival.received,
            input: arrival.input,
        });
        if reported.status != Status::Authorized && arrival.policy != Policy::Observe {
            self.erase_idfas(id, arrival.received);
            folded.erases_idfa = true;
        }
        if self.forgets_answer(batch, id, before.map(|reported| reported.status), applied.outcome) {
            folded.data_problems.push(DataProblem::AnswerForgotten);
        }
    }

    /// Whether something of the device may have been stored before this batch.
    pub(super) fn was_there(&self, id: DeviceId, arrival: &Arrival) -> bool {
        let known = self.devices.get(&id);
        known.is_some_and(|device| device.first_seen < arrival.received || device.reported.is_some())
            || self.count_identifiers(id) > 0
    }

    /// Whether the gate lets the device have an IDFA now.
    pub(super) fn may_keep_idfa(&self, id: DeviceId, arrival: &Arrival) -> bool {
        self.devices.get(&id).is_some_and(|device| device.may_keep_idfa(arrival.policy, arrival.default))
    }

    /// Takes the device's IDFAs away.
    pub(super) fn erase_idfas(&mut self, id: DeviceId, now: Millis) {
        let idfas: Vec<Identifier> =
            self.identifiers_of(id).filter(|identifier| identifier.kind == IdentifierKind::Idfa).cloned().collect();
        idfas.iter().for_each(|identifier| self.remove_identifier(identifier));
        self.note_unidentified(id, now);
    }

    /// Makes the batch's ids identifiers of the device; those that led elsewhere move.
    pub(super) fn attach_identifiers(&mut self, id: DeviceId, batch: &Batch, arrival: &Arrival, folded: &mut Folded) {
        let Some(device) = self.devices.get(&id) else { return };
        let may_keep = device.may_keep_idfa(arrival.policy, arrival.default);
        folded.keeps_idfa = may_keep && batch.identifier(IdentifierKind::Idfa).is_some();
        if is_idfa_unpermitted(batch, device, arrival) {
            folded.data_problems.push(DataProblem::IdfaUnpermitted);
        }
        for identifier in identifiers_in_order(batch, arrival, device.platform) {
            if identifier.kind == IdentifierKind::Idfa && !may_keep {
                continue;
            }
            match self.lead(&identifier, id, arrival.day) {
                Some(lead) => {
                    if let Some(other) = self.add_identifier(identifier, lead) {
                        self.note_unidentified(other, arrival.received);
                    }
                }
                None => folded.note(DataProblem::SharedId),
            }
        }
        self.note_unidentified(id, arrival.received);
    }

    /// Where the identifier leads once it is the device's; `None` when it joins too many devices already, or the device
    /// has too many identifiers.
    fn lead(&mut self, identifier: &Identifier, device: DeviceId, day: Day) -> Option<Lead<DeviceId>> {
        let known = self.identifiers().get(identifier).copied();
        if let Some(known) = known.filter(|known| known.to == device) {
            return (!known.joins.is_shared()).then_some(known);
        }
        let mut joins = known.map(|known| known.joins).unwrap_or_default();
        let one_too_many = joins.are_full(day);
        joins.note(day);
        if let Some(known) = known.filter(|_| one_too_many) {
            self.add_identifier(identifier.clone(), Lead { to: known.to, joins });
        }
        let fits = self.count_identifiers(device) < MOST_IDENTIFIERS;
        (!one_too_many && fits).then_some(Lead { to: device, joins })
    }

    /// Notes that the device was active on the day; returns it as it is, the first time. A historical batch makes no
    /// earlier day active afterwards.
    pub(super) fn note_active(&mut self, id: DeviceId, arrival: &Arrival) -> Option<Device> {
        let device = self.devices.get_mut(&id).filter(|_| !arrival.historical)?;
        if device.active_on.is_some_and(|day| day >= arrival.day) {
            return None;
        }
        device.active_on = Some(arrival.day);
        Some(device.clone())
    }

    /// Erases an identifier of the device.
    pub fn erase_identifier(&mut self, identifier: &Identifier, device: DeviceId, now: Millis) {
        self.remove_identifier(identifier);
        self.note_unidentified(device, now);
    }

    /// Notes since when no identifier leads to the device, or that one does.
    fn note_unidentified(&mut self, id: DeviceId, now: Millis) {
        let identified = self.identifiers_of(id).next().is_some();
        if let Some(device) = self.devices.get_mut(&id) {
            device.unidentified_since = if identified { None } else { device.unidentified_since.or(Some(now)) };
        }
    }
}
