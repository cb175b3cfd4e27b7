//! What a batch tells of its device: its description, its status, its names.

use super::contradict::{is_idfa_unpermitted, within};
use super::find::names_in_order;
use super::{Arrival, Folded, Population, Transition};
use crate::domain::att::{Outcome, Policy, Report, Status, TimestampFault, learn};
use crate::domain::batch::Batch;
use crate::domain::contradiction::Contradiction;
use crate::domain::device::{Device, Name, NameKind};
use crate::domain::id::DeviceId;
use crate::domain::time::Millis;

impl Population {
    /// Takes over what the batch says of the device itself; what it does not say stays.
    pub(super) fn describe(&mut self, device: DeviceId, batch: &Batch, arrival: &Arrival) {
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
    }

    pub(super) fn learn(&mut self, id: DeviceId, batch: &Batch, arrival: &Arrival, folded: &mut Folded) {
        let Some(device) = self.devices.get_mut(&id) else { return };
        if batch.status.is_some() && !device.platform.is_apple() {
            folded.contradictions.push(Contradiction::StatusElsewhere);
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
        let before = device.held;
        let reported = learn(before, &report);
        device.held = reported.held;
        folded.contradictions.extend(within(batch, device));
        folded.contradictions.extend(reported.faults.into_iter().map(|fault| match fault {
            TimestampFault::Bad => Contradiction::BadTimestamp,
            TimestampFault::Seconds => Contradiction::SecondsTimestamp,
            TimestampFault::Future => Contradiction::FutureTimestamp,
        }));
        if reported.outcome == Outcome::Stale {
            folded.contradictions.push(Contradiction::Stale);
        }
        let (Outcome::First | Outcome::Changed, Some(held)) = (reported.outcome, reported.held) else { return };
        device.source = Some(arrival.input);
        device.transitions += 1;
        folded.transition = Some(Transition {
            device: id,
            seq: device.transitions,
            environment: device.environment,
            app: device.app,
            from: before.map(|held| held.status),
            to: held.status,
            since: held.since,
            as_of: held.as_of,
            received: arrival.received,
            input: arrival.input,
        });
        if held.status != Status::Authorized && arrival.policy != Policy::Observe {
            let idfas: Vec<Name> = self.names_of(id).filter(|name| name.kind == NameKind::Idfa).cloned().collect();
            idfas.iter().for_each(|name| self.remove_name(name));
            self.note_nameless(id, arrival.received);
        }
        if self.forgets_answer(batch, id, before.map(|held| held.status), reported.outcome) {
            folded.contradictions.push(Contradiction::AnswerForgotten);
        }
    }

    /// Makes the batch's ids names of the device; those that led elsewhere move.
    pub(super) fn name(&mut self, id: DeviceId, batch: &Batch, arrival: &Arrival, folded: &mut Folded) {
        let Some(device) = self.devices.get(&id) else { return };
        let may_keep = device.may_keep_idfa(arrival.policy, arrival.default);
        folded.keeps_idfa = may_keep && batch.name(NameKind::Idfa).is_some();
        if is_idfa_unpermitted(batch, device, arrival) {
            folded.contradictions.push(Contradiction::IdfaUnpermitted);
        }
        for name in names_in_order(batch, arrival, device.platform) {
            if name.kind == NameKind::Idfa && !may_keep {
                continue;
            }
            if let Some(other) = self.add_name(name, id) {
                self.note_nameless(other, arrival.received);
            }
        }
        self.note_nameless(id, arrival.received);
    }

    /// Notes that the device was active on the day; answers it as it is, the first time. What is told of earlier days
    /// makes none of them active afterwards.
    pub(super) fn note_active(&mut self, id: DeviceId, arrival: &Arrival) -> Option<Device> {
        let device = self.devices.get_mut(&id).filter(|_| !arrival.historical)?;
        if device.active_on.is_some_and(|day| day >= arrival.day) {
            return None;
        }
        device.active_on = Some(arrival.day);
        Some(device.clone())
    }

    /// Erases a name of the device.
    pub fn erase_name(&mut self, name: &Name, device: DeviceId, now: Millis) {
        self.remove_name(name);
        self.note_nameless(device, now);
    }

    /// Notes since when no name leads to the device, or that one does.
    fn note_nameless(&mut self, id: DeviceId, now: Millis) {
        let named = self.names_of(id).next().is_some();
        if let Some(device) = self.devices.get_mut(&id) {
            device.nameless_since = if named { None } else { device.nameless_since.or(Some(now)) };
        }
    }
}
