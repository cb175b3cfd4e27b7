//! Production and development are kept apart everywhere: a development device is another device.

use super::closed_list::closed_list;

closed_list! {
    /// Which of the two worlds a batch, a device, a profile or a count belongs to.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Environment {
        #[default]
        Production => "production",
        Development => "development",
    }
}

impl Environment {
    /// The number kept in the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// Reads the number kept in the store.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.code() == code)
    }
}
