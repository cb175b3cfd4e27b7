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
