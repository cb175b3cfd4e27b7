//! A device's values of the open dimensions: those whose values senders choose freely.

use super::dimension::{Dimension, UNKNOWN};
use crate::domain::device::Device;
use crate::domain::platform::{OsVersion, Platform};
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

/// Major and minor number; of other platforms than iOS behind the platform's name, so that Android 15 is not iOS 15.
pub(super) fn os_version(device: &Device) -> Cow<'_, str> {
    let text = device.os_version.as_deref().unwrap_or(UNKNOWN);
    let Some(OsVersion { major, minor }) = OsVersion::parse(text) else { return UNKNOWN.into() };
    if device.platform != Platform::Ios {
        return format!("{} {major}.{minor}", device.platform.as_str()).into();
    }
    // Most texts are just these two numbers, and need not be written again.
    let digits = |number: u32| number.checked_ilog10().unwrap_or_default() as usize + 1;
    let is_short = text.find('.') == Some(digits(major)) && text.len() == digits(major) + 1 + digits(minor);
    if is_short { text.into() } else { format!("{major}.{minor}").into() }
}
