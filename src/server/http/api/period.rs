//! The days that a question about several of them is for.

use super::counts::{app, environment};
use super::query::{ApiQuery, asked, bad, only};
use crate::domain::environment::Environment;
use crate::domain::error::Problem;
use crate::domain::id::AppId;
use crate::domain::metric::Period;
use crate::domain::retention::Aging;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::services::kept_days::{KeptDays, kept_days};
use crate::server::store::View;
use utoipa::IntoParams;

/// How many days are returned unless others are asked for, today included.
const USUAL_DAYS: i64 = 90;
/// The days that are asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described; read by hand, so that faults name theirs")]
pub struct DaysFilter {
    /// The first day; 89 days before the last one unless set. How far back days go is a setting of the installation.
    #[param(format = Date)]
    from: Option<String>,
    /// The last day; today unless set. At most 1,100 days can be asked for.
    #[param(format = Date)]
    to: Option<String>,
}

/// Of what something is counted on these days: in one environment, in all or in one app.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described; read by hand, so that faults name theirs")]
pub struct HappenedFilter {
    /// Production unless set.
    #[param(inline)]
    environment: Option<Environment>,
    /// An app's id or bundle id.
    #[param(min_length = 1)]
    app: Option<String>,
}

/// What is asked of some days in which something happened.
pub struct AskedDays {
    pub environment: Environment,
    pub app: Option<AppId>,
    pub period: Period,
    /// The days of which there is anything.
    pub kept: KeptDays,
}

/// Reads it; nothing else may be asked for.
pub async fn asked_days(query: &ApiQuery, view: &mut View, what: Aging, keep_days: u32) -> Result<AskedDays> {
    only(query, &["from", "to", "environment", "app"])?;
    let environment = environment(query)?;
    let kept = kept_days(view, what, keep_days).await?;
    let period = period_of(query, kept)?;
    Ok(AskedDays { environment, app: app(query, view).await?, period, kept })
}

/// The first and the last day that are asked for, of those that are kept.
pub async fn period(query: &ApiQuery, view: &mut View, what: Aging, keep_days: u32) -> Result<Period> {
    period_of(query, kept_days(view, what, keep_days).await?)
}

fn period_of(query: &ApiQuery, kept: KeptDays) -> Result<Period> {
    let last = day(query, "to")?.unwrap_or(kept.today);
    let usual = last.plus(1 - USUAL_DAYS).max(kept.first);
    let first = day(query, "from")?.unwrap_or(usual);
    if last > kept.today {
        return Err(bad("to", Problem::DayOutOfRange));
    }
    if first > last {
        return Err(bad("from", Problem::AfterLastDay));
    }
    let period = Period { first, last };
    if kept.may_begin(period) { Ok(period) } else { Err(bad("from", Problem::DayOutOfRange)) }
}

/// The day that is asked for, if any, of those that are kept.
pub async fn one_day(query: &ApiQuery, view: &mut View, keep_days: u32) -> Result<Option<Day>> {
    let Some(asked) = day(query, "day")? else { return Ok(None) };
    let kept = kept_days(view, Aging::Days, keep_days).await?;
    let is_kept = asked <= kept.today && kept.may_begin(Period { first: asked, last: asked });
    if is_kept { Ok(Some(asked)) } else { Err(bad("day", Problem::DayOutOfRange)) }
}

/// A day that is asked for.
fn day(query: &ApiQuery, name: &'static str) -> Result<Option<Day>> {
    let read = |text| calendar::parse(text).ok_or_else(|| bad(name, Problem::NotADay));
    asked(query, name)?.map(read).transpose()
}
