//! What is counted, and what it is taken apart by.

use crate::domain::platform::Platform;
use serde::Serialize;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Profiles,
    Devices,
    /// Devices by the first batch that they sent on a day, as their status was then: a figure of days only.
    ActiveDevices,
}

impl Unit {
    pub const ALL: [Self; 3] = [Self::Profiles, Self::Devices, Self::ActiveDevices];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Profiles => "profiles",
            Self::Devices => "devices",
            Self::ActiveDevices => "active_devices",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text)
    }

    /// Reads the name of one of which there is a number now.
    pub fn parse_of_now(text: &str) -> Option<Self> {
        Self::parse(text).filter(|unit| unit.of_now())
    }

    /// Those of which there is a number now, and not only of a day.
    pub fn of_now(self) -> bool {
        self != Self::ActiveDevices
    }

    /// The number kept in the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// Reads the number kept in the store.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.code() == code)
    }
}

/// What units are taken apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Platform,
    /// Major and minor number.
    OsVersion,
    AppVersion,
    /// ISO 3166 alpha-2 in capitals.
    Country,
    /// Whether an Apple device has an IDFA, and how its OS version stands to ATT: for asking what a policy would do.
    Idfa,
}

impl Dimension {
    pub const ALL: [Self; 5] = [Self::Platform, Self::OsVersion, Self::AppVersion, Self::Country, Self::Idfa];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::OsVersion => "os_version",
            Self::AppVersion => "app_version",
            Self::Country => "country",
            Self::Idfa => "idfa",
        }
    }

    /// What is kept of now only, and not of each day.
    pub fn is_of_now(self) -> bool {
        self == Self::Idfa
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == text)
    }
}

/// The value of units that have none.
pub const UNKNOWN: &str = "";
/// The overflow bucket: the value under which those are counted that have no counter of their own. A sender's value of
/// this very name is one of them.
pub const OVERFLOW: &str = "(other)";

/// The units with one value of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slice {
    pub dimension: Dimension,
    pub value: String,
}

impl From<Platform> for Slice {
    fn from(platform: Platform) -> Self {
        Self { dimension: Dimension::Platform, value: platform.as_str().to_owned() }
    }
}
