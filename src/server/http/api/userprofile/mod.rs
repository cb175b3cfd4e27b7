//! The Profile API: single profiles for scripts; every read is recorded.

mod answer;
mod question;

use super::query::{ApiQuery, asked, only};
use super::refused::{Errors, Refused};
use crate::domain::error::Refusal;
use crate::domain::permission::Permission;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::http::unread::whole;
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use crate::server::store::profile::FindBy;
use answer::{ProfileAnswer, answer};
use axum::Json;
use axum::extract::{Path, Request, State};
use question::{
    EnvironmentParam, Fields, FieldsParam, Mpid, ProfileQuestion, WorkspacePath, environment_of, read_question,
};

/// The largest body of a question, in bytes.
const LARGEST: usize = 16 * 1024;

/// Returns the profile with this mpid.
#[utoipa::path(
    get,
    path = "/userprofile/v1/{org}/{account}/{workspace}/{mpid}",
    operation_id = "profile_by_mpid",
    tag = "Profile API",
    security(("token" = [])),
    params(WorkspacePath, ("mpid" = i64, Path, description = "The profile's id."), FieldsParam, EnvironmentParam),
    responses((status = 200, description = "The profile.", body = ProfileAnswer), Refused)
)]
pub async fn get_by_mpid(
    caller: TokenCaller,
    state: State<AppState>,
    workspace: Path<WorkspacePath>,
    mpid: Path<Mpid>,
    query: ApiQuery,
) -> Result<Json<ProfileAnswer>> {
    by_mpid(caller, state, workspace, mpid, query).await
}

/// Returns the profile with this mpid, for clients that can only send POST.
#[utoipa::path(
    post,
    path = "/userprofile/v1/{org}/{account}/{workspace}/{mpid}",
    operation_id = "post_profile_by_mpid",
    tag = "Profile API",
    security(("token" = [])),
    params(WorkspacePath, ("mpid" = i64, Path, description = "The profile's id."), FieldsParam, EnvironmentParam),
    responses((status = 200, description = "The profile.", body = ProfileAnswer), Refused)
)]
pub async fn post_by_mpid(
    caller: TokenCaller,
    state: State<AppState>,
    workspace: Path<WorkspacePath>,
    mpid: Path<Mpid>,
    query: ApiQuery,
) -> Result<Json<ProfileAnswer>> {
    by_mpid(caller, state, workspace, mpid, query).await
}

async fn by_mpid(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(workspace): Path<WorkspacePath>,
    Path(Mpid { mpid }): Path<Mpid>,
    query: ApiQuery,
) -> Result<Json<ProfileAnswer>> {
    only(&query, &["fields", "devices_after", "environment_type"])?;
    let (labelled, fields) = (workspace.labelled()?, Fields::read(&query)?);
    let environment = environment_of(asked(&query, "environment_type")?)?;
    // What is no number is nobody's mpid; the store is asked all the same, so that the permission is checked first.
    let by = FindBy::Mpid(mpid.parse().unwrap_or_default());
    let (found, mut view) = state.store.find_for_token(&actor, labelled, environment, by, String::new()).await?;
    let found = found.filter(|_| mpid.parse::<i64>().is_ok()).ok_or(Refusal::NotFound)?;
    answer(&mut view, environment, found.id, fields).await
}

/// Returns the profile of a user's identity, such as `customer_id`, or of a device's id, such as `ios_idfv`.
#[utoipa::path(
    post,
    path = "/userprofile/v1/resolve/{org}/{account}/{workspace}",
    tag = "Profile API",
    security(("token" = [])),
    params(WorkspacePath, FieldsParam),
    request_body = ProfileQuestion,
    responses(
        (status = 200, description = "The profile.", body = ProfileAnswer),
        Refused,
        (status = 408, description = "The body did not come whole within 30 seconds.", body = Errors),
        (status = 413, description = "More than 16 KB.", body = Errors),
    )
)]
pub async fn resolve(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(workspace): Path<WorkspacePath>,
    query: ApiQuery,
    request: Request,
) -> Result<Json<ProfileAnswer>> {
    only(&query, &["fields", "devices_after"])?;
    let (labelled, fields) = (workspace.labelled()?, Fields::read(&query)?);
    // Without the permission, not even the faults of the body are reported.
    let slug = WorkspaceRef::Slug(labelled.workspace.clone());
    state.store.assert_may(&actor, &slug, Permission::LookUpProfiles).await?;
    let body = whole(request.into_body(), LARGEST).await?;
    let (environment, by, value) = read_question(&body)?;
    let (found, mut view) = state.store.find_for_token(&actor, labelled, environment, by, value).await?;
    answer(&mut view, environment, found.ok_or(Refusal::NotFound)?.id, fields).await
}
