//! The days that a question about several of them is for.

use super::query::{ApiQuery, bad, parsed};
use crate::domain::error::Problem;
use crate::domain::retention::Aging;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::View;

/// How many days are returned unless others are asked for, today included.
const USUAL_DAYS: i64 = 90;
/// How many days can be asked for at once.
const MOST_DAYS: i64 = 1100;

/// The first and the last day that are asked for, of those that are kept. Of earlier ones nothing is returned rather than
/// something that looks exact, also where a setting keeps longer now than it did.
pub async fn period(query: &ApiQuery, view: &mut View, what: Aging, keep_days: u32) -> Result<(Day, Day)> {
    let today = calendar::day(view.now, &view.workspace.time_zone);
    let last = parsed(query, "to", calendar::parse)?.unwrap_or(today);
    let kept = today.plus(1 - i64::from(keep_days));
    let kept = view.kept_from(what).await?.map_or(kept, |first| kept.max(first));
    let usual = last.plus(1 - USUAL_DAYS).max(kept);
    let first = parsed(query, "from", calendar::parse)?.unwrap_or(usual);
    if last > today {
        return Err(bad("to", Problem::OutOfRange));
    }
    if first > last || last.since(first) >= MOST_DAYS || first < kept {
        return Err(bad("from", Problem::OutOfRange));
    }
    Ok((first, last))
}
