//! Data problems worth showing (what a batch says against itself or the rules): a fixed list of checks.

use super::closed_list::closed_list;

/// How many days of them are shown, today included.
pub const SHOWN_DAYS: i64 = 30;

closed_list! {
    /// What a stored batch says against itself, against what its device said before, or against Apple's rules.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum DataProblem {
        /// `authorized`, with a zero or missing IDFA.
        AuthorizedWithoutIdfa => "authorized_without_idfa",
        /// A real IDFA where the status does not permit one, on an OS version that enforces it; under `observe` also
        /// where only the default does not.
        IdfaUnpermitted => "idfa_not_permitted",
        /// A status from an OS version that knows none.
        StatusBeforeAtt => "status_before_ios_14",
        /// A status for a platform that has none; not stored.
        StatusElsewhere => "status_on_other_platform",
        /// The status and `limit_ad_tracking` disagree.
        FlagDisagrees => "limit_ad_tracking_disagrees",
        /// `not_determined` after an answer, from the same installation (IDFV).
        AnswerForgotten => "not_determined_after_answer",
        BadTimestamp => "bad_timestamp",
        SecondsTimestamp => "seconds_timestamp",
        FutureTimestamp => "future_timestamp",
        /// News that came too late to count.
        Stale => "stale",
        /// An id that is a word for having none; it is absent.
        PlaceholderId => "placeholder_id",
        /// An id that joined too many devices or profiles, or a device or profile that has too many: it was not joined
        /// to anything further.
        SharedId => "shared_id",
        /// An identity of the user that repeats an advertising id which the status does not permit; it is dropped.
        IdfaAsIdentity => "idfa_as_identity",
    }
}
