//! Erasing stored IDFAs that the settings hold back, some time after the change that did.

use crate::domain::time::HOUR;
use crate::server::error::Result;
use crate::server::store::Store;

/// Runs what is due, step by step. Between steps the event stream has its turn.
pub async fn erase_due(store: &Store, after_hours: u32) -> Result<()> {
    let asked_until = store.clock().now().minus(i64::from(after_hours) * HOUR);
    let due = store.system_view().await?.due_erasures(asked_until).await?;
    for erasure in due {
        while store.erase_step(erasure.workspace_id, erasure.version).await? {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}
