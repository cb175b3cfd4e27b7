//! Alerts, for scripts.

use super::query::{ApiQuery, field, object, only, only_fields};
use super::refused::{Errors, Refused};
use crate::domain::alert::{AlertKind, AlertState};
use crate::domain::error::{Fault, Refusal};
use crate::domain::json;
use crate::domain::permission::Permission;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::http::unread::whole;
use crate::server::services::alert::set_alerts;
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// More than all thresholds are, in bytes.
const LARGEST: usize = 4 * 1024;

/// The alerts of a workspace, on and off. What they find is rounded, whoever reads it, for everybody in the workspace is told of it.
#[derive(Serialize, ToSchema)]
pub struct Alerts {
    alerts: Vec<AlertAnswer>,
}

/// A rule on the figures of production, over all apps.
#[derive(Serialize, ToSchema)]
#[schema(as = Alert)]
pub struct AlertAnswer {
    /// `unknown_share`: percent of the profiles without a status. `rate_change`: points by which the consent rate moved in 7 days,
    /// beyond chance. `data_problems`: times as many as on a usual day. `silence`: hours without a batch.
    #[schema(value_type = String)]
    kind: AlertKind,
    /// From when on it holds; null while it is off.
    #[schema(required)]
    threshold: Option<i64>,
    /// Since when it holds, in Unix milliseconds; null while it does not.
    #[schema(required, value_type = Option<i64>)]
    since_ms: Option<Millis>,
    /// What was found last, in the threshold's unit; below zero for a rate that fell. Null where there is too little to tell. A change of a
    /// rate that may be chance, and fewer than 20 data problems, are found and do not hold.
    #[schema(required)]
    found: Option<f64>,
}

/// Returns all alerts, with what they found.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/alerts",
    tag = "Admin API",
    security(("token" = [])),
    params(("workspace" = String, Path, description = "The workspace's slug.")),
    responses((status = 200, description = "The alerts.", body = Alerts), Refused)
)]
pub async fn alerts(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: ApiQuery,
) -> Result<Json<Alerts>> {
    let mut view = state.store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
    only(&query, &[])?;
    let rules = view.alert_rules().await?;
    let answer = |kind: AlertKind| {
        let rule = rules.iter().find(|rule| rule.kind == kind);
        let state = rule.map(|rule| match rule.state {
            AlertState::NotLooked => (None, None),
            AlertState::Quiet { found, .. } => (None, found),
            AlertState::Holds { found, since, .. } => (Some(since), Some(found)),
        });
        AlertAnswer {
            kind,
            threshold: rule.map(|rule| rule.threshold),
            since_ms: state.and_then(|(since, _)| since),
            found: state.and_then(|(_, found)| found).map(|tenths| tenths as f64 / 10.0),
        }
    };
    Ok(Json(Alerts { alerts: AlertKind::ALL.map(answer).into() }))
}

/// Thresholds; an alert that is left out stays as it is.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read field by field, so that all faults are reported at once")]
pub struct AlertsChange {
    /// In percent; null turns it off.
    #[schema(minimum = 1, maximum = 99)]
    unknown_share: Option<i64>,
    /// In points; null turns it off.
    #[schema(minimum = 1, maximum = 50)]
    rate_change: Option<i64>,
    /// Times as many as on a usual day; null turns it off.
    #[schema(minimum = 2, maximum = 100)]
    data_problems: Option<i64>,
    /// In hours; null turns it off.
    #[schema(minimum = 1, maximum = 168)]
    silence: Option<i64>,
}

/// Sets alerts.
#[utoipa::path(
    put,
    path = "/api/v1/workspaces/{workspace}/alerts",
    tag = "Admin API",
    security(("token" = [])),
    params(("workspace" = String, Path, description = "The workspace's slug.")),
    request_body = AlertsChange,
    responses(
        (status = 204, description = "They are set."),
        Refused,
        (status = 408, description = "The body did not come whole within 30 seconds.", body = Errors),
        (status = 413, description = "More than 4 KB.", body = Errors),
        (status = 422, description = "A threshold is out of its range.", body = Errors),
    )
)]
pub async fn put_alerts(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<StatusCode> {
    let workspace = WorkspaceRef::parse(&slug)?;
    state.store.assert_may(&actor, &workspace, Permission::ManageInputs).await?;
    let body = whole(request.into_body(), LARGEST).await?;
    set_alerts(&state.store, &actor, workspace, read_alerts(&body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn read_alerts(body: &Bytes) -> Result<BTreeMap<AlertKind, Option<i64>>> {
    let object = object(body)?;
    let mut faults = Vec::new();
    only_fields(&object, &AlertKind::ALL.map(AlertKind::as_str), &mut faults);
    let mut wanted = BTreeMap::new();
    for kind in AlertKind::ALL {
        match field(&object, kind.as_str(), &mut faults) {
            Some(raw) => match json::integer(raw) {
                Ok(threshold) => {
                    wanted.insert(kind, Some(threshold));
                }
                Err(problem) => faults.push(Fault::new(kind.as_str(), problem)),
            },
            // An explicit null.
            None if object.has(kind.as_str()) => {
                wanted.insert(kind, None);
            }
            None => {}
        }
    }
    if faults.is_empty() { Ok(wanted) } else { Err(Refusal::BadRequest(faults).into()) }
}
