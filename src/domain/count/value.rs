//! The values of dimensions, as devices are counted by them.

use super::dimension::{Dimension, UNKNOWN};
use crate::domain::device::Device;
use crate::domain::platform::{OsVersion, Platform};
use std::borrow::Cow;

/// What is known of a device that it is counted by, as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description<'a> {
    pub platform: Platform,
    pub os_version: Option<&'a str>,
    pub app_version: Option<&'a str>,
    pub country: Option<&'a str>,
}

impl<'a> Description<'a> {
    pub fn of(device: &'a Device) -> Self {
        Self {
            platform: device.platform,
            os_version: device.os_version.as_deref(),
            app_version: device.app_version.as_deref(),
            country: device.country.as_deref(),
        }
    }

    /// Its value of each open dimension: those whose values senders choose freely.
    pub fn open_values(self) -> [(Dimension, Cow<'a, str>); 3] {
        [
            (Dimension::OsVersion, self.os_version()),
            (Dimension::AppVersion, self.app_version().into()),
            (Dimension::Country, self.country().into()),
        ]
    }

    /// Major and minor number; of other platforms than iOS behind the platform's name, so that Android 15 is not iOS 15.
    pub fn os_version(self) -> Cow<'a, str> {
        let text = self.os_version.unwrap_or(UNKNOWN);
        let Some(OsVersion { major, minor }) = OsVersion::parse(text) else { return UNKNOWN.into() };
        if self.platform != Platform::Ios {
            return format!("{} {major}.{minor}", self.platform.as_str()).into();
        }
        // Most texts are just these two numbers, and need not be written again.
        let digits = |number: u32| number.checked_ilog10().unwrap_or_default() as usize + 1;
        let is_short = text.find('.') == Some(digits(major)) && text.len() == digits(major) + 1 + digits(minor);
        if is_short { text.into() } else { format!("{major}.{minor}").into() }
    }

    pub fn app_version(self) -> &'a str {
        self.app_version.unwrap_or(UNKNOWN)
    }

    pub fn country(self) -> &'a str {
        self.country.unwrap_or(UNKNOWN)
    }
}
