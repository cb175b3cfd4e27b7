//! Exporting figures: who took which of them out is a row of the log.

use crate::domain::audit::AuditAction;
use crate::domain::error::Refusal;
use crate::domain::permission::Permission;
use crate::domain::time::HOUR;
use crate::server::error::Result;
use crate::server::store::audit::AuditFilter;
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

/// Whether `who` may export once more in this hour.
///
/// # Errors
/// [`Refusal::RateLimited`].
pub async fn assert_few(view: &mut View, who: &str) -> Result<()> {
    let filter = AuditFilter {
        action: Some(AuditAction::MetricsExported),
        actor: Some(who.to_owned()),
        from: Some(view.now.minus(HOUR)),
        ..AuditFilter::default()
    };
    let found = view.audit_rows(&filter, MOST_IN_AN_HOUR).await?.rows.len();
    let is_few = i64::try_from(found).is_ok_and(|found| found < MOST_IN_AN_HOUR);
    if is_few { Ok(()) } else { Err(Refusal::RateLimited.into()) }
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
