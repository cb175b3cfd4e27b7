//! What counts as a unit's status.

use crate::domain::att::Status;
use crate::domain::closed_list::closed_list;
use crate::domain::count::Counts;

closed_list! {
    /// What was reported, or what applies with the default.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Basis {
        /// Only what was reported.
        #[default]
        Explicit => "explicit",
        /// The workspace's default where nothing was reported.
        Effective => "effective",
    }
}

impl Basis {
    /// The counts on this basis, where `default` is the default in force.
    pub fn of(self, counts: Counts, default: Option<Status>) -> Counts {
        match self {
            Self::Explicit => counts,
            Self::Effective => counts.effective(default),
        }
    }
}
