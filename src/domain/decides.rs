//! What is kept of which device decides.

/// What a device decides of a profile that uses it. Which one decides in all is one of those that decide in their app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decides {
    #[default]
    Nothing,
    InApp,
    InAll,
}

impl Decides {
    const ALL: [Self; 3] = [Self::Nothing, Self::InApp, Self::InAll];

    /// The number kept in the store.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// Reads the number kept in the store.
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|decides| decides.code() == code)
    }
}

/// Of how many profiles a device decides the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecidedProfiles {
    pub in_app: i64,
    pub in_all: i64,
}

impl DecidedProfiles {
    /// Counts a profile of which the device decides so much.
    pub fn add(&mut self, decides: Decides) {
        self.in_app += i64::from(decides >= Decides::InApp);
        self.in_all += i64::from(decides == Decides::InAll);
    }

    /// The other way round.
    pub fn remove(&mut self, decides: Decides) {
        self.in_app -= i64::from(decides >= Decides::InApp);
        self.in_all -= i64::from(decides == Decides::InAll);
    }
}
