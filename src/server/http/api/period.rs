//! The days that a question about several of them is for.

use super::query::{ApiQuery, asked, bad};
use crate::domain::error::Problem;
use crate::domain::retention::Aging;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::services::kept_days::{KeptDays, kept_days};
use crate::server::store::View;

/// How many days are returned unless others are asked for, today included.
const USUAL_DAYS: i64 = 90;
/// How many days can be asked for at once.
pub const MOST_DAYS: i64 = 1100;

/// The first and the last day that are asked for, of those that are kept.
pub async fn period(query: &ApiQuery, view: &mut View, what: Aging, keep_days: u32) -> Result<(Day, Day)> {
    let KeptDays { first: kept, today } = kept_days(view, what, keep_days).await?;
    let last = day(query, "to")?.unwrap_or(today);
    let usual = last.plus(1 - USUAL_DAYS).max(kept);
    let first = day(query, "from")?.unwrap_or(usual);
    if last > today {
        return Err(bad("to", Problem::DayOutOfRange));
    }
    if first > last || last.since(first) >= MOST_DAYS || first < kept {
        return Err(bad("from", Problem::DayOutOfRange));
    }
    Ok((first, last))
}

/// A day that is asked for.
fn day(query: &ApiQuery, name: &'static str) -> Result<Option<Day>> {
    let read = |text| calendar::parse(text).ok_or_else(|| bad(name, Problem::NotADay));
    asked(query, name)?.map(read).transpose()
}
