//! What happens on a day: changes of status, first answers and how long they took, installs. Unlike what units count as, it
//! is added up as it happens and never taken back: what is not counted on the day can never be told later.

use super::att::Status;
use super::count::{self, Slice};
use super::device::Device;
use super::environment::Environment;
use super::fold::Transition;
use super::id::AppId;
use super::time::{DAY, Day, HOUR, MINUTE, SECOND};
use std::collections::BTreeMap;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flow {
    /// A device's status changed; `None` is unknown.
    Change { from: Option<Status>, to: Status, is_first_answer: bool },
    /// A device's user answered for the first time, so long after the device was first seen.
    Answered(AnswerTime),
    /// An Apple device sent its first batch; with whether its ad tracking was limited (LAT), as far as that was told.
    Installed { limited: Option<bool> },
    /// A device was removed that had been counted as installed.
    Removed { limited: Option<bool> },
}

/// How long an answer took: a class of the fixed, log-spaced histogram, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnswerTime(u8);

/// Where the classes of the histogram begin, in milliseconds; each ends where the next begins, and the last has no end.
pub const ANSWER_TIMES: [i64; 26] = [
    0,
    SECOND,
    2 * SECOND,
    4 * SECOND,
    8 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    4 * MINUTE,
    8 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    DAY,
    2 * DAY,
    4 * DAY,
    8 * DAY,
    16 * DAY,
    32 * DAY,
    64 * DAY,
    128 * DAY,
    256 * DAY,
];

impl AnswerTime {
    /// The class of an answer after so many milliseconds.
    pub fn of(ms: i64) -> Self {
        let begun = ANSWER_TIMES.iter().filter(|begins| **begins <= ms).count();
        Self(u8::try_from(begun.saturating_sub(1)).unwrap_or_default())
    }

    /// Where it begins, and where it ends if it does, in milliseconds.
    pub fn bounds(self) -> (i64, Option<i64>) {
        let at = usize::from(self.0);
        (ANSWER_TIMES[at.min(ANSWER_TIMES.len() - 1)], ANSWER_TIMES.get(at + 1).copied())
    }
}

const ANSWERED: i64 = 100;
const INSTALLED: i64 = 200;
const REMOVED: i64 = 210;

impl Flow {
    /// The number kept in the store.
    pub fn code(self) -> i64 {
        let limited = |limited: Option<bool>| limited.map_or(0, |limited| 1 + i64::from(limited));
        match self {
            Self::Change { from, to, is_first_answer } => {
                let from = from.map_or(Status::ALL.len() as i64, Status::code);
                (from * Status::ALL.len() as i64 + to.code()) * 2 + i64::from(is_first_answer)
            }
            Self::Answered(AnswerTime(class)) => ANSWERED + i64::from(class),
            Self::Installed { limited: told } => INSTALLED + limited(told),
            Self::Removed { limited: told } => REMOVED + limited(told),
        }
    }

    /// Reads the number kept in the store; `None` for what newer code counted.
    pub fn from_code(code: i64) -> Option<Self> {
        let limited = |n: i64| [None, Some(false), Some(true)].get(usize::try_from(n).ok()?).copied();
        let statuses = Status::ALL.len() as i64;
        Some(match code {
            0..ANSWERED => {
                let (pair, is_first_answer) = (code / 2, code % 2 == 1);
                let from = pair / statuses;
                let from = if from == statuses { None } else { Some(Status::from_code(from)?) };
                Self::Change { from, to: Status::from_code(pair % statuses)?, is_first_answer }
            }
            ANSWERED..INSTALLED => {
                let class = u8::try_from(code - ANSWERED).ok()?;
                Self::Answered(AnswerTime(class)).known()?
            }
            INSTALLED..REMOVED => Self::Installed { limited: limited(code - INSTALLED)? },
            _ => Self::Removed { limited: limited(code - REMOVED)? },
        })
    }

