//! What a batch says of its device: its description, its status, its identifiers.

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
use crate::domain::time::{DAY, Day, Millis};

/// Before every report.
const NEVER: Millis = Millis(0);

/// Whether something was noted for so late that a clock was ahead then: no report counts from so much later than it came.
fn is_ahead(noted: Millis, arrival: &Arrival) -> bool {
    noted > arrival.received.plus(DAY)
}

/// Whether something said for the moment `t` is no older than what was said `at`, which it is then; old news that is sent
/// later counts only where nothing was said. While it is not known whether what lies ahead is wrong, what was said later
/// than what is `known` to have been said came later all the same.
fn take_if_news(at: &mut Option<Millis>, t: Millis, known: Millis, arrival: &Arrival) -> bool {
    let Some(noted) = *at else {
        *at = Some(t);
        return true;
    };
    let is_in_doubt = !arrival.is_clock_steady && is_ahead(noted, arrival);
    let later = if is_in_doubt && t >= known { noted } else { t };
    let is_news = later >= noted && !arrival.historical;
    if is_news {
        *at = Some(later);
    }
    is_news
}

/// Whether what is known of a device lets it have an IDFA where neither a policy nor a default does.
fn permits(device: &Device) -> bool {
    device.may_keep_idfa(Policy::Withhold, None)
}

/// Up to when what was noted of a device may have been said, where later moments were noted while a clock was ahead: what is
/// said for later is news, and a repeat of what was said before is none. Where that is not known, what takes a permission
/// away is news, and what gives one is not unless it was said within the last day.
fn said_by(device: &Device, believable: Millis) -> Millis {
    let is_ahead = |noted: Millis| noted > believable;
    let known = device.seen_before.unwrap_or(device.first_seen);
    match is_ahead(known) {
        false => known.plus(1),
        true if permits(device) => NEVER,
        true => believable.minus(2 * DAY),
    }
}

/// The same of its status, which was not said before it began.
fn reported_by(device: &Device, reported: &Reported, believable: Millis) -> Millis {
    let began = if reported.since > believable { NEVER } else { reported.since };
    began.max(said_by(device, believable))
}

/// What was noted for later than `believable`, while a clock was ahead, must not outrank what is reported now. Since when a
/// status has been there outranks nothing, and stays what its transition says. Returns whether there was any.
fn forget_ahead(device: &mut Device, believable: Millis) -> bool {
    let said_by = said_by(device, believable);
    let reported_by = device.reported.map_or(NEVER, |reported| reported_by(device, &reported, believable));
    let as_of = device.reported.as_mut().map(|reported| (&mut reported.as_of, reported_by));
    let DescribedAt { platform, os_version, app_version, country } = &mut device.described_at;
    let described = [platform, os_version, app_version, country].into_iter().flatten().map(|noted| (noted, said_by));
    let seen = [(&mut device.last_seen, said_by)];
    let mut any = false;
    for (noted, known) in seen.into_iter().chain(as_of).chain(described).filter(|(noted, _)| **noted > believable) {
        *noted = known;
        any = true;
    }
    any
}

/// Forgets what a batch finds noted ahead of its arrival.
fn forget_future(device: &mut Device, arrival: &Arrival) {
    if !arrival.is_clock_steady {
        return;
    }
    let believable = arrival.received.plus(DAY);
    if !arrival.historical {
        forget_ahead(device, believable);
    } else if device.last_seen > believable {
        // Of what it says there may be news from before that.
        device.last_seen = said_by(device, believable);
    }
}

/// While it is not known whether what lies ahead of a clock is right: whether something may not count as later than that.
/// Should this clock be behind, nothing more may be permitted by what is older. What has no time of its own came later,
/// whichever clock was wrong; what has one that lies ahead may be from before.
fn is_doubtful_permission(key: OrderKey, permits_more: bool) -> bool {
    permits_more && (!key.is_arrival || key.is_ahead)
}

/// Takes over what the batch says of a device for the moment `t`, unless something newer said otherwise; what it does not
/// say stays.
fn describe(device: &mut Device, batch: &Batch, key: OrderKey, arrival: &Arrival) {
    let (t, noted) = (key.t, device.described_at);
    let known = said_by(device, arrival.received.plus(DAY));
    let is_any_ahead = [noted.platform, noted.os_version].into_iter().flatten().any(|noted| is_ahead(noted, arrival));
    let before = (!arrival.is_clock_steady && is_any_ahead).then(|| device.clone());
    let DescribedAt { platform, os_version, app_version, country } = &mut device.described_at;
    if let Some(said) = batch.platform
        && take_if_news(platform, t, known, arrival)
    {
        device.platform = said;
    }
    for (said, kept, at) in [
        (&batch.os_version, &mut device.os_version, os_version),
        (&batch.app_version, &mut device.app_version, app_version),
        (&batch.country, &mut device.country, country),
    ] {
        if said.is_some() && take_if_news(at, t, known, arrival) {
            kept.clone_from(said);
        }
    }
    let Some(before) = before else { return };
    if is_doubtful_permission(key, permits(device) && !permits(&before)) {
        (device.platform, device.os_version) = (before.platform, before.os_version);
        (device.described_at.platform, device.described_at.os_version) = (noted.platform, noted.os_version);
    }
}

