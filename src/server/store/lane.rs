//! Lanes: whoever changes what a workspace knows of devices and profiles has its lane until the transaction ends. So the
//! processes at one Postgres take turns, a group of requests each, instead of meeting in single rows, where each would
//! hold what the other needs next. SQLite has one writer at a time anyhow.

use super::Store;
use super::db::Tx;
use crate::domain::id::WorkspaceId;
use crate::server::error::Result;
use std::collections::BTreeSet;

/// An open transaction that has the lanes of some workspaces, or on SQLite all of them.
pub struct Turn {
    pub(super) tx: Tx,
    workspaces: BTreeSet<WorkspaceId>,
}

impl Turn {
    /// Whether it is a workspace's turn.
    pub fn is_for(&self, workspace: WorkspaceId) -> bool {
        matches!(self.tx, Tx::Sqlite(_)) || self.workspaces.contains(&workspace)
    }
}

impl Store {
    /// Waits for the lanes of these workspaces.
    pub async fn turn(&self, workspaces: BTreeSet<WorkspaceId>) -> Result<Turn> {
        let mut tx = self.db.write().await?;
        for workspace in &workspaces {
            tx.take_lane(*workspace).await?;
        }
        Ok(Turn { tx, workspaces })
    }
}

impl Tx {
    /// Waits for the workspace's lane. Several are taken in the order of their ids. What is read from here on stays true
    /// until the transaction ends.
    pub(super) async fn take_lane(&mut self, workspace: WorkspaceId) -> Result<()> {
        if let Self::Postgres(tx) = self {
            sqlx::query("select pg_advisory_xact_lock($1)").bind(workspace).execute(tx.connection().await).await?;
        }
        Ok(())
    }
}
