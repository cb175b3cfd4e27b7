//! Production and development are kept apart everywhere: a development device is another device.

use serde::{Deserialize, Serialize};

/// Which of the two worlds a batch, a device, a profile or a count belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    #[default]
    Production,
    Development,
}

impl Environment {
    pub const ALL: [Self; 2] = [Self::Production, Self::Development];

    /// The name on the wire and in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Development => "development",
        }
    }

    /// Reads the name on the wire; case-sensitive, as it is documented.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.as_str() == text)
    }

    /// The number kept in the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// Reads the number kept in the store.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.code() == code)
    }
}
