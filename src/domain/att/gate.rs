//! The IDFA gate: what a status does to the advertising id.

use super::{Origin, Status, effective};
use crate::domain::closed_list::closed_list;
use crate::domain::platform::{OsVersion, Platform};

closed_list! {
    /// The workspace's `idfa_policy`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Policy {
        /// Removes an IDFA before it is stored or forwarded unless the status permits it.
        #[default]
        Withhold => "withhold",
        /// As `withhold`, and refuses batches that would leave the question open.
        RequireStatus => "require_status",
        /// Keeps every IDFA and only counts what contradicts the status.
        Observe => "observe",
    }
}

/// What happens to the IDFA of a batch or a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is none: no field, an empty one, or the zero UUID.
    Absent,
    Kept,
    Removed,
    /// The whole batch is refused.
    Refused,
}

/// Decides about an IDFA, as a batch arrives and again at every read. `present` is false for the zero IDFA.
pub fn gate(
    policy: Policy,
    platform: Platform,
    explicit: Option<Status>,
    default: Option<Status>,
    os_version: Option<&str>,
    present: bool,
) -> Verdict {
    if !present {
        return Verdict::Absent;
    }
    let effective = effective(platform, explicit, default);
    match (policy, effective.status, effective.origin) {
        (Policy::Observe, _, _) | (_, Some(Status::Authorized), _) => Verdict::Kept,
        (Policy::RequireStatus, None, Origin::None) => Verdict::Refused,
        (Policy::Withhold, None, Origin::None) if !OsVersion::is_enforced(os_version) => Verdict::Kept,
        _ => Verdict::Removed,
    }
}

/// What the gate goes by, beside a device: the settings of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub policy: Policy,
    pub default: Option<Status>,
}

/// Whether some IDFA that the gate keeps on the terms before has been withheld on all terms since: then what is stored of
/// it will be erased.
pub fn has_withheld_more(before: Terms, all_since: &[Terms]) -> bool {
    let keeps = |terms: &Terms, (platform, explicit, os): (Platform, Option<Status>, &str)| {
        gate(terms.policy, platform, explicit, terms.default, Some(os), true) == Verdict::Kept
    };
    let explicit = Status::ALL.into_iter().map(Some).chain([None]);
    // Below iOS 14.5 the gate is another one, and elsewhere yet another.
    let apple = explicit.flat_map(|explicit| ["14.4", "14.5"].map(|os| (Platform::Ios, explicit, os)));
    let mut kinds = apple.chain([(Platform::Android, None, "15")]);
    kinds.any(|kind| keeps(&before, kind) && !all_since.iter().any(|terms| keeps(terms, kind)))
}