    fn known(self) -> Option<Self> {
        match self {
            Self::Answered(AnswerTime(class)) if usize::from(class) >= ANSWER_TIMES.len() => None,
            known => Some(known),
        }
    }
}

/// One counter of what happened. `app` is `None` for the whole workspace, `slice` is `None` for all devices.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowCell {
    pub environment: Environment,
    pub app: Option<AppId>,
    pub slice: Option<Slice>,
    pub day: Day,
    pub flow: Flow,
}

/// Counters with their numbers.
pub type FlowCells = BTreeMap<FlowCell, i64>;

/// Counts a change: in all, in its app, and in both by each dimension as the device was then; its first answer by how long
/// it took too, in all and in its app.
pub fn count_transition(cells: &mut FlowCells, transition: &Transition) {
    let (Some(day), device) = (transition.day, &transition.device) else { return };
    let is_first_answer = transition.answered_after.is_some();
    let flow = Flow::Change { from: transition.from, to: transition.to, is_first_answer };
    for app in [None, Some(device.app)] {
        let slices = count::slices(device, app).into_iter().map(Some);
        for slice in [None].into_iter().chain(slices) {
            count::add(cells, FlowCell { environment: device.environment, app, slice, day, flow }, 1);
        }
    }
    if let Some(ms) = transition.answered_after {
        add_in_all_and_app(cells, device, day, Flow::Answered(AnswerTime::of(ms)), 1);
    }
}

/// Counts what a device's first batch was, if it counts: in all and in its app.
pub fn count_install(cells: &mut FlowCells, device: &Device) {
    if let Some(install) = device.install {
        add_in_all_and_app(cells, device, install.day, Flow::Installed { limited: install.limited }, 1);
    }
}

/// Counts that a device was removed, on the day on which it was installed.
pub fn count_removal(cells: &mut FlowCells, device: &Device) {
    if let Some(install) = device.install {
        add_in_all_and_app(cells, device, install.day, Flow::Removed { limited: install.limited }, 1);
    }
}

fn add_in_all_and_app(cells: &mut FlowCells, device: &Device, day: Day, flow: Flow, n: i64) {
    for app in [None, Some(device.app)] {
        count::add(cells, FlowCell { environment: device.environment, app, slice: None, day, flow }, n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back() {
        let from = Status::ALL.into_iter().map(Some).chain([None]);
        let changes = from.flat_map(|from| {
            let to = move |to| [false, true].map(|is_first_answer| Flow::Change { from, to, is_first_answer });
            Status::ALL.into_iter().flat_map(to)
        });
        let answered = (0..ANSWER_TIMES.len()).map(|class| Flow::Answered(AnswerTime(class as u8)));
        let told = [None, Some(false), Some(true)];
        let devices = told.into_iter().flat_map(|limited| [Flow::Installed { limited }, Flow::Removed { limited }]);
        let all: Vec<Flow> = changes.chain(answered).chain(devices).collect();
        let codes: std::collections::BTreeSet<i64> = all.iter().map(|flow| flow.code()).collect();
        assert_eq!(codes.len(), all.len());
        assert!(all.into_iter().all(|flow| Flow::from_code(flow.code()) == Some(flow)));
        assert_eq!([40, 126, 203, 213, -1].map(Flow::from_code), [None; 5]);
    }

    #[test]
    fn an_answer_falls_into_the_class_that_it_took() {
        let bounds = |ms| AnswerTime::of(ms).bounds();
        assert_eq!(bounds(0), (0, Some(SECOND)));
        assert_eq!(bounds(3 * MINUTE), (2 * MINUTE, Some(4 * MINUTE)));
        assert_eq!(bounds(2 * MINUTE), (2 * MINUTE, Some(4 * MINUTE)));
        assert_eq!(bounds(4000 * DAY), (256 * DAY, None));
        assert!(ANSWER_TIMES.is_sorted());
    }
}