/// Applies the batch's report to a device that it describes already; `None` where it has a status of a platform that has
/// none. What the batch itself says counts there, though something newer may say otherwise.
fn learn(device: &mut Device, batch: &Batch, arrival: &Arrival) -> Option<AppliedReport> {
    if batch.status.is_some() && !batch.platform.unwrap_or(device.platform).is_apple() {
        return None;
    }
    let report = report(batch, arrival);
    let Some(noted) = device.reported else {
        let applied = apply_report(None, &report);
        device.reported = applied.reported;
        return Some(applied);
    };
    let key @ OrderKey { t, is_arrival, .. } = report.order_key();
    let permits_more = report.status.is_some_and(|status| status.permissiveness() > noted.status.permissiveness());
    let counts_in_doubt = !is_doubtful_permission(key, permits_more);
    let as_of = match is_ahead(noted.as_of, arrival) {
        // For when the status was reported is not known, but it was no old news.
        ahead if arrival.historical && (ahead || noted.as_of == NEVER) => Millis(i64::MAX),
        true if !arrival.is_clock_steady && counts_in_doubt => {
            let known = reported_by(device, &noted, arrival.received.plus(DAY));
            // Also within one millisecond.
            if is_arrival { known.min(t.minus(1)) } else { known }
        }
        _ => noted.as_of,
    };
    let mut applied = apply_report(Some(Reported { as_of, ..noted }), &report);
    if let Some(reported) = applied.reported.as_mut().filter(|_| as_of != noted.as_of) {
        // Later than what it came after.
        let is_later = !arrival.historical && applied.outcome == ReportOutcome::Changed;
        reported.as_of = noted.as_of.plus(is_later.into());
    }
    device.reported = applied.reported;
    Some(applied)
}

/// What is of now is said last, should what lies ahead of a clock turn out to have been noted while one was ahead.
fn note_said_in_doubt(device: &mut Device, batch: &Batch, applied: Option<&AppliedReport>, arrival: &Arrival) {
    if arrival.is_clock_steady || !is_ahead(device.last_seen, arrival) {
        return;
    }
    let t = report(batch, arrival).order_key().t;
    let says = batch.status.is_some() || batch.os_version.is_some() || batch.platform.is_some();
    let counts = applied.is_none_or(|applied| applied.outcome != ReportOutcome::Stale);
    if says && counts && !arrival.historical && t >= arrival.received.minus(DAY) {
        let before = device.seen_before.filter(|seen| !is_ahead(*seen, arrival));
        device.seen_before = before.max(Some(t));
    }
}

/// Whether the gate keeps the IDFA of a device as it is after the batch.
pub(super) fn keeps_idfa_after(device: &Device, batch: &Batch, arrival: &Arrival) -> bool {
    let mut device = device.clone();
    forget_future(&mut device, arrival);
    describe(&mut device, batch, report(batch, arrival).order_key(), arrival);
    learn(&mut device, batch, arrival);
    device.may_keep_idfa(arrival.policy, arrival.default)
}

impl Population {
    /// Takes over what the batch says of the device itself.
    pub(super) fn describe(&mut self, device: DeviceId, batch: &Batch, arrival: &Arrival, folded: &mut Folded) {
        let Some(device) = self.devices.get_mut(&device) else { return };
        let key = report(batch, arrival).order_key();
        let t = key.t;
        forget_future(device, arrival);
        describe(device, batch, key, arrival);
        if device.last_seen > NEVER && t > device.last_seen.plus(DAY) {
            device.seen_before = Some(device.last_seen);
        }
        device.last_seen = device.last_seen.max(t);
        device.last_received = arrival.heard_of(device.last_received);
        device.retired = false;
        let app_version = batch.app_version.as_ref().or(device.app_version.as_ref());
        folded.app_version = app_version.cloned().unwrap_or_default();
    }

    /// Forgets of all devices that are here what was noted for later than `believable`: they may not outrank for as long as
    /// the clock was ahead those that report now. Returns whether there was any.
    pub fn forget_ahead(&mut self, believable: Millis) -> bool {
        // All of them, not up to the first.
        self.devices.values_mut().filter_map(|device| forget_ahead(device, believable).then_some(())).count() > 0
    }

    pub(super) fn take_report(&mut self, id: DeviceId, batch: &Batch, arrival: &Arrival, folded: &mut Folded) {
        let Some(device) = self.devices.get_mut(&id) else { return };
        let before = device.reported;
        let applied = learn(device, batch, arrival);
        note_said_in_doubt(device, batch, applied.as_ref(), arrival);
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
