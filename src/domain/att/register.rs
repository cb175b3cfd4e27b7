//! The register: how a device's status is learned from reports that may arrive late, twice or out of order.

use super::Status;
use crate::domain::closed_list::closed_list;
use crate::domain::time::{MINUTE, Millis};
use std::cmp::Ordering;

/// A timestamp below this is in seconds: a known client sends them so.
const SECONDS_BELOW: i64 = 100_000_000_000;
/// How far ahead of us a sender's clock may be before it is not believed.
const AHEAD: i64 = 5 * MINUTE;

/// What a device is known to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    pub status: Status,
    /// When the present status began.
    pub since: Millis,
    /// The latest moment it was reported for.
    pub as_of: Millis,
}

impl Reported {
    /// When the device said so last; `None` where that was noted while our clock was ahead, until it says so again.
    pub fn confirmed(&self) -> Option<Millis> {
        (self.as_of > Millis::default()).then_some(self.as_of)
    }
}

/// What one batch says about a device's status; timestamps as they were sent.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    pub status: Option<Status>,
    /// `att_timestamp_unixtime_ms`: when the user first answered.
    pub att_ms: Option<i64>,
    /// The batch's `timestamp_unixtime_ms`.
    pub batch_ms: Option<i64>,
    /// The events' times.
    pub events_ms: &'a [i64],
    pub received: Millis,
    /// Whether the ATT timestamp replaces a missing time of the batch.
    pub historical: bool,
}

/// When a report counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderKey {
    pub t: Millis,
    /// Whether it had no time of its own that can be believed, and counts from when it was received.
    pub is_arrival: bool,
    /// Whether that is so because its time lies ahead: then one of two clocks is wrong.
    pub is_ahead: bool,
}

impl Report<'_> {
    /// When it counts from: the batch's time, else the latest of its events', each made sense of first; else the moment
    /// when it was received.
    pub fn order_key(&self) -> OrderKey {
        self.timed(&mut Vec::new()).0
    }

    /// When it counts from, and when the user first answered; notes what was wrong with its times.
    fn timed(&self, faults: &mut Vec<TimestampFault>) -> (OrderKey, Option<Millis>) {
        let mut correct = |sent: i64| corrected(sent, self.received, faults);
        let att = self.att_ms.and_then(&mut correct);
        let batch = self.batch_ms.and_then(&mut correct);
        let event = self.events_ms.iter().filter_map(|sent| correct(*sent)).max_by_key(|key| key.t);
        faults.sort();
        faults.dedup();
        let arrival = OrderKey { t: self.received, is_arrival: true, is_ahead: false };
        let key = batch.or(event).or(att.filter(|_| self.historical)).unwrap_or(arrival);
        (key, att.map(|att| att.t))
    }
}

/// What a report did to the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOutcome {
    /// The batch carried no status.
    None,
    /// The first status ever; writes a transition from unknown.
    First,
    /// The status that was reported already.
    Same,
    /// Another status; writes a transition.
    Changed,
    /// News that came too late to count.
    Stale,
}

closed_list! {
    /// What was wrong with a timestamp, and was corrected; by the name under which it is counted.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum TimestampFault {
        /// Zero or below: taken as absent.
        Bad => "bad_timestamp",
        /// In seconds: multiplied.
        Seconds => "seconds_timestamp",
        /// Ahead of us: replaced by the time received.
        Future => "future_timestamp",
    }
}

/// What [`apply_report`] returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedReport {
    pub reported: Option<Reported>,
    pub outcome: ReportOutcome,
    /// Each fault once, in order.
    pub faults: Vec<TimestampFault>,
}

