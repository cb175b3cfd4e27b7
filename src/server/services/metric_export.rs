//! Exporting figures: who took which of them out is a row of the log.

use crate::domain::audit::AuditAction;
use crate::domain::error::Refusal;
use crate::domain::permission::Permission;
use crate::domain::time::HOUR;
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

/// Each export is a row of the log, and nobody may fill it.
const MOST_IN_AN_HOUR: i64 = 200;

/// A moment of the workspace to export from, once the log says so.
///
/// # Errors
/// [`Refusal::TooManyForNow`] for more than so many within an hour in this workspace, of one person under whatever name.
pub async fn export_metrics(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    what: MetricsSnapshot,
) -> Result<View> {
    let ((), view) = store.disclose(actor, workspace, move |change| note(change, what.clone())).await?;
    Ok(view)
}

async fn note(mut change: Change<ExportMetrics>, what: MetricsSnapshot) -> Result<Done<()>> {
    let since = change.now.minus(HOUR);
    if change.done_since(AuditAction::MetricsExported, since, MOST_IN_AN_HOUR).await? >= MOST_IN_AN_HOUR {
        return Err(Refusal::TooManyForNow.into());
    }
    let view = what.view;
    change.commit(view, None, Some(what), None, ()).await
}
