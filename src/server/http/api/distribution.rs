//! The distribution, for scripts: the same counters as the Overview's.

use super::counts::{Basis, StatusCounts, app, basis, environment, slice};
use super::question::{Asked, only, parsed};
use super::refused::Refused;
use crate::domain::att::Status;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::permission::{Grant, Permission};
use crate::domain::platform::Platform;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::http::caller::Script;
use crate::server::state::AppState;
use crate::server::store::{CounterSelection, WorkspaceRef};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// How units are distributed over the statuses, in one consistent read.
#[derive(Serialize, ToSchema)]
pub struct Distribution {
    unit: Unit,
    basis: Basis,
    environment: Environment,
    #[serde(flatten)]
    figures: StatusCounts,
    /// The workspace's default.
    #[schema(required)]
    default: Option<Status>,
    /// The version of the settings in force.
    version: i64,
    /// Unix milliseconds.
    #[schema(value_type = i64)]
    as_of_ms: Millis,
    /// There, and true, when the token's role sees rounded figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rounded: Option<bool>,
}

/// What is counted, and of which app and value.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described; read by hand, so that faults name theirs")]
pub(super) struct Selection {
    /// Explicit unless set.
    #[param(inline)]
    basis: Option<Basis>,
    /// Production unless set.
    #[param(inline)]
    environment: Option<Environment>,
    /// An app's id or bundle id.
    #[param(min_length = 1)]
    app: Option<String>,
    /// One platform; of these four dimensions only one may be given.
    #[param(inline)]
    platform: Option<Platform>,
    /// Major and minor number, such as `18.1`.
    #[param(min_length = 1)]
    os_version: Option<String>,
    #[param(min_length = 1)]
    app_version: Option<String>,
    /// ISO 3166 alpha-2 in capitals.
    #[param(min_length = 1)]
    country: Option<String>,
}

/// Counts by status, explicit or effective: in total, within one app, and of one value of one dimension.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/distribution",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("unit" = Option<String>, Query, pattern = "^(profiles|devices)$", description = "What is counted: profiles, unless it is set, or devices."),
        Selection,
    ),
    responses((status = 200, description = "The counts.", body = Distribution), Refused)
)]
pub async fn distribution(
    script: Script,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: Asked,
) -> Result<Json<Distribution>> {
    let mut view = state.store.view(&script.0, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
    only(&query, &["unit", "basis", "environment", "app", "platform", "os_version", "app_version", "country"])?;
    let unit = parsed(&query, "unit", Unit::parse_of_now)?.unwrap_or(Unit::Profiles);
    let (environment, basis, slice) = (environment(&query)?, basis(&query)?, slice(&query)?);
    let app = app(&query, &mut view).await?;
    let counts = view.counts_of(CounterSelection { environment, unit, app, slice: slice.as_ref() }).await?;
    let settings = view.settings().await?;
    let rounded = view.grant == Grant::Rounded;
    Ok(Json(Distribution {
        unit,
        basis,
        environment,
        figures: StatusCounts::of(basis.of(counts, settings.default), rounded),
        default: settings.default,
        version: settings.version,
        as_of_ms: view.now,
        rounded: rounded.then_some(true),
    }))
}
