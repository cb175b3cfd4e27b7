//! The distribution within each value of a dimension, for scripts.

use super::counts::{Basis, StatusCounts, app, basis, environment};
use super::question::{Asked, bad, only, parsed};
use super::refused::Refused;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::error::Problem;
use crate::domain::permission::{Grant, Permission};
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::http::caller::Script;
use crate::server::services::breakdown::{By, Part, breakdown as read};
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// The counts of each value, the biggest first.
#[derive(Serialize, ToSchema)]
pub struct Breakdown {
    by: By,
    unit: Unit,
    basis: Basis,
    environment: Environment,
    rows: Vec<Row>,
    /// All values together that have no row of their own: beyond the thousand that were seen first, or not seen for 180
    /// days. There only when there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    other: Option<StatusCounts>,
    /// Unix milliseconds.
    #[schema(value_type = i64)]
    as_of_ms: Millis,
    /// There, and true, when the token's role sees rounded figures; then fewer than 10 have no row.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rounded: Option<bool>,
}

/// The counts of one value.
#[derive(Serialize, ToSchema)]
pub struct Row {
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
    figures: StatusCounts,
}

/// Counts by status within each app, platform, OS version, app version or country.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/breakdown",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("by" = inline(By), Query, description = "What the units are taken apart by."),
        ("unit" = Option<String>, Query, pattern = "^(profiles|devices)$", description = "What is counted: profiles, unless it is set, or devices."),
        ("basis" = inline(Option<Basis>), Query, description = "Explicit unless set."),
        ("environment" = inline(Option<Environment>), Query, description = "Production unless set."),
        ("app" = Option<String>, Query, min_length = 1, description = "An app's id or bundle id, unless it is by app."),
    ),
    responses((status = 200, description = "The counts.", body = Breakdown), Refused)
)]
pub async fn breakdown(
    script: Script,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: Asked,
) -> Result<Json<Breakdown>> {
    let mut view = state.store.view(&script.0, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
    only(&query, &["by", "unit", "basis", "environment", "app"])?;
    let by = parsed(&query, "by", By::parse)?.ok_or_else(|| bad("by", Problem::Missing))?;
    let unit = parsed(&query, "unit", Unit::parse_of_now)?.unwrap_or(Unit::Profiles);
    let (environment, basis) = (environment(&query)?, basis(&query)?);
    let app = app(&query, &mut view).await?;
    if by == By::App && app.is_some() {
        return Err(bad("app", Problem::UnknownParameter));
    }
    let default = view.settings().await?.default;
    let rounded = view.grant == Grant::Rounded;
    let parts = read(&mut view, by, environment, unit, app).await?;
    // Which values there are would tell rounded roles of single units.
    let told = |part: &Part| !rounded || part.counts.all() >= 10;
    let row = |part: Part| Row {
        value: part.value,
        name: part.app.as_ref().map(|app| app.name.clone()),
        bundle: part.app.and_then(|app| app.bundle),
        figures: StatusCounts::of(basis.of(part.counts, default), rounded),
    };
    Ok(Json(Breakdown {
        by,
        unit,
        basis,
        environment,
        rows: parts.parts.into_iter().filter(told).map(row).collect(),
        other: parts.other.map(|counts| StatusCounts::of(basis.of(counts, default), rounded)),
        as_of_ms: view.now,
        rounded: rounded.then_some(true),
    }))
}
