//! What is counted, and what it is grouped by.

use crate::domain::closed_list::closed_list;
use crate::domain::error::{Fault, Problem};
use crate::domain::json::LONGEST_KEPT;
use crate::domain::platform::Platform;

closed_list! {
    /// What is counted.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Unit {
        Profiles => "profiles",
        Devices => "devices",
        /// Devices by the first batch that they sent on a day, as their status was then: a figure of days only.
        ActiveDevices => "active_devices",
    }
}

impl Unit {
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

closed_list! {
    /// What units are grouped by.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Dimension {
        Platform => "platform",
        /// Major and minor number.
        OsVersion => "os_version",
        AppVersion => "app_version",
        /// ISO 3166 alpha-2 in capitals.
        Country => "country",
        /// Whether an Apple device has an IDFA, and how its OS version stands to ATT: for asking what a policy would do.
        Idfa => "idfa",
    }
}

impl Dimension {
    /// Those of which one value can be asked for.
    pub const ASKED: [Self; 4] = [Self::Platform, Self::OsVersion, Self::AppVersion, Self::Country];

    /// What is kept of now only, and not of each day.
    pub fn is_of_now(self) -> bool {
        self == Self::Idfa
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

impl Slice {
    /// The one value of one dimension that is asked for, of all that are. A value that no unit has is no fault: its counts are
    /// zero.
    ///
    /// # Errors
    /// [`Problem::NotOneOf`] at a platform that there is not, [`Problem::TooLong`] at a value that is longer than
    /// any that is kept, [`Problem::OneDimension`] at a second dimension.
    pub fn asked<'a>(values: impl IntoIterator<Item = (Dimension, &'a str)>) -> Result<Option<Self>, Fault> {
        let mut found = None;
        for (dimension, value) in values {
            if found.is_some() {
                return Err(Fault::new(dimension.as_str(), Problem::OneDimension));
            }
            if dimension == Dimension::Platform && Platform::parse(value).is_none() {
                return Err(Fault::new(dimension.as_str(), Problem::NotOneOf));
            }
            if value.chars().count() > LONGEST_KEPT {
                return Err(Fault::new(dimension.as_str(), Problem::TooLong));
            }
            found = Some(Self { dimension, value: value.to_owned() });
        }
        Ok(found)
    }
}

impl From<Platform> for Slice {
    fn from(platform: Platform) -> Self {
        Self { dimension: Dimension::Platform, value: platform.as_str().to_owned() }
    }
}
