//! Resets which values of a dimension are counted separately.

use super::refused::Refused;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::services::dimension_value;
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// What was reset.
#[derive(Serialize, ToSchema)]
pub struct DimensionValuesReset {
    /// How many values were counted separately until now.
    freed: u64,
}

/// Resets which OS versions, app versions and countries are counted separately. Each dimension counts 1,000 values
/// separately in the workspace and in each app, and the rest as `other`. After a reset those are counted separately that
/// devices report first; until a device reports again, it is counted as `other`.
#[utoipa::path(
    delete,
    path = "/api/v1/workspaces/{workspace}/dimension-values",
    tag = "Admin API",
    security(("token" = [])),
    params(("workspace" = String, Path, description = "The workspace's slug.")),
    responses((status = 200, description = "How many values were counted separately.", body = DimensionValuesReset), Refused)
)]
pub async fn reset_dimension_values(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
) -> Result<Json<DimensionValuesReset>> {
    Ok(Json(DimensionValuesReset {
        freed: dimension_value::reset_dimension_values(&state.store, &actor, WorkspaceRef::parse(&slug)?).await?,
    }))
}
