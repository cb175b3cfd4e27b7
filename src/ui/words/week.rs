//! The summary of a week in words.

use crate::domain::metric::Meaning;
use crate::domain::privacy::InForce;

/// What the summary of these days is called.
pub fn week(days: &str) -> String {
    format!("Week {days}")
}

/// By how much a rate grew in a week, and whether that may be chance; `None` where it cannot be told.
pub fn grew_in_week(grew: Option<(f64, Meaning)>) -> Option<String> {
    let (grew, meaning) = grew?;
    Some(format!("{} against the week before{}", super::points(grew), super::chance(meaning)))
}

/// What was changed from one version of the settings to the next; `None` where that is neither the default nor the policy.
pub fn settings_change(before: &InForce, after: &InForce) -> Option<String> {
    let default = (before.default != after.default)
        .then(|| format!("Default: {} → {}", super::default(before.default), super::default(after.default)));
    let policy = (before.policy != after.policy)
        .then(|| format!("IDFA policy: {} → {}", super::policy(before.policy), super::policy(after.policy)));
    let parts: Vec<String> = [default, policy].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
