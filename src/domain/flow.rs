//! What happens on a day: changes of status, first answers and how long they took, installs. Unlike what units count as, it
//! is added up as it happens, and taken back only with a device that is removed: what is not counted on the day can never be
//! told later.

use super::att::Status;
use super::count::{self, Facet, Slice};
use super::device::Device;
use super::environment::Environment;
use super::fold::Transition;
use super::id::AppId;
use super::time::{DAY, Day, HOUR, MINUTE, SECOND};
use std::collections::BTreeMap;
use std::ops::Range;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flow {
    /// A device's status changed; `None` is unknown.
    Transition { from: Option<Status>, to: Status, is_first_answer: bool },
    /// A device's user answered for the first time, so long after the device was first seen.
    Answered(AnswerTime),
    /// An Apple device sent its first batch; with whether its ad tracking was limited (LAT), as far as that was told.
    Installed { limited: Option<bool> },
    /// The device of an install was removed for its age, and is found by no count any more: on the day of the install.
    InstallForgotten { limited: Option<bool> },
    /// The user of a device that was installed on this day answered for the first time, on whatever day that was.
    InstallAnswered { to: Status },
}

/// How long an answer took: a class of the fixed, log-spaced histogram, by where it begins, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnswerTime(i64);

/// Where the classes of the histogram begin, in milliseconds; each ends where the next begins, and the last has no end. They
/// are stored by these, so that none may be taken away; one put in between would halve what another one counts from then on.
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
        Self(ANSWER_TIMES.into_iter().rfind(|begins| *begins <= ms).unwrap_or_default())
    }

    /// Where it begins, and where it ends if it does, in milliseconds.
    pub fn bounds(self) -> (i64, Option<i64>) {
        (self.0, ANSWER_TIMES.into_iter().find(|begins| *begins > self.0))
    }
}

/// The number of the status of a device that never reported one.
const UNKNOWN: i64 = 4;
/// How many statuses a code of a transition has room for.
const STATUSES: i64 = 8;
const INSTALLED: i64 = 1000;
const FORGOTTEN: i64 = 1010;
const INSTALL_ANSWERED: i64 = 1020;
/// Those of answers: with the seconds at which their class begins.
const ANSWERED: i64 = 1_000_000_000;

impl Flow {
    /// All numbers kept in the store.
    pub const ALL: Range<i64> = 0..i64::MAX;
    /// Those of first answers by the day of the install.
    pub const INSTALL_ANSWERS: Range<i64> = INSTALL_ANSWERED..ANSWERED;

    /// The number kept in the store; what is written under one is never counted under another.
    pub fn code(self) -> i64 {
        let limited = |limited: Option<bool>| limited.map_or(0, |limited| 1 + i64::from(limited));
        match self {
            Self::Transition { from, to, is_first_answer } => {
                let from = from.map_or(UNKNOWN, Status::code);
                (from * STATUSES + to.code()) * 2 + i64::from(is_first_answer)
            }
            Self::Installed { limited: told } => INSTALLED + limited(told),
            Self::InstallForgotten { limited: told } => FORGOTTEN + limited(told),
            Self::InstallAnswered { to } => INSTALL_ANSWERED + to.code(),
            Self::Answered(AnswerTime(begins)) => ANSWERED + begins / SECOND,
        }
    }

