//! The default and the policy, for scripts: by the same permissions and with the same audit rows as the page.

use super::query::{field, object, only_fields};
use super::refused::{Errors, Refused};
use crate::domain::att::{Policy, Status};
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::json;
use crate::domain::permission::Permission;
use crate::domain::privacy::Settings;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::http::unread::whole;
use crate::server::services::privacy::{NewSettings, change_settings};
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// The largest body of a change, in bytes.
const LARGEST: usize = 64 * 1024;

/// The privacy settings in force.
#[derive(Serialize, ToSchema)]
pub struct AttDefault {
    /// The status of Apple devices that never reported one; null: nothing is assumed.
    #[schema(required)]
    status: Option<Status>,
    idfa_policy: Policy,
    /// Counts the changes of this workspace's settings, from 1.
    version: i64,
    /// Unix milliseconds.
    #[schema(value_type = i64)]
    changed_at_ms: Millis,
    /// Who changed it, as named then.
    changed_by: String,
    /// Empty only for version 1.
    reason: String,
}

impl From<Settings> for AttDefault {
    fn from(settings: Settings) -> Self {
        Self {
            status: settings.default,
            idfa_policy: settings.policy,
            version: settings.version,
            changed_at_ms: settings.changed_at,
            changed_by: settings.changed_by,
            reason: settings.reason,
        }
    }
}

/// A change of the settings.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read field by field, so that all faults are reported at once")]
pub struct AttDefaultChange {
    /// Null: nothing is assumed from now on.
    #[schema(required)]
    status: Option<Status>,
    /// Unchanged when absent.
    #[schema(nullable = false)]
    idfa_policy: Option<Policy>,
    /// Why; it is recorded in the audit log.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
    /// The version that was read: a change since then is not overwritten.
    version: i64,
}

/// Returns the privacy settings in force.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/att-default",
    tag = "Admin API",
    security(("token" = [])),
    params(("workspace" = String, Path, description = "The workspace's slug.")),
    responses((status = 200, description = "The settings in force.", body = AttDefault), Refused)
)]
pub async fn att_default(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
) -> Result<Json<AttDefault>> {
    let mut view = state.store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeePrivacySettings).await?;
    Ok(Json(view.settings().await?.into()))
}

/// A change as it was sent; `None` for a field that is absent.
struct ChangeBody {
    /// The inner `None` is an explicit null: no default.
    status: Option<Option<Status>>,
    policy: Option<Policy>,
    reason: Option<String>,
    version: Option<i64>,
}

/// Changes the privacy settings. The version is compared first; equal values make no new version.
#[utoipa::path(
    put,
    path = "/api/v1/workspaces/{workspace}/att-default",
    tag = "Admin API",
    security(("token" = [])),
    params(("workspace" = String, Path, description = "The workspace's slug.")),
    request_body = AttDefaultChange,
    responses(
        (status = 200, description = "The settings in force now.", body = AttDefault),
        Refused,
        (status = 409, description = "The version sent is not the current one.", body = Errors),
        (status = 408, description = "The body did not come whole within 30 seconds.", body = Errors),
        (status = 413, description = "More than 64 KB.", body = Errors),
        (status = 422, description = "A reason is missing or too long, `status` is absent, or it was changed 100 times within a day.", body = Errors),
    )
)]
pub async fn set_att_default(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<Json<AttDefault>> {
    let workspace = WorkspaceRef::parse(&slug)?;
    // Without the permission, not even the faults of the body are reported.
    let present =
        state.store.view(&actor, workspace.clone(), Permission::ChangePrivacySettings).await?.settings().await?;
    let body = whole(request.into_body(), LARGEST).await?;
    let change = read_change(&body)?;
    if change.version.is_some_and(|version| version != present.version) {
        return Err(Refusal::Conflict.into());
    }
    let given = [
        ("status", change.status.is_some()),
        ("reason", change.reason.is_some()),
        ("version", change.version.is_some()),
    ];
    let missing =
        given.into_iter().filter(|(_, given)| !given).map(|(name, _)| Fault::new(name, Problem::Missing)).collect();
    let (Some(status), Some(reason), Some(version)) = (change.status, change.reason, change.version) else {
        return Err(Refusal::Invalid(missing).into());
    };
    let default = (status != present.default || change.policy.is_none()).then_some(status);
    let wanted = NewSettings { default, policy: change.policy, reason, version, typed_name: None };
    let settings = change_settings(&state.store, &actor, workspace, wanted).await?;
    Ok(Json(settings.into()))
}

fn read_change(body: &Bytes) -> Result<ChangeBody> {
    let object = object(body)?;
    let mut faults = Vec::new();
    only_fields(&object, &["status", "idfa_policy", "reason", "version"], &mut faults);
    let mut field = |name: &'static str| field(&object, name, &mut faults);
    let (status, policy, reason, version) = (field("status"), field("idfa_policy"), field("reason"), field("version"));
    let mut read = |name, problem: Problem| faults.push(Fault::new(name, problem));
    let text = |raw: &RawValue| json::kept_text(raw).ok().map(|text| text.into_owned());
    let status = match status {
        Some(raw) => match text(raw).and_then(|text| Status::parse(&text)) {
            Some(status) => Some(Some(status)),
            None => {
                read("status", Problem::NotAStatus);
                None
            }
        },
        None if object.has("status") => Some(None),
        None => None,
    };
    let policy = policy.and_then(|raw| {
        let policy = text(raw).and_then(|text| Policy::parse(&text));
        policy.or_else(|| {
            read("idfa_policy", Problem::NotOneOf);
            None
        })
    });
    let reason = reason.and_then(|raw| match json::text(raw) {
        Ok(reason) => Some(reason.into_owned()),
        Err(problem) => {
            read("reason", problem);
            None
        }
    });
    let version = version.and_then(|raw| match json::integer(raw) {
        Ok(version) => Some(version),
        Err(problem) => {
            read("version", problem);
            None
        }
    });
    if faults.is_empty() {
        Ok(ChangeBody { status, policy, reason, version })
    } else {
        Err(Refusal::BadRequest(faults).into())
    }
}
