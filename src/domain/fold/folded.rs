//! What folding a batch brought about, beside the changed population.

use crate::domain::att::Status;
use crate::domain::data_problem::DataProblem;
use crate::domain::device::Device;
use crate::domain::id::{DeviceId, InputId};
use crate::domain::time::{Day, Millis};

/// A device's status changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The device as it was right after. Its number of transitions is the number of this one among them, from 1: neither
    /// ids nor clocks need to run forwards.
    pub device: Device,
    pub from: Option<Status>,
    pub to: Status,
    pub since: Millis,
    pub as_of: Millis,
    pub received: Millis,
    pub input: InputId,
    /// The day of the workspace on which it is counted; `None` for old news, which are of no day.
    pub day: Option<Day>,
    /// Whether it is the user's first answer: how long that took since the device was first seen, in milliseconds.
    pub answered_after: Option<i64>,
    /// The day of the device's install, where that is known.
    pub installed_on: Option<Day>,
}

/// What a batch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// The device that it was about.
    pub device: Option<DeviceId>,
    /// Whether it is the first one of that device, of which nothing was stored before.
    pub made_device: bool,
    /// The version of the app that the batch came from, or that was known of the device; else empty.
    pub app_version: String,
    pub transition: Option<Transition>,
    /// The device, where this made it.
    pub installed: Option<Device>,
    pub data_problems: Vec<DataProblem>,
    /// Whether its device may have no IDFA any more, which is erased wherever it was stored.
    pub erases_idfa: bool,
    /// Whether it brought an IDFA that may be kept.
    pub keeps_idfa: bool,
    /// The device as it was after its first batch of the day, unless it has had one.
    pub active: Option<Device>,
    /// It has an id of neither a device nor a person, so that nothing was kept.
    pub without_ids: bool,
}

impl Folded {
    /// Notes a problem once, however often the batch has it.
    pub(super) fn note(&mut self, problem: DataProblem) {
        if !self.data_problems.contains(&problem) {
            self.data_problems.push(problem);
        }
    }
}
