//! What folding a batch brought about, beside the changed population.

use crate::domain::att::Status;
use crate::domain::data_problem::DataProblem;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, DeviceId, InputId};
use crate::domain::time::Millis;

/// A device's status changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub device: DeviceId,
    /// Its number among the device's transitions, from 1: neither ids nor clocks need to run forwards.
    pub seq: i64,
    pub environment: Environment,
    pub app: AppId,
    pub from: Option<Status>,
    pub to: Status,
    pub since: Millis,
    pub as_of: Millis,
    pub received: Millis,
    pub input: InputId,
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
