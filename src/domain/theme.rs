//! Light or dark, as a person chose it.

use super::closed_list::closed_list;

closed_list! {
    /// The look of the pages for one person.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Theme {
        /// As the browser's system has it.
        #[default]
        System => "system",
        Light => "light",
        Dark => "dark",
    }
}
