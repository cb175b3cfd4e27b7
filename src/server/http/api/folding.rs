//! Which values are counted by themselves, begun anew.

use super::question::place;
use super::refused::Refused;
use crate::server::error::Result;
use crate::server::http::caller::Script;
use crate::server::state::State;
use crate::server::work::folding;
use axum::Json;
use axum::extract::{Path, State as Shared};
use serde::Serialize;
use utoipa::ToSchema;

/// What was begun anew.
#[derive(Serialize, ToSchema)]
pub struct FoldingReset {
    /// How many values had a place of their own.
    freed: u64,
}

/// Frees the places of all values of OS versions, app versions and countries, of which each dimension has 1,000 in the
/// workspace and in each app. Values take them as devices report them again; until then their devices are in `other`.
#[utoipa::path(
    delete,
    path = "/api/v1/workspaces/{workspace}/folding",
    tag = "Admin API",
    security(("token" = [])),
    params(("workspace" = String, Path, description = "The workspace's slug.")),
    responses((status = 200, description = "How many places were freed.", body = FoldingReset), Refused)
)]
pub async fn reset_folding(
    script: Script,
    Shared(state): Shared<State>,
    Path(slug): Path<String>,
) -> Result<Json<FoldingReset>> {
    Ok(Json(FoldingReset { freed: folding::reset_folding(&state.store, &script.0, place(&slug)?).await? }))
}
