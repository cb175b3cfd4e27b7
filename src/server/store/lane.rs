//! Lanes: whoever changes what a workspace knows of devices and profiles has its lane until the transaction ends. So the
//! processes at one Postgres take turns, a group of requests each, instead of meeting in single rows, where each would
//! hold what the other needs next. SQLite has one writer at a time anyhow.

use super::db::Tx;
use crate::domain::id::WorkspaceId;
use crate::server::error::Result;

impl Tx {
    /// Waits for the workspace's lane. Several are taken in the order of their ids. What is read from here on stays true
    /// until the transaction ends.
    pub(super) async fn take_lane(&mut self, workspace: WorkspaceId) -> Result<()> {
        if let Self::Postgres(tx) = self {
            sqlx::query("select pg_advisory_xact_lock($1)").bind(workspace).execute(&mut **tx).await?;
        }
        Ok(())
    }
}
