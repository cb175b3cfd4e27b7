//! What was noted while a clock was ahead, or seems so to one that may be behind.
//!
//! Nobody knows when it was said, only between which two moments: after what was noted before that, and before the device is
//! heard of by a clock that is right. Until its next report tells, what takes a permission away counts from the first of
//! these on, and what gives one only after the second.

use super::arrival::Arrival;
use crate::domain::att::{OrderKey, Reported, Status};
use crate::domain::device::Device;
use crate::domain::time::{DAY, Millis};

/// Before every report.
pub(super) const NEVER: Millis = Millis(0);

impl Arrival {
    /// Up to when a moment that was noted earlier is believed.
    pub(super) fn believable(&self) -> Millis {
        self.received.believable()
    }

    /// Whether something was noted for later than is believed: a clock was ahead then, or this one is behind.
    pub(super) fn is_ahead(&self, noted: Millis) -> bool {
        noted > self.believable()
    }

    /// Whether something that was said now may permit more than what lies ahead of it: what has no time of its own came
    /// later, whichever clock was wrong. One that has may be from before, should this clock be behind.
    fn permits_by_now(&self, key: OrderKey) -> bool {
        let is_of_today = self.is_clock_steady && key.t >= self.received.minus(DAY);
        !key.is_ahead && (key.is_arrival || is_of_today)
    }

    /// Whether something said for the moment of the report is no older than what was said `at`, which it is then; old news
    /// that is sent later counts only where nothing was said. What lies ahead was said later than `known`, and, unless it is
    /// the less permissive that `may_refuse`, probably later than all but what is said now.
    pub(super) fn take_if_news(&self, at: &mut Option<Millis>, key: OrderKey, known: Millis, may_refuse: bool) -> bool {
        let (OrderKey { t, .. }, Some(noted)) = (key, *at) else {
            *at = Some(key.t);
            return true;
        };
        let is_ahead = self.is_ahead(noted);
        let is_news = match is_ahead {
            false => t >= noted,
            true => t >= known && (may_refuse || !self.is_clock_steady || t >= self.received.minus(DAY)),
        };
        let counts = is_news && !self.historical;
        if counts {
            // A clock that may be behind leaves what lies ahead of it.
            *at = Some(if is_ahead && !self.is_clock_steady { noted } else { t });
        }
        counts
    }

    /// Whether a description that permits more than the one before, which was noted for these moments, may count.
    pub(super) fn may_permit(&self, key: OrderKey, noted: impl IntoIterator<Item = Option<Millis>>) -> bool {
        self.permits_by_now(key) || !noted.into_iter().flatten().any(|noted| self.is_ahead(noted))
    }

    /// For when the device's status counts as reported, to one more report of it.
    pub(super) fn reported_as_of(&self, device: &Device, noted: Reported, key: OrderKey, permits_more: bool) -> Millis {
        let is_ahead = self.is_ahead(noted.as_of);
        let is_in_doubt = !self.is_clock_steady && (is_ahead || device.ahead_as_of.is_some_and(|at| self.is_ahead(at)));
        let is_later = is_in_doubt && permits_more && !self.permits_by_now(key);
        // For when it was reported is not known, but it was no old news.
        let is_old_news = self.historical && (is_ahead || noted.as_of == NEVER);
        if is_later || is_old_news {
            return Millis(i64::MAX);
        }
        if !is_ahead || self.is_clock_steady {
            return noted.as_of;
        }
        let known = known_after(device, &noted, self.believable());
        // Also within one millisecond.
        if key.is_arrival { known.min(key.t.minus(1)) } else { known }
    }
}

/// What was said of the device up to the last moment that is known to be right is older than this.
pub(super) fn known_until(device: &Device, believable: Millis) -> Millis {
    let known = device.seen_before.unwrap_or(device.first_seen);
    if known > believable { NEVER } else { known.plus(1) }
}

/// The same of its status, which was not said before it began.
fn known_after(device: &Device, reported: &Reported, believable: Millis) -> Millis {
    let began = if reported.since > believable { NEVER } else { reported.since };
    began.max(known_until(device, believable))
}

/// Lets nothing that was noted of a device for later than `believable` outrank other devices: it counts from right after
/// what was known before. Since when a status has been there outranks nothing, and stays what its transition says. Returns
/// whether there was any.
pub(super) fn set_back(device: &mut Device, believable: Millis) -> bool {
    let known = known_until(device, believable);
    let is_ahead = |noted: Millis| noted > believable;
    let was_seen_ahead = is_ahead(device.last_seen);
    if was_seen_ahead {
        device.last_seen = known;
    }
    let Some(reported) = device.reported.filter(|reported| is_ahead(reported.as_of)) else { return was_seen_ahead };
    device.ahead_as_of = device.ahead_as_of.max(Some(reported.as_of));
    device.reported = Some(Reported { as_of: known_after(device, &reported, believable), ..reported });
    true
}

/// Takes in that a device is heard of by a clock that goes steadily. A refusal that was noted ahead was said by now; and
/// what lay ahead and does no longer was right, or time got there.
pub(super) fn set_right(device: &mut Device, arrival: &Arrival) {
    if !arrival.is_clock_steady {
        return;
    }
    if let Some(noted) = device.ahead_as_of.filter(|noted| !arrival.is_ahead(*noted)) {
        device.ahead_as_of = None;
        raise(device, noted);
    }
    let is_first = arrival.is_ahead(device.last_received);
    set_back(device, arrival.believable());
    let refuses = device.reported.is_some_and(|reported| reported.status != Status::Authorized);
    if is_first && refuses && device.ahead_as_of.is_some() {
        // What is said at that moment is said after it.
        raise(device, arrival.received.minus(1));
    }
}

/// Takes in that something of today was told of a device while it is not known whether what lies ahead is right: should that
/// turn out to have been noted by a clock that was ahead, this was said after it.
pub(super) fn note_said_in_doubt(device: &mut Device, t: Millis, arrival: &Arrival) {
    let is_of_today = !arrival.historical && t >= arrival.received.minus(DAY);
    if is_of_today && !arrival.is_clock_steady && arrival.is_ahead(device.last_seen) {
        device.seen_before = device.seen_before.filter(|seen| !arrival.is_ahead(*seen)).max(Some(t));
    }
}

fn raise(device: &mut Device, as_of: Millis) {
    if let Some(reported) = &mut device.reported {
        reported.as_of = reported.as_of.max(as_of);
    }
}
