//! Erasing stored IDFAs that the settings hold back, some time after the change that did.

use super::Services;
use crate::domain::time::HOUR;
use crate::server::error::Result;

/// Runs what is due, step by step. Between steps the event stream has its turn.
pub async fn erase_due(services: &Services, after_hours: u32) -> Result<()> {
    let system = &services.system;
    let asked_until = system.clock().now().minus(i64::from(after_hours) * HOUR);
    let due = system.system_view().await?.due_erasures(asked_until).await?;
    for erasure in due {
        while system.erase_step(erasure.workspace_id, erasure.version).await? {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}
