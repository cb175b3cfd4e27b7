//! The trend, for scripts.

use super::counts::{Basis, StatusCounts, app, basis, environment, slice};
use super::distribution::Selection;
use super::question::{Asked, bad, only, parsed};
use super::refused::Refused;
use crate::domain::att::Status;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::error::Problem;
use crate::domain::permission::{Grant, Permission};
use crate::domain::time::Millis;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::caller::Script;
use crate::server::services::trend::{Question, Step, trend as read};
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// How many days are told unless they are chosen, today included.
const USUAL_DAYS: i64 = 90;
/// How many days can be asked for at once.
const MOST_DAYS: i64 = 1100;

/// How units were distributed over time, in one consistent read.
#[derive(Serialize, ToSchema)]
pub struct Trend {
    unit: Unit,
    basis: Basis,
    environment: Environment,
    step: Step,
    /// Where the days begin: a name of the IANA database.
    time_zone: String,
    points: Vec<TrendPoint>,
    /// Unix milliseconds.
    #[schema(value_type = i64)]
    as_of_ms: Millis,
    /// There, and true, when the token's role sees rounded figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rounded: Option<bool>,
}

/// The counts at the end of a period's last day; of active devices the sum of its days.
#[derive(Serialize, ToSchema)]
pub struct TrendPoint {
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The last day.
    #[schema(format = Date)]
    to: String,
    #[serde(flatten)]
    figures: StatusCounts,
    /// The default in force at the end of the last day.
    #[schema(required)]
    default: Option<Status>,
}

/// Counts by status at the end of each day, week or month.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/trend",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("unit" = inline(Option<Unit>), Query, description = "What is counted; profiles unless set."),
        ("from" = Option<String>, Query, format = Date, description = "The first day; 89 days before the last one unless set. Days are kept as long as the settings of retention say."),
        ("to" = Option<String>, Query, format = Date, description = "The last day; today unless set. At most 1,100 days can be asked for."),
        ("step" = inline(Option<Step>), Query, description = "Day unless set; weeks begin with Monday."),
        Selection,
    ),
    responses((status = 200, description = "The counts.", body = Trend), Refused)
)]
pub async fn trend(
    script: Script,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: Asked,
) -> Result<Json<Trend>> {
    let mut view = state.store.view(&script.0, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
    only(
        &query,
        &[
            "unit",
            "basis",
            "from",
            "to",
            "step",
            "environment",
            "app",
            "platform",
            "os_version",
            "app_version",
            "country",
        ],
    )?;
    let unit = parsed(&query, "unit", Unit::parse)?.unwrap_or(Unit::Profiles);
    let (environment, basis, slice) = (environment(&query)?, basis(&query)?, slice(&query)?);
    let step = parsed(&query, "step", Step::parse)?.unwrap_or_default();
    let today = calendar::day(view.now, &view.workspace.time_zone);
    let last = parsed(&query, "to", calendar::parse)?.unwrap_or(today);
    // Before that the days are not told apart any more.
    let kept = today.plus(1 - i64::from(state.config.retention.keep_daily_days));
    let usual = last.plus(1 - USUAL_DAYS).max(kept);
    let first = parsed(&query, "from", calendar::parse)?.unwrap_or(usual);
    if last > today {
        return Err(bad("to", Problem::OutOfRange));
    }
    if first > last || last.since(first) >= MOST_DAYS || first < kept {
        return Err(bad("from", Problem::OutOfRange));
    }
    let app = app(&query, &mut view).await?;
    let points = read(&mut view, &Question { environment, unit, app, slice, first, last, step }).await?;
    let rounded = view.grant == Grant::Rounded;
    Ok(Json(Trend {
        unit,
        basis,
        environment,
        step,
        time_zone: view.workspace.time_zone.clone(),
        points: points
            .into_iter()
            .map(|point| TrendPoint {
                from: calendar::date(point.first),
                to: calendar::date(point.last),
                figures: StatusCounts::of(basis.of(point.counts, point.default), rounded),
                default: point.default,
            })
            .collect(),
        as_of_ms: view.now,
        rounded: rounded.then_some(true),
    }))
}
