//! The audit log, for scripts: rows exactly as they were hashed.

use super::query::{ApiQuery, asked, only, parsed};
use super::refused::Refused;
use super::schema::MomentOrDay;
use crate::domain::audit::AuditAction;
use crate::domain::error::Refusal;
use crate::domain::permission::Permission;
use crate::domain::time::Millis;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use crate::server::store::audit::{AuditFilter, AuditRows, ChainRow};
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

const MOST_ROWS: i64 = 1000;
const ROWS: i64 = 100;

/// One page of the log.
#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    #[schema(value_type = Vec<AuditRow>)]
    rows: Vec<Value>,
    /// The `before_seq` of the next page; null at the end. A filter looks through 10,000 rows at once: a page may have few
    /// rows, or none, and a next one.
    #[schema(required)]
    next_before_seq: Option<i64>,
}

/// The object whose canonical text (RFC 8785) is hashed, and its hash.
#[derive(ToSchema)]
#[expect(dead_code, reason = "rows are returned as they were hashed; this describes their shape")]
pub struct AuditRow {
    /// The version of this shape: 1.
    v: i64,
    /// The workspace's id.
    chain: String,
    /// From 1, without gaps.
    seq: i64,
    /// Unix milliseconds.
    at_ms: i64,
    actor: AuditActor,
    action: String,
    /// What it was done to.
    target: String,
    #[schema(value_type = Object, nullable, required)]
    before: Option<Value>,
    #[schema(value_type = Object, nullable, required)]
    after: Option<Value>,
    #[schema(required)]
    reason: Option<String>,
    #[schema(required)]
    ip: Option<String>,
    #[schema(required)]
    agent: Option<String>,
    #[schema(required)]
    request_id: Option<String>,
    /// The version of the privacy settings in force after the act.
    #[schema(required)]
    settings_version: Option<i64>,
    /// The hash of the row before it, in hex; 64 zeros for the first.
    prev_hash: String,
    /// SHA-256 over all of the above, in hex.
    hash: String,
}

/// Who did it, as they were then.
#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub struct AuditActor {
    /// `person`, `token`, `command_line` or `system`.
    kind: String,
    #[schema(required)]
    id: Option<String>,
    name: String,
    /// The role in this workspace.
    #[schema(required)]
    role: Option<String>,
}

/// Returns rows of the audit log, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/audit",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("before_seq" = Option<i64>, Query, minimum = 0, description = "Only rows before this one."),
        ("limit" = Option<i64>, Query, minimum = 0, description = "How many rows at most: 100 unless set, never over 1,000."),
        ("action" = inline(Option<AuditAction>), Query, description = "Only rows of one action."),
        ("actor" = Option<String>, Query, min_length = 1, description = "Only rows of who has exactly this name."),
        ("from" = inline(Option<MomentOrDay>), Query, description = "Only rows from then on: Unix milliseconds, or a day of the workspace's time zone such as 2026-11-22."),
        ("to" = inline(Option<MomentOrDay>), Query, description = "Only rows before this moment, or up to the end of this day."),
    ),
    responses((status = 200, description = "The rows.", body = AuditPage), Refused)
)]
pub async fn audit(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: ApiQuery,
) -> Result<Json<AuditPage>> {
    only(&query, &["before_seq", "limit", "action", "actor", "from", "to"])?;
    let number = |text: &str| text.parse::<i64>().ok().filter(|n| *n >= 0);
    let limit = parsed(&query, "limit", number)?.unwrap_or(ROWS).clamp(1, MOST_ROWS);
    let mut filter = AuditFilter {
        before_seq: parsed(&query, "before_seq", number)?,
        action: parsed(&query, "action", AuditAction::parse)?,
        actor: asked(&query, "actor")?.map(str::to_owned),
        from: None,
        to: None,
        target: None,
        text: None,
    };
    // What is asked decides which connection it waits for.
    let store = state.store.for_purpose(filter.purpose());
    let mut view = store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeeAudit).await?;
    // A moment in milliseconds, or a whole day of the workspace.
    let zone = view.workspace.time_zone.clone();
    let begins = |text: &str, later: i64| Some(calendar::begins(calendar::parse(text)?.plus(later), &zone));
    filter.from = parsed(&query, "from", |text| number(text).map(Millis).or_else(|| begins(text, 0)))?;
    filter.to = parsed(&query, "to", |text| number(text).map(Millis).or_else(|| begins(text, 1)))?;
    let AuditRows { rows, next } = view.audit_rows(&filter, limit).await?;
    Ok(Json(AuditPage { rows: rows.iter().map(ChainRow::json).collect(), next_before_seq: next }))
}

/// A signed checkpoint: one that is kept elsewhere proves that no row up to it was rewritten or removed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "returned as it was signed; this describes its shape")]
pub struct Checkpoint {
    /// `checkpoint`.
    attest: String,
    /// The version of this shape: 1.
    v: i64,
    /// The workspace's id.
    chain: String,
    /// The number of the row.
    seq: i64,
    /// The row's hash, in hex.
    hash: String,
    /// When it was signed, in Unix milliseconds.
    at_ms: i64,
    /// The Ed25519 public key, in base64, as `attest key public` prints it.
    key: String,
    /// Over the canonical text (RFC 8785) of all of the above, in base64.
    signature: String,
}

/// Returns the newest signed checkpoint of the audit log; one is made within the hour after each change.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/audit/checkpoint",
    tag = "Admin API",
    security(("token" = [])),
    params(("workspace" = String, Path, description = "The workspace's slug.")),
    responses((status = 200, description = "The checkpoint.", body = Checkpoint), Refused)
)]
pub async fn checkpoint(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: ApiQuery,
) -> Result<Json<Value>> {
    only(&query, &[])?;
    let mut view = state.store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeeAudit).await?;
    let signed = view.newest_checkpoint().await?.ok_or(Refusal::NotFound)?;
    Ok(Json(signed.json()))
}
