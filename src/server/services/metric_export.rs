//! Exporting figures: who took which of them out is a row of the log.

use crate::domain::audit::AuditAction;
use crate::domain::permission::Permission;
use crate::server::error::Result;
use crate::server::store::{Act, Actor, Change, Done, Store, View, WorkspaceRef};
use serde::Serialize;

/// Exports figures.
pub struct ExportMetrics;

/// What was exported, as the row holds it.
#[derive(Clone, Debug, Serialize)]
pub struct MetricsSnapshot {
    /// The view.
    pub view: &'static str,
    pub format: &'static str,
    /// What was chosen in it, as in the page's address.
    pub filters: String,
}

impl Act for ExportMetrics {
    type Snapshot = MetricsSnapshot;
    const PERMISSION: Permission = Permission::ExportMetrics;
    const AUDIT: AuditAction = AuditAction::MetricsExported;
}

/// A moment of the workspace to export from, once the log says so.
pub async fn export_metrics(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    what: MetricsSnapshot,
) -> Result<View> {
    let ((), view) = store.disclose(actor, workspace, move |change| note(change, what.clone())).await?;
    Ok(view)
}

async fn note(change: Change<ExportMetrics>, what: MetricsSnapshot) -> Result<Done<()>> {
    let view = what.view;
    change.commit(view, None, Some(what), None, ()).await
}
