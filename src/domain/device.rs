//! Devices: one installation of one app each.

use super::att::{CountedState, Policy, Reported, Status, Verdict, gate};
use super::decides::DecidedProfiles;
use super::environment::Environment;
use super::id::{AppId, DeviceId, InputId, ProfileId};
use super::joins::{Joins, MOST_USERS};
use super::platform::Platform;
use super::time::{DAY, Day, Millis};

/// A device without an identifier leaves the counts after this silence.
pub const SILENT: i64 = 30 * DAY;

/// Which of a device's values are counted in the overflow bucket, as bits that only counting reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverflowValues(pub i64);

/// For which moment each thing that describes a device was last said; `None` until it is. A report that is older changes
/// nothing of it, so that a description does not depend on the order in which reports come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DescribedAt {
    pub platform: Option<Millis>,
    pub os_version: Option<Millis>,
    pub app_version: Option<Millis>,
    pub country: Option<Millis>,
}

/// How a device was counted as installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Install {
    /// The day of the workspace on which its first batch came.
    pub day: Day,
    /// Whether that said that ad tracking is limited, if it said so or not.
    pub limited: Option<bool>,
}

/// A device as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    pub environment: Environment,
    pub app: AppId,
    pub platform: Platform,
    pub reported: Option<Reported>,
    /// The input that the reported status came from.
    pub source: Option<InputId>,
    /// How often its status changed; and so the number of its last transition.
    pub transitions: i64,
    /// Whether its user has ever answered.
    pub answered: bool,
    /// `None` for one that old news brought, or that was not known to be Apple's.
    pub install: Option<Install>,
    pub os_version: Option<String>,
    pub app_version: Option<String>,
    pub country: Option<String>,
    pub described_at: DescribedAt,
    /// By the time of the first report that came.
    pub first_seen: Millis,
    /// By the latest time of its reports.
    pub last_seen: Millis,
    /// What `last_seen` was before a report that counts from so much later that the clock may have leapt in between. Should
    /// our clock turn out to have been ahead since, what was known before that was noted by then.
    pub seen_before: Option<Millis>,
    /// For when a refusal was noted ahead of a clock that came after, as long as it is in force: time gets there, or it was
    /// the other clock that was wrong, and then that was right.
    pub ahead_as_of: Option<Millis>,
    /// When its last batch came, whatever its time.
    pub last_received: Millis,
    /// Since when no identifier leads to it.
    pub unidentified_since: Option<Millis>,
    /// Whether it has left the counts: without an identifier and silent for `SILENT`.
    pub retired: bool,
    /// The last day of the workspace on which it counted as active.
    pub active_on: Option<Day>,
    pub overflow: OverflowValues,
    /// The profile of its own, which nobody names.
    pub anonymous_user: Option<ProfileId>,
    /// How many identified profiles use it.
    pub users: i64,
    /// How often an identified profile began to use it.
    pub joins: Joins,
    pub decides: DecidedProfiles,
}

impl Device {
    /// How many of its users are counted: its anonymous one only as long as nobody else uses it.
    pub fn counted_users(&self) -> i64 {
        self.users.max(self.anonymous_user.is_some().into())
    }

    /// Whether no further profile may use it.
    pub fn is_full(&self, day: Day) -> bool {
        self.joins.are_full(day) || self.users >= MOST_USERS
    }

    /// What it is counted as.
    pub fn state(&self) -> CountedState {
        CountedState::of(self.platform, self.reported.map(|reported| reported.status))
    }

    /// Whether the gate lets it have an IDFA.
    pub fn may_keep_idfa(&self, policy: Policy, default: Option<Status>) -> bool {
        let explicit = self.reported.map(|reported| reported.status);
        gate(policy, self.platform, explicit, default, self.os_version.as_deref(), true) == Verdict::Kept
    }
}
