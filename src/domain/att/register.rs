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

/// What one batch says about a device's status; timestamps as they were sent.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    pub status: Option<Status>,
    /// `att_timestamp_unixtime_ms`: when the user first answered.
    pub att_ms: Option<i64>,
    /// The batch's `timestamp_unixtime_ms`.
    pub batch_ms: Option<i64>,
    /// The latest of the events' times.
    pub event_ms: Option<i64>,
    pub received: Millis,
    /// Whether the ATT timestamp replaces a missing time of the batch.
    pub historical: bool,
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
pub fn apply_report(reported: Option<Reported>, report: &Report) -> AppliedReport {
    let mut faults = Vec::new();
    let Some(status) = report.status else {
        return AppliedReport { reported, outcome: ReportOutcome::None, faults };
    };
    let mut correct = |sent: Option<i64>| corrected(sent, report.received, &mut faults);
    let (att, batch, event) = (correct(report.att_ms), correct(report.batch_ms), correct(report.event_ms));
    faults.sort();
    faults.dedup();

    let stand_in = att.filter(|_| report.historical);
    let t = batch.or(event).or(stand_in).unwrap_or(report.received);
    let since = att.map_or(t, |att| att.min(t));
    let news = Reported { status, since, as_of: t };
    let (reported, outcome) = match reported {
        None => (news, ReportOutcome::First),
        Some(reported) if reported.status == status => {
            (Reported { as_of: reported.as_of.max(t), ..reported }, ReportOutcome::Same)
        }
        Some(reported) => match t.cmp(&reported.as_of) {
            Ordering::Greater => (news, ReportOutcome::Changed),
            Ordering::Equal if status.permissiveness() < reported.status.permissiveness() => {
                (news, ReportOutcome::Changed)
            }
            Ordering::Equal | Ordering::Less => (reported, ReportOutcome::Stale),
        },
    };
    AppliedReport { reported: Some(reported), outcome, faults }
}

/// A sent timestamp as a moment that can be believed; one wrong clock must not pin a device for ever.
fn corrected(sent: Option<i64>, received: Millis, faults: &mut Vec<TimestampFault>) -> Option<Millis> {
    let mut ms = sent?;
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
        return Some(received);
    }
    Some(Millis(ms))
}
