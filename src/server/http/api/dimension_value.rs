//! Which values are counted by themselves, begun anew.

use super::refused::Refused;
use crate::server::error::Result;
use crate::server::http::caller::Script;
use crate::server::services::dimension_value;
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// What was begun anew.
#[derive(Serialize, ToSchema)]
pub struct DimensionValuesReset {
    /// How many values had a place of their own.
    freed: u64,
}

/// Frees the places of all values of OS versions, app versions and countries, of which each dimension has 1,000 in the
/// workspace and in each app. Values take them as devices report them again; until then their devices are in `other`.
#[utoipa::path(
    delete,
    path = "/api/v1/workspaces/{workspace}/dimension-values",
    tag = "Admin API",
    security(("token" = [])),
    params(("workspace" = String, Path, description = "The workspace's slug.")),
    responses((status = 200, description = "How many places were freed.", body = DimensionValuesReset), Refused)
)]
pub async fn reset_dimension_values(
    script: Script,
    State(state): State<AppState>,
    Path(slug): Path<String>,
) -> Result<Json<DimensionValuesReset>> {
    Ok(Json(DimensionValuesReset {
        freed: dimension_value::reset_dimension_values(&state.store, &script.0, WorkspaceRef::parse(&slug)?).await?,
    }))
}
