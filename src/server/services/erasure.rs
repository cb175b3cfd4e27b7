//! Erasing stored IDFAs that the settings hold back, some time after the change that did.

use super::Services;
use crate::domain::id::WorkspaceId;
use crate::domain::job::JobStep;
use crate::server::error::Result;

/// Does one step of what is due in a workspace. Between steps the event stream has its turn.
pub async fn erase_step(services: &Services, workspace: WorkspaceId) -> Result<JobStep> {
    let system = &services.system;
    let due = system.system_view().await?.due_erasures(workspace).await?;
    // What is due was so by a moment before this one.
    system.sure_now()?;
    let Some(erasure) = due.first() else { return Ok(JobStep::Done(None)) };
    let is_more = system.erase_step(workspace, erasure.version).await?;
    Ok(if is_more || due.len() > 1 { JobStep::More } else { JobStep::Done(None) })
}
