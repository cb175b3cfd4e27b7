//! What was noted while a clock was ahead, or seems so to one that may be behind.
//!
//! Nobody knows when it was said, only between which two moments: after the status began, and before the device, or another
//! of the same person, is heard of by a clock that goes steadily. So a refusal counts from the first of these on, and a
//! permission only after the second.

use super::arrival::Arrival;
use crate::domain::att::{OrderKey, Policy, Reported, Status};
use crate::domain::device::{DescribedAt, Device};
use crate::domain::time::{DAY, Millis};

/// Before every report.
pub(super) const NEVER: Millis = Millis(0);
/// After every report.
const ALWAYS: Millis = Millis(i64::MAX);
/// How far behind a clock that goes steadily is thought to be at most, in milliseconds.
const MOST_BEHIND: i64 = 7 * DAY;

impl Arrival {
    /// Whether something was noted for later than is believed: a clock was ahead then, or this one is behind.
    pub(super) fn is_ahead(&self, noted: Millis) -> bool {
        noted > self.received.believable()
    }

    /// Whether something said for the moment of the report is no older than what was said `at`, which it is then; old news
    /// that is sent later counts only where nothing was said. What lies ahead was probably said later than all but what is of
    /// today, and to a clock that may be behind than what is `known`.
    pub(super) fn take_if_news(&self, at: &mut Option<Millis>, key: OrderKey, known: Millis) -> bool {
        let (t, Some(noted)) = (key.t, *at) else {
            *at = Some(key.t);
            return true;
        };
        let is_news = match (self.is_ahead(noted), self.is_clock_steady) {
            (false, _) => t >= noted,
            (true, true) => t >= self.received.minus(DAY),
            (true, false) => t >= known,
        };
        let counts = is_news && !self.historical;
        if counts {
            *at = Some(self.noted_for(noted, t));
        }
        counts
    }

    /// For when something counts that came after what was noted: a clock that may be behind leaves what lies ahead of it.
    pub(super) fn noted_for(&self, noted: Millis, t: Millis) -> Millis {
        if self.is_ahead(noted) && !self.is_clock_steady { noted } else { t }
    }

    /// Whether a description may permit more than one that lies ahead: what has no time of its own came later, whichever
    /// clock was wrong, and so did what is said right now.
    pub(super) fn may_permit(&self, key: OrderKey) -> bool {
        let is_of_now = self.is_clock_steady && key.t.believable() >= self.received;
        !key.is_ahead && (key.is_arrival || is_of_now)
    }

    /// For when the device's status counts as reported, to one more report of it.
    pub(super) fn reported_as_of(&self, device: &Device, noted: Reported, key: OrderKey, permits_more: bool) -> Millis {
        let (is_ahead, mark) = (self.is_ahead(noted.as_of), device.ahead_as_of);
        // For when it was reported is not known, but it was no old news.
        if self.historical && (is_ahead || noted.as_of == NEVER) {
            return ALWAYS;
        }
        if permits_more {
            let is_in_doubt = is_ahead || mark.is_some_and(|mark| self.is_ahead(mark));
            let is_said_now = key.is_arrival && !key.is_ahead;
            return match (is_in_doubt, self.is_clock_steady) {
                (true, false) if is_said_now => noted.as_of.min(key.t.minus(1)),
                // Should this clock be the one that is behind, its time may be before the refusal's: the first time it
                // is heard of.
                (true, true) if !key.is_ahead || noted.as_of < self.received.minus(1) => noted.as_of,
                (true, _) => ALWAYS,
                (false, _) => mark.map_or(noted.as_of, |mark| noted.as_of.max(mark)),
            };
        }
        match is_ahead {
            // Also within one millisecond.
            true if key.is_arrival => began(&noted, self.received).min(key.t.minus(1)),
            true => began(&noted, self.received),
            false => noted.as_of,
        }
    }
}

/// What was said of the device up to the last moment that is known to be right is older than this.
pub(super) fn known_until(device: &Device, now: Millis) -> Millis {
    let known = device.seen_before.unwrap_or(device.first_seen);
    if known > now.believable() { NEVER } else { known.plus(1) }
}

/// When a status began: nothing that refuses it was said since, or it would have ended it.
fn began(reported: &Reported, now: Millis) -> Millis {
    if reported.since > now.believable() { NEVER } else { reported.since }
}

/// Lets nothing that was noted of a device for later than is believed `now` outrank other devices: a permission counts from
/// when it began, and a refusal as said by now. Since when a status has been there outranks nothing, and stays what its
/// transition says. Returns whether there was any.
pub(super) fn set_back(device: &mut Device, now: Millis) -> bool {
    let is_ahead = |noted: Millis| noted > now.believable();
    let was_seen_ahead = is_ahead(device.last_seen);
    if was_seen_ahead {
        device.last_seen = known_until(device, now);
    }
    let Some(reported) = device.reported.filter(|reported| is_ahead(reported.as_of)) else { return was_seen_ahead };
    let mut as_of = began(&reported, now);
    if reported.status != Status::Authorized {
        device.ahead_as_of = device.ahead_as_of.max(Some(reported.as_of));
        // What is said at that moment is said after it.
        as_of = as_of.max(now.minus(1));
    }
    device.reported = Some(Reported { as_of, ..reported });
    true
}

/// Takes in that a device is heard of by a clock that goes steadily. A refusal that was noted ahead was said by now, however
/// early somebody else was heard of; and what lay ahead and does no longer was right, or time got there.
pub(super) fn set_right(device: &mut Device, arrival: &Arrival) {
    if !arrival.is_clock_steady {
        return;
    }
    if let Some(mark) = device.ahead_as_of.filter(|mark| !arrival.is_ahead(*mark)) {
        device.ahead_as_of = None;
        raise(device, mark);
    }
    let is_first = arrival.is_ahead(device.last_received);
    set_back(device, arrival.received);
    if is_first && device.ahead_as_of.is_some() {
        raise(device, arrival.received.minus(1));
    }
    // A refusal of next year would else be new once more then, and undo what was permitted since.
    device.ahead_as_of = device.ahead_as_of.filter(|mark| *mark <= arrival.received.plus(MOST_BEHIND));
    let DescribedAt { platform, os_version, .. } = device.described_at;
    let is_ahead = |noted: &Option<Millis>| noted.is_some_and(|noted| arrival.is_ahead(noted));
    // Seldom, and what a device permits takes a while to tell.
    if (is_ahead(&platform) || is_ahead(&os_version)) && permits(device) {
        let known = Some(known_until(device, arrival.received));
        let DescribedAt { platform, os_version, .. } = &mut device.described_at;
        [platform, os_version].into_iter().filter(|noted| is_ahead(noted)).for_each(|noted| *noted = known);
    }
}

/// Whether what is known of a device lets it have an IDFA where neither a policy nor a default does.
pub(super) fn permits(device: &Device) -> bool {
    device.may_keep_idfa(Policy::Withhold, None)
}

fn raise(device: &mut Device, as_of: Millis) {
    if let Some(reported) = &mut device.reported {
        reported.as_of = reported.as_of.max(as_of);
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