    /// Reads the number kept in the store; `None` for what newer code counted.
    pub fn from_code(code: i64) -> Option<Self> {
        let limited = |n: i64| [None, Some(false), Some(true)].get(usize::try_from(n).ok()?).copied();
        Some(match code {
            0..INSTALLED => {
                let (pair, is_first_answer) = (code / 2, code % 2 == 1);
                let from = Some(pair / STATUSES).filter(|from| *from != UNKNOWN);
                let from = from.map(|from| Status::from_code(from).ok_or(())).transpose().ok()?;
                Self::Transition { from, to: Status::from_code(pair % STATUSES)?, is_first_answer }
            }
            INSTALLED..FORGOTTEN => Self::Installed { limited: limited(code - INSTALLED)? },
            FORGOTTEN..INSTALL_ANSWERED => Self::InstallForgotten { limited: limited(code - FORGOTTEN)? },
            INSTALL_ANSWERED..ANSWERED => Self::InstallAnswered { to: Status::from_code(code - INSTALL_ANSWERED)? },
            _ => {
                let begins = (code - ANSWERED).checked_mul(SECOND)?;
                Self::Answered(AnswerTime(ANSWER_TIMES.into_iter().find(|known| *known == begins)?))
            }
        })
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

/// Counts changes: each in all, in its app, and in both by each dimension as the device was then; its first answer by how long
/// it took too, and on the day of its install, in all and in its app.
pub fn count_transitions<'a>(cells: &mut FlowCells, transitions: impl IntoIterator<Item = &'a Transition>) {
    // Those that are alike in all are counted first: of many changes few are not.
    let mut alike: BTreeMap<(Facet<'a>, Day, Flow), i64> = BTreeMap::new();
    for transition in transitions {
        let (Some(day), device) = (transition.day, &transition.device) else { continue };
        let is_first_answer = transition.answered_after.is_some();
        let flow = Flow::Transition { from: transition.from, to: transition.to, is_first_answer };
        for facet in count::of_changed_device(device) {
            count::add(&mut alike, (facet, day, flow), 1);
        }
        if let Some(ms) = transition.answered_after {
            add_in_all_and_app(cells, device, day, Flow::Answered(AnswerTime::of(ms)), 1);
            if let Some(installed_on) = transition.installed_on {
                add_in_all_and_app(cells, device, installed_on, Flow::InstallAnswered { to: transition.to }, 1);
            }
        }
    }
    for ((facet, day, flow), n) in alike {
        let Facet { environment, app, .. } = facet;
        for slice in facet.all_and_slices() {
            count::add(cells, FlowCell { environment, app, slice, day, flow }, n);
        }
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
        add_in_all_and_app(cells, device, install.day, Flow::InstallForgotten { limited: install.limited }, 1);
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
            let to = move |to| [false, true].map(|is_first_answer| Flow::Transition { from, to, is_first_answer });
            Status::ALL.into_iter().flat_map(to)
        });
        let answered = ANSWER_TIMES.into_iter().map(|begins| Flow::Answered(AnswerTime(begins)));
        let told = [None, Some(false), Some(true)];
        let installs =
            told.into_iter().flat_map(|limited| [Flow::Installed { limited }, Flow::InstallForgotten { limited }]);
        let of_installs = Status::ALL.into_iter().map(|to| Flow::InstallAnswered { to });
        let all: Vec<Flow> = changes.chain(answered).chain(installs).chain(of_installs).collect();
        let codes: std::collections::BTreeSet<i64> = all.iter().map(|flow| flow.code()).collect();
        assert_eq!(codes.len(), all.len());
        assert!(all.into_iter().all(|flow| Flow::from_code(flow.code()) == Some(flow)));
        assert_eq!([-1, 80, 14, 1003, 1013, 1024, ANSWERED + 3].map(Flow::from_code), [None; 7]);
    }

    /// What is stored already keeps its meaning.
    #[test]
    fn codes_stay_as_they_are() {
        let first = Flow::Transition { from: None, to: Status::Authorized, is_first_answer: true };
        let answered = Flow::Answered(AnswerTime::of(3 * MINUTE));
        let installed = Flow::Installed { limited: Some(true) };
        let of_install = Flow::InstallAnswered { to: Status::Authorized };
        let codes = [first, answered, installed, Flow::InstallForgotten { limited: None }, of_install].map(Flow::code);
        assert_eq!(codes, [71, 1_000_000_120, 1002, 1010, 1023]);
        assert_eq!(codes.map(|code| Flow::INSTALL_ANSWERS.contains(&code)), [false, false, false, false, true]);
        assert!(codes.iter().all(|code| Flow::ALL.contains(code)));
        let changed = Flow::Transition { from: Some(Status::Authorized), to: Status::Denied, is_first_answer: false };
        assert_eq!(changed.code(), 52);
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
