//! The flags that older partners read in place of a status.
//! Source: Adjust's placeholders `tracking_enabled` and `tracking_limited`.

use super::Status;
use crate::domain::platform::OsVersion;

/// Both empty when nothing is known: never a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags {
    pub tracking_enabled: Option<bool>,
    /// The exact inverse; also the LAT count.
    pub tracking_limited: Option<bool>,
}

/// Derives the flags. `idfa`: `None` without the field, else whether it is a real one (not the zero IDFA).
pub fn legacy_flags(
    status: Option<Status>,
    os_version: Option<&str>,
    limit_ad_tracking: Option<bool>,
    idfa: Option<bool>,
) -> Flags {
    // From 14.0 to 14.4 Apple did not yet enforce the prompt; the vendor's table for it is not public, this is ours.
    let lenient = os_version
        .and_then(OsVersion::parse)
        .is_some_and(|version| (OsVersion::INTRODUCED..OsVersion::ENFORCED).contains(&version));
    let enabled = match status {
        Some(Status::Authorized) => Some(true),
        Some(Status::NotDetermined) => Some(lenient),
        Some(_) => Some(false),
        None => limit_ad_tracking.map(|limited| !limited).or(idfa),
    };
    Flags { tracking_enabled: enabled, tracking_limited: enabled.map(|enabled| !enabled) }
}
