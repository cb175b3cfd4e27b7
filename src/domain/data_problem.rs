//! Data problems worth showing (what a batch says against itself or the rules): a fixed list of checks over what arrives.

/// Those of so many days are shown, today included.
pub const SHOWN_DAYS: i64 = 30;

/// What a stored batch says against itself, against what its device said before, or against Apple's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataProblem {
    /// `authorized`, with a zero or missing IDFA.
    AuthorizedWithoutIdfa,
    /// A real IDFA where the status does not permit one, on an OS version that enforces it; under `observe` also where
    /// only the default does not.
    IdfaUnpermitted,
    /// A status from an OS version that knows none.
    StatusBeforeAtt,
    /// A status for a platform that has none; not stored.
    StatusElsewhere,
    /// The status and `limit_ad_tracking` disagree.
    FlagDisagrees,
    /// `not_determined` after an answer, from the same installation (IDFV).
    AnswerForgotten,
    BadTimestamp,
    SecondsTimestamp,
    FutureTimestamp,
    /// News that came too late to count.
    Stale,
}

impl DataProblem {
    pub const ALL: [Self; 10] = [
        Self::AuthorizedWithoutIdfa,
        Self::IdfaUnpermitted,
        Self::StatusBeforeAtt,
        Self::StatusElsewhere,
        Self::FlagDisagrees,
        Self::AnswerForgotten,
        Self::BadTimestamp,
        Self::SecondsTimestamp,
        Self::FutureTimestamp,
        Self::Stale,
    ];

    /// The name under which it is counted.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizedWithoutIdfa => "authorized_without_idfa",
            Self::IdfaUnpermitted => "idfa_not_permitted",
            Self::StatusBeforeAtt => "status_before_ios_14",
            Self::StatusElsewhere => "status_on_other_platform",
            Self::FlagDisagrees => "limit_ad_tracking_disagrees",
            Self::AnswerForgotten => "not_determined_after_answer",
            Self::BadTimestamp => "bad_timestamp",
            Self::SecondsTimestamp => "seconds_timestamp",
            Self::FutureTimestamp => "future_timestamp",
            Self::Stale => "stale",
        }
    }

    /// Reads the name under which it is counted.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|data_problem| data_problem.as_str() == text)
    }
}
