//! What a batch says of its device: its description, its status, its identifiers.

use super::ahead::{NEVER, known_until, note_said_in_doubt, permits, set_back, set_right};
use super::arrival::Arrival;
use super::data_problem::{is_idfa_unpermitted, within};
use super::find::identifiers_in_order;
use super::folded::{Folded, Transition};
use super::population::Population;
use super::said::report;
use crate::domain::att::{
    AppliedReport, OrderKey, Policy, ReportOutcome, Reported, Status, TimestampFault, apply_report,
};
use crate::domain::batch::Batch;
use crate::domain::data_problem::DataProblem;
use crate::domain::device::{DescribedAt, Device};
use crate::domain::id::DeviceId;
use crate::domain::identifier::{Identifier, IdentifierKind};
use crate::domain::joins::{Lead, MOST_IDENTIFIERS};
use crate::domain::time::{Day, Millis};

/// Takes over what the batch says of a device for the moment of the report, unless something newer said otherwise; what it
/// does not say stays.
fn describe(device: &mut Device, batch: &Batch, key: OrderKey, arrival: &Arrival) {
    let noted = device.described_at;
    let is_any_ahead = [noted.platform, noted.os_version].into_iter().flatten().any(|noted| arrival.is_ahead(noted));
    let before = is_any_ahead.then(|| device.clone());
    let known = known_until(device, arrival.received);
    let DescribedAt { platform, os_version, app_version, country } = &mut device.described_at;
    if let Some(said) = batch.platform
        && arrival.take_if_news(platform, key, known)
    {
        device.platform = said;
    }
    for (said, kept, at) in [
        (&batch.os_version, &mut device.os_version, os_version),
        (&batch.app_version, &mut device.app_version, app_version),
        (&batch.country, &mut device.country, country),
    ] {
        if said.is_some() && arrival.take_if_news(at, key, known) {
            kept.clone_from(said);
        }
    }
    if let Some(before) = before {
        prefer_refusal(device, &before, batch, key, arrival);
    }
}

/// Where something that decides what a device permits lies ahead: what permits more than before counts only if it is said
/// now, and what permits less counts whenever it was said.
fn prefer_refusal(device: &mut Device, before: &Device, batch: &Batch, key: OrderKey, arrival: &Arrival) {
    let noted = before.described_at;
    // What is said once more stays as late as it was noted, should this clock be the one that is behind.
    let at = &mut device.described_at;
    if device.platform == before.platform {
        at.platform = at.platform.max(noted.platform);
    }
    if device.os_version == before.os_version {
        at.os_version = at.os_version.max(noted.os_version);
    }
    if !permits(before) {
        let is_ahead = |noted: Option<Millis>| noted.is_some_and(|noted| arrival.is_ahead(noted));
        let is_doubtful = (device.platform != before.platform && is_ahead(noted.platform))
            || (device.os_version != before.os_version && is_ahead(noted.os_version));
        if permits(device) && is_doubtful && !arrival.may_permit(key) {
            (device.platform, device.os_version) = (before.platform, before.os_version.clone());
            let at = &mut device.described_at;
            (at.platform, at.os_version) = (noted.platform, noted.os_version);
        }
        return;
    }
    if arrival.historical {
        return;
    }
    let mut refusing = device.clone();
    let at = &mut refusing.described_at;
    if let (Some(said), Some(noted)) = (batch.platform, before.described_at.platform)
        && arrival.is_ahead(noted)
    {
        (refusing.platform, at.platform) = (said, Some(arrival.noted_for(noted, key.t)));
    }
    if let (Some(said), Some(noted)) = (&batch.os_version, before.described_at.os_version)
        && arrival.is_ahead(noted)
    {
        (refusing.os_version, at.os_version) = (Some(said.clone()), Some(arrival.noted_for(noted, key.t)));
    }
    if !permits(&refusing) {
        *device = refusing;
    }
}

/// Applies the batch's report to a device that it describes already; `None` where it has a status of a platform that has
/// none. What the batch itself says counts there, though something newer may say otherwise.
fn learn(device: &mut Device, batch: &Batch, key: OrderKey, arrival: &Arrival) -> Option<AppliedReport> {
    if batch.status.is_some() && !batch.platform.unwrap_or(device.platform).is_apple() {
        return None;
    }
    let report = report(batch, arrival);
    let Some(noted) = device.reported else {
        let applied = apply_report(None, &report);
        device.reported = applied.reported;
        return Some(applied);
    };
    let permits_more = report.status.is_some_and(|status| status.permissiveness() > noted.status.permissiveness());
    let as_of = arrival.reported_as_of(device, noted, key, permits_more);
    let mut applied = apply_report(Some(Reported { as_of, ..noted }), &report);
    if let Some(reported) = applied.reported.as_mut().filter(|_| as_of != noted.as_of) {
        // Later than what it came after.
        reported.as_of = match applied.outcome {
            ReportOutcome::Changed => noted.as_of.plus(1).max(key.t),
            _ => noted.as_of,
        };
    }
    device.reported = applied.reported;
    if device.reported.is_some_and(|reported| reported.status == Status::Authorized) {
        device.ahead_as_of = None;
    }
    Some(applied)
}

