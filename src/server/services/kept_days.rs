//! From which day on there are figures of days.

use crate::domain::metric::Period;
use crate::domain::retention::Aging;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::View;

/// Today, and the first day of which everything is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptDays {
    pub first: Day,
    pub today: Day,
}

/// How many days can be asked for at once.
pub const MOST_DAYS: i64 = 1100;

impl KeptDays {
    /// Whether a period that ends where it may begins where it may.
    pub fn may_begin(self, Period { first, last }: Period) -> bool {
        (self.first..=last).contains(&first) && last.since(first) < MOST_DAYS
    }
}

/// Reads it, where a setting keeps so many days. Of earlier ones nothing is returned rather than something that looks exact,
/// also where the setting keeps longer now than it did.
pub async fn kept_days(view: &mut View, what: Aging, keep_days: impl Into<i64>) -> Result<KeptDays> {
    let today = calendar::day(view.now, &view.workspace.time_zone);
    let kept = today.plus(1 - keep_days.into());
    let first = view.kept_from(what).await?.map_or(kept, |first| kept.max(first));
    Ok(KeptDays { first, today })
}
