//! A device's values of the open dimensions: those whose values senders choose freely.

use super::dimension::{Dimension, UNKNOWN};
use crate::domain::device::Device;
use crate::domain::platform::OsVersion;
use std::borrow::Cow;

/// Its value of each open dimension.
pub(super) fn open_values(device: &Device) -> [(Dimension, Cow<'_, str>); 3] {
    [
        (Dimension::OsVersion, os_version(device)),
        (Dimension::AppVersion, app_version(device).into()),
        (Dimension::Country, country(device).into()),
    ]
}

pub(super) fn app_version(device: &Device) -> &str {
    device.app_version.as_deref().unwrap_or(UNKNOWN)
}

pub(super) fn country(device: &Device) -> &str {
    device.country.as_deref().unwrap_or(UNKNOWN)
}

/// Major and minor number.
pub(super) fn os_version(device: &Device) -> Cow<'_, str> {
    let text = device.os_version.as_deref().unwrap_or(UNKNOWN);
    match OsVersion::parse(text).map(|OsVersion { major, minor }| format!("{major}.{minor}")) {
        Some(short) if short == text => text.into(),
        Some(short) => short.into(),
        None => UNKNOWN.into(),
    }
}
