//! A workspace's privacy settings, version by version.

use super::att::{Policy, Status};
use super::time::Millis;
use serde::Serialize;

/// The settings in force. Version 1 is written with the workspace: no default, `withhold`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub version: i64,
    /// The status of Apple devices that never reported one; `None` means nothing is assumed.
    pub default: Option<Status>,
    pub policy: Policy,
    pub changed_at: Millis,
    /// Who changed it, as named then.
    pub changed_by: String,
    /// Empty only for version 1.
    pub reason: String,
}

/// Settings and since when they were in force, without who set them and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    pub version: i64,
    pub default: Option<Status>,
    pub policy: Policy,
    pub changed_at: Millis,
}

/// The version that was in force just before a moment, of all since then and that before, the newest first. By their numbers,
/// for clocks are set back; and one that was stamped while a clock was ahead has been in force since it was made, which was
/// before the next one and before now.
pub fn in_force_before(newest_first: &[InForce], moment: Millis, now: Millis) -> Option<&InForce> {
    let mut next = now;
    newest_first.iter().find(|version| {
        // Of what was made just now the moment counts as it is.
        next = version.changed_at.min(next);
        next < moment
    })
}

/// The settings as their audit rows hold them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrivacySnapshot {
    pub default_att_status: Option<Status>,
    pub idfa_policy: Policy,
    pub version: i64,
}

impl From<&Settings> for PrivacySnapshot {
    fn from(settings: &Settings) -> Self {
        let Settings { version, default, policy, .. } = *settings;
        Self { default_att_status: default, idfa_policy: policy, version }
    }
}
