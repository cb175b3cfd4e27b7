//! The trend, for scripts.

use super::counts::{CountFilter, CountsRead, StatusCounts, app, basis, environment, slice};
use super::period::{DaysFilter, period};
use super::query::{ApiQuery, only, parsed};
use super::refused::Refused;
use crate::domain::att::Status;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::metric::{Basis, Period};
use crate::domain::permission::Permission;
use crate::domain::retention::Aging;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::services::dimension_value::assert_has_counter;
use crate::server::services::trend::{Step, TrendQuery, trend as read};
use crate::server::state::AppState;
use crate::server::store::{CounterSelection, WorkspaceRef};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

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
    #[serde(flatten)]
    read: CountsRead,
}

/// The counts at the end of a period's last day; of active devices the sum of its days, which for rounded roles are rounded
/// first.
#[derive(Serialize, ToSchema)]
pub struct TrendPoint {
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The last day.
    #[schema(format = Date)]
    to: String,
    #[serde(flatten)]
    status_counts: StatusCounts,
    /// The default in force at the end of the last day.
    #[schema(required)]
    default: Option<Status>,
}

/// Returns the counts by status at the end of each day, week or month.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/trend",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("unit" = inline(Option<Unit>), Query, description = "What is counted; profiles unless set."),
        DaysFilter,
        ("step" = inline(Option<Step>), Query, description = "Day unless set; weeks begin with Monday."),
        CountFilter,
    ),
    responses((status = 200, description = "The counts.", body = Trend), Refused)
)]
pub async fn trend(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: ApiQuery,
) -> Result<Json<Trend>> {
    let mut view = state.store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
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
    let keep_days = state.config.retention.keep_daily_days;
    let Period { first, last } = period(&query, &mut view, Aging::Days, keep_days).await?;
    let app = app(&query, &mut view).await?;
    assert_has_counter(&mut view, CounterSelection { environment, unit, app, slice: slice.as_ref() }).await?;
    let points = read(&mut view, &TrendQuery { environment, unit, app, slice, first, last, step }).await?;
    let counts_read = CountsRead::of(&view);
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
                status_counts: (&point.figures(basis, view.precision)).into(),
                default: point.default,
            })
            .collect(),
        read: counts_read,
    }))
}