/// Applies one report. The resulting (`status`, `as_of`) depends neither on the order in which reports with a time of
/// their own arrive nor on repeats.
pub fn apply_report(reported: Option<Reported>, report: &Report<'_>) -> AppliedReport {
    let mut faults = Vec::new();
    let Some(status) = report.status else {
        return AppliedReport { reported, outcome: ReportOutcome::None, faults };
    };
    let (OrderKey { t, is_arrival, .. }, att) = report.timed(&mut faults);
    let since = att.map_or(t, |att| att.min(t));
    let news = Reported { status, since, as_of: t };
    let (reported, outcome) = match reported {
        None => (news, ReportOutcome::First),
        Some(reported) if reported.status == status => {
            (Reported { as_of: reported.as_of.max(t), ..reported }, ReportOutcome::Same)
        }
        Some(reported) => match t.cmp(&reported.as_of) {
            Ordering::Greater => (news, ReportOutcome::Changed),
            // What counts from its arrival counts in the order of arrival, however much of it in one millisecond.
            Ordering::Equal if is_arrival => (news, ReportOutcome::Changed),
            Ordering::Equal if status.permissiveness() < reported.status.permissiveness() => {
                (news, ReportOutcome::Changed)
            }
            Ordering::Equal | Ordering::Less => (reported, ReportOutcome::Stale),
        },
    };
    AppliedReport { reported: Some(reported), outcome, faults }
}

/// A sent timestamp as a moment that can be believed; one wrong clock must not pin a device for ever.
fn corrected(sent: i64, received: Millis, faults: &mut Vec<TimestampFault>) -> Option<OrderKey> {
    let mut ms = sent;
    if ms <= 0 {
        faults.push(TimestampFault::Bad);
        return None;
    }
    if ms < SECONDS_BELOW {
        faults.push(TimestampFault::Seconds);
        ms *= 1000;
    }
    if Millis(ms) > received.plus(AHEAD) {
        faults.push(TimestampFault::Future);
        return Some(OrderKey { t: received, is_arrival: true, is_ahead: true });
    }
    Some(OrderKey { t: Millis(ms), is_arrival: false, is_ahead: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_356_300_000;

    fn report(status: Status, events_ms: &[i64]) -> Report<'_> {
        let received = Millis(NOW);
        Report { status: Some(status), att_ms: None, batch_ms: None, events_ms, received, historical: false }
    }

    #[test]
    fn each_events_time_is_made_sense_of_before_the_latest_is_taken() {
        let events = [(NOW - 20_000) / 1000, NOW - 50_000];
        let applied = apply_report(None, &report(Status::Denied, &events));
        assert_eq!(applied.reported.unwrap().as_of, Millis((NOW - 20_000) / 1000 * 1000));
        assert_eq!(applied.faults, [TimestampFault::Seconds]);
    }

    #[test]
    fn a_time_that_is_wrong_is_told_once() {
        let ahead = NOW + AHEAD + 1;
        let applied = apply_report(None, &report(Status::Denied, &[ahead, NOW / 1000, 0, ahead, NOW / 1000, 0]));
        let faults = [TimestampFault::Bad, TimestampFault::Seconds, TimestampFault::Future];
        assert_eq!(applied.faults, faults);
    }

    #[test]
    fn times_are_believed_up_to_their_bounds() {
        let as_of =
            |sent: i64| apply_report(None, &report(Status::Denied, &[sent])).reported.map(|known| known.as_of.0);
        assert_eq!(as_of(NOW + AHEAD), Some(NOW + AHEAD));
        assert_eq!(as_of(NOW + AHEAD + 1), Some(NOW));
        assert_eq!([1, SECONDS_BELOW - 1].map(as_of), [Some(1000), Some(NOW)], "seconds, the latter of the year 5138");
        assert_eq!(as_of(SECONDS_BELOW), Some(SECONDS_BELOW), "milliseconds, of the year 1973");
    }

    #[test]
    fn what_counts_from_its_arrival_counts_in_the_order_of_arrival() {
        for later in Status::ALL {
            for earlier in Status::ALL {
                for ahead in [&[][..], &[NOW + 3_600_000][..]] {
                    let first = apply_report(None, &report(earlier, ahead)).reported;
                    let second = apply_report(first, &report(later, ahead));
                    assert_eq!(second.reported.unwrap().status, later);
                    assert_ne!(second.outcome, ReportOutcome::Stale);
                }
            }
        }
    }
}
