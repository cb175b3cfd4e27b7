//! The distribution within each value of a dimension, for scripts.

use super::counts::{CountsRead, StatusCounts, app, basis, environment};
use super::period::one_day;
use super::query::{ApiQuery, bad, only, parsed};
use super::refused::Refused;
use crate::domain::count::{BreakdownBy, Unit};
use crate::domain::environment::Environment;
use crate::domain::error::Problem;
use crate::domain::metric::{Basis, Figures, Period};
use crate::domain::permission::Permission;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::services::breakdown::{BreakdownPart, breakdown as read, default_at_end};
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// The counts of each value, the biggest first.
#[derive(Serialize, ToSchema)]
pub struct Breakdown {
    by: BreakdownBy,
    unit: Unit,
    basis: Basis,
    environment: Environment,
    /// For rounded roles, values of fewer than 10 units are left out.
    rows: Vec<BreakdownRow>,
    /// All values together that have no row of their own: beyond the thousand that were seen first, or not seen for 180
    /// days. Present only when there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    other: Option<StatusCounts>,
    #[serde(flatten)]
    read: CountsRead,
}

/// The counts of one value.
#[derive(Serialize, ToSchema)]
pub struct BreakdownRow {
    /// The value, or an app's id; null for units that have none.
    #[schema(required)]
    value: Option<String>,
    /// An app's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// An app's bundle id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bundle: Option<String>,
    #[serde(flatten)]
    status_counts: StatusCounts,
}

/// Returns the counts by status of each app, platform, OS version, app version or country.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/breakdown",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("by" = inline(BreakdownBy), Query, description = "What the units are grouped by."),
        ("unit" = Option<String>, Query, pattern = "^(profiles|devices)$", description = "What is counted: profiles, unless it is set, or devices."),
        ("basis" = inline(Option<Basis>), Query, description = "Explicit unless set."),
        ("environment" = inline(Option<Environment>), Query, description = "Production unless set."),
        ("app" = Option<String>, Query, min_length = 1, description = "An app's id or bundle id; not together with `by=app`."),
        ("day" = Option<String>, Query, format = Date, description = "The day at whose end units are counted, with the default then in force; now unless set. How far back days go is a setting of the installation."),
    ),
    responses((status = 200, description = "The counts.", body = Breakdown), Refused)
)]
pub async fn breakdown(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: ApiQuery,
) -> Result<Json<Breakdown>> {
    let mut view = state.store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
    only(&query, &["by", "unit", "basis", "environment", "app", "day"])?;
    let by = parsed(&query, "by", BreakdownBy::parse)?.ok_or_else(|| bad("by", Problem::Missing))?;
    let unit = parsed(&query, "unit", Unit::parse_of_now)?.unwrap_or(Unit::Profiles);
    let (environment, basis) = (environment(&query)?, basis(&query)?);
    let app = app(&query, &mut view).await?;
    if by == BreakdownBy::App && app.is_some() {
        return Err(bad("app", Problem::UnknownParameter));
    }
    let day = one_day(&query, &mut view, state.config.retention.keep_daily_days).await?;
    let default = match day {
        Some(day) => default_at_end(&mut view, day).await?,
        None => view.settings().await?.default,
    };
    let counts_read = CountsRead::of(&view);
    let precision = view.precision;
    let status_counts = |counts| StatusCounts::from(&Figures::new([(counts, default)], basis, precision));
    let parts = read(&mut view, by, environment, unit, app, day.map(|day| Period { first: day, last: day })).await?;
    let row = |part: BreakdownPart| BreakdownRow {
        value: part.value,
        name: part.app.as_ref().map(|app| app.name.clone()),
        bundle: part.app.and_then(|app| app.bundle),
        status_counts: status_counts(part.counts),
    };
    Ok(Json(Breakdown {
        by,
        unit,
        basis,
        environment,
        rows: parts.parts.into_iter().map(row).collect(),
        other: parts.other.map(|(counts, _)| status_counts(counts)),
        read: counts_read,
    }))
}
