//! What units are grouped by.

use super::dimension::Dimension;
use crate::domain::closed_list::closed_list;

closed_list! {
    /// What units are grouped by.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum BreakdownBy {
        App => "app",
        Platform => "platform",
        OsVersion => "os_version",
        AppVersion => "app_version",
        Country => "country",
    }
}

impl BreakdownBy {
    /// `None` for apps, which are no dimension within themselves.
    pub fn dimension(self) -> Option<Dimension> {
        match self {
            Self::App => None,
            Self::Platform => Some(Dimension::Platform),
            Self::OsVersion => Some(Dimension::OsVersion),
            Self::AppVersion => Some(Dimension::AppVersion),
            Self::Country => Some(Dimension::Country),
        }
    }
}