/// Whether the gate keeps the IDFA of a device as it is after the batch.
pub(super) fn keeps_idfa_after(device: &Device, batch: &Batch, arrival: &Arrival) -> bool {
    let mut device = device.clone();
    set_right(&mut device, arrival);
    let key = report(batch, arrival).order_key();
    describe(&mut device, batch, key, arrival);
    learn(&mut device, batch, key, arrival);
    device.may_keep_idfa(arrival.policy, arrival.default)
}

impl Population {
    /// Takes over what the batch says of the device itself.
    pub(super) fn describe(
        &mut self,
        device: DeviceId,
        (batch, key): (&Batch, OrderKey),
        arrival: &Arrival,
        folded: &mut Folded,
    ) {
        let Some(device) = self.devices.get_mut(&device) else { return };
        let t = key.t;
        set_right(device, arrival);
        describe(device, batch, key, arrival);
        if device.last_seen > NEVER && t > device.last_seen.believable() {
            device.seen_before = Some(device.last_seen);
        }
        device.last_seen = device.last_seen.max(t);
        device.last_received = arrival.heard_of(device.last_received);
        device.retired = false;
        let app_version = batch.app_version.as_ref().or(device.app_version.as_ref());
        folded.app_version = app_version.cloned().unwrap_or_default();
    }

    /// Sets back what was noted of the devices that are here for later than is believed `now`: they may not outrank for as
    /// long as the clock was ahead those that report now. Returns whether there was any.
    pub fn set_back(&mut self, now: Millis) -> bool {
        // All of them, not up to the first.
        self.devices.values_mut().filter_map(|device| set_back(device, now).then_some(())).count() > 0
    }

    pub(super) fn take_report(
        &mut self,
        id: DeviceId,
        (batch, key): (&Batch, OrderKey),
        arrival: &Arrival,
        folded: &mut Folded,
    ) {
        let Some(device) = self.devices.get_mut(&id) else { return };
        let before = device.reported;
        let applied = learn(device, batch, key, arrival);
        let says = batch.status.is_some() || batch.os_version.is_some() || batch.platform.is_some();
        if says && applied.as_ref().is_none_or(|applied| applied.outcome != ReportOutcome::Stale) {
            note_said_in_doubt(device, key.t, arrival);
        }
        let Some(applied) = applied else {
            folded.data_problems.push(DataProblem::StatusElsewhere);
            return;
        };
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
        let is_answer = reported.status.is_answer();
        let took = reported.since.0.saturating_sub(device.first_seen.0).max(0);
        let answered_after = (is_answer && !device.answered).then_some(took);
        device.answered |= is_answer;
        folded.transition = Some(Transition {
            device: device.clone(),
            from: before.map(|reported| reported.status),
            to: reported.status,
            since: reported.since,
            as_of: reported.as_of,
            received: arrival.received,
            input: arrival.input,
            day: (!arrival.historical).then_some(arrival.day),
            answered_after,
            installed_on: device.install.map(|install| install.day),
        });
        if reported.status != Status::Authorized && arrival.policy != Policy::Observe {
            self.erase_idfas(id, arrival.received);
            folded.erases_idfa = true;
        }
        if self.forgets_answer(batch, id, before.map(|reported| reported.status), applied.outcome) {
            folded.data_problems.push(DataProblem::AnswerForgotten);
        }
    }

    /// Whether the device may have an IDFA: the gate lets it, or an erasing that has not begun will take it.
    pub(super) fn may_have_idfa(&self, id: DeviceId, arrival: &Arrival) -> bool {
        self.devices.get(&id).is_some_and(|device| {
            device.may_keep_idfa(arrival.policy, arrival.default)
                || arrival.erasings.iter().any(|erasing| erasing.takes(device))
        })
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
        // A day further ahead was noted while our clock was ahead.
        if device.active_on.is_some_and(|day| (0..=1).contains(&day.since(arrival.day))) {
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
