//! What counts as a unit's status.

use crate::domain::closed_list::closed_list;

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
