//! Data problems in a period, for scripts.

use super::counts::CountsRead;
use super::period::{AskedDays, DaysFilter, HappenedFilter, asked_days};
use super::query::ApiQuery;
use super::refused::Refused;
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::permission::Permission;
use crate::domain::retention::Aging;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use crate::server::store::data_problem::MOST_PLACES_TOLD;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// What batches said against themselves or the rules in a period, in one consistent read. For rounded roles counts are rounded,
/// days of fewer than 10 are left out, and so are all places: some kinds are changes of a status, and many batches may be of one
/// device.
#[derive(Serialize, ToSchema)]
pub struct DataProblems {
    environment: Environment,
    /// Where the days begin: a name of the IANA database.
    time_zone: String,
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The last day.
    #[schema(format = Date)]
    to: String,
    /// How often each kind came on each day on which it did.
    days: Vec<ProblemsOfDay>,
    /// How often each kind came from each version of each app: of each kind the 1,000 most frequent.
    places: Vec<ProblemsOfPlace>,
    #[serde(flatten)]
    read: CountsRead,
}

/// One kind on one day.
#[derive(Serialize, ToSchema)]
pub struct ProblemsOfDay {
    problem: DataProblem,
    #[schema(format = Date)]
    day: String,
    #[schema(required)]
    count: Option<i64>,
}

/// One kind from one version of one app.
#[derive(Serialize, ToSchema)]
pub struct ProblemsOfPlace {
    problem: DataProblem,
    /// The app's id.
    app: String,
    /// Empty where no version was told, `(other)` for those that are not kept apart.
    app_version: String,
    count: i64,
}

/// Returns how often batches had each data problem in a period, by day, and by app and version.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/data-problems",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        DaysFilter,
        HappenedFilter,
    ),
    responses((status = 200, description = "The data problems.", body = DataProblems), Refused)
)]
pub async fn data_problems(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: ApiQuery,
) -> Result<Json<DataProblems>> {
    let mut view = state.store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
    let keep_days = state.config.retention.keep_daily_days;
    let AskedDays { environment, app, period, .. } =
        asked_days(&query, &mut view, Aging::DataProblems, keep_days).await?;
    let days = view.data_problems_by_day(environment, app, period).await?;
    let places = view.data_problem_places(environment, app, period, (None, MOST_PLACES_TOLD)).await?;
    let precision = view.precision;
    Ok(Json(DataProblems {
        environment,
        time_zone: view.workspace.time_zone.clone(),
        from: calendar::date(period.first),
        to: calendar::date(period.last),
        days: days
            .into_iter()
            .filter(|(_, _, count)| *count >= precision.step())
            .map(|(problem, day, count)| ProblemsOfDay {
                problem,
                day: calendar::date(day),
                count: precision.shown(count).figure(),
            })
            .collect(),
        places: places
            .into_iter()
            .map(|place| ProblemsOfPlace {
                problem: place.kind,
                app: place.app_id.to_string(),
                app_version: place.app_version,
                count: place.n,
            })
            .collect(),
        read: CountsRead::of(&view),
    }))
}
