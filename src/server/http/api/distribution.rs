//! The distribution, for scripts: the same counts as the Overview's.

use super::counts::{CountFilter, CountsRead, StatusCounts, app, basis, environment, slice};
use super::query::{ApiQuery, only, parsed};
use super::refused::Refused;
use crate::domain::att::Status;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::metric::{Basis, Figures};
use crate::domain::permission::Permission;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::services::dimension_value::assert_has_counter;
use crate::server::state::AppState;
use crate::server::store::{CounterSelection, WorkspaceRef};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// How units are distributed over the statuses, in one consistent read.
#[derive(Serialize, ToSchema)]
pub struct Distribution {
    unit: Unit,
    basis: Basis,
    environment: Environment,
    #[serde(flatten)]
    status_counts: StatusCounts,
    /// The workspace's default.
    #[schema(required)]
    default: Option<Status>,
    /// The version of the settings in force.
    version: i64,
    #[serde(flatten)]
    read: CountsRead,
}

/// Returns the counts by status, explicit or effective: in total, within one app, or of one value of one dimension.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/distribution",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("unit" = Option<String>, Query, pattern = "^(profiles|devices)$", description = "What is counted: profiles, unless it is set, or devices."),
        CountFilter,
    ),
    responses((status = 200, description = "The counts.", body = Distribution), Refused)
)]
pub async fn distribution(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: ApiQuery,
) -> Result<Json<Distribution>> {
    let mut view = state.store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
    only(&query, &["unit", "basis", "environment", "app", "platform", "os_version", "app_version", "country"])?;
    let unit = parsed(&query, "unit", Unit::parse_of_now)?.unwrap_or(Unit::Profiles);
    let (environment, basis, slice) = (environment(&query)?, basis(&query)?, slice(&query)?);
    let app = app(&query, &mut view).await?;
    let selection = CounterSelection { environment, unit, app, slice: slice.as_ref() };
    assert_has_counter(&mut view, selection).await?;
    let counts = view.counts_of(selection).await?;
    let settings = view.settings().await?;
    let read = CountsRead::of(&view);
    Ok(Json(Distribution {
        unit,
        basis,
        environment,
        status_counts: (&Figures::new([(counts, settings.default)], basis, view.precision)).into(),
        default: settings.default,
        version: settings.version,
        read,
    }))
}
