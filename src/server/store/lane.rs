//! Lanes: whoever changes what a workspace knows of devices and profiles has its lane until the transaction ends. So the
//! processes at one Postgres take turns, a group of requests each, instead of meeting in single rows, where each would
//! hold what the other needs next. SQLite has one writer at a time anyhow.

use super::Store;
use super::db::Tx;
use crate::domain::id::WorkspaceId;
use crate::server::error::{Error, Result};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a commit that is done again waits for each lane: not for long, as everybody waits for it.
const AGAIN_AT_MOST: Duration = Duration::from_secs(1);

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

    /// Waits for the workspace's lane. Only for a turn without a lane: two that each had one could wait for each other.
    ///
    /// # Errors
    /// Those of [`Store::wait_for_turn`].
    pub async fn and_wait_for(mut self, workspace: WorkspaceId, at_most: Option<Duration>) -> Result<Self> {
        debug_assert!(self.workspaces.is_empty(), "a turn has its lane already");
        if let Some(at_most) = at_most {
            self.tx.wait_at_most(at_most).await?;
        }
        self.tx.take_lane(workspace).await?;
        self.workspaces.insert(workspace);
        Ok(self)
    }

    /// Takes those of these workspaces' lanes too that nobody has, so many at most. None is waited for, so that two turns never
    /// wait for each other.
    ///
    /// # Errors
    /// [`Error::Again`] when the turn ended while it waited for its use.
    pub async fn and_free(mut self, workspaces: BTreeSet<WorkspaceId>, most: usize) -> Result<Self> {
        let free = self.tx.take_free_lanes(workspaces, most).await.map_err(Error::before_anything)?;
        self.workspaces.extend(free);
        Ok(self)
    }
}

impl Store {
    /// Takes those of these workspaces' lanes that nobody has, so many at most; the turn says which. So nobody waits for a
    /// workspace but who wants something of it.
    pub async fn turn_of_free_lanes(&self, workspaces: BTreeSet<WorkspaceId>, most: usize) -> Result<Turn> {
        let mut tx = self.db.write().await?;
        let workspaces = tx.take_free_lanes(workspaces, most).await?;
        Ok(Turn { tx, workspaces })
    }

    /// Waits for the lanes of these workspaces to do a commit again.
    ///
    /// # Errors
    /// Those of [`Store::wait_for_turn`].
    pub(super) async fn turn_again(&self, workspaces: BTreeSet<WorkspaceId>) -> Result<Turn> {
        let mut tx = self.db.write().await?;
        tx.wait_at_most(AGAIN_AT_MOST).await?;
        for workspace in &workspaces {
            tx.take_lane(*workspace).await?;
        }
        Ok(Turn { tx, workspaces })
    }

    /// Waits for the workspace's lane.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when somebody has it for longer than it is waited for.
    pub async fn wait_for_turn(&self, workspace: WorkspaceId, at_most: Option<Duration>) -> Result<Turn> {
        let tx = self.db.write().await?;
        Turn { tx, workspaces: BTreeSet::new() }.and_wait_for(workspace, at_most).await
    }
}

impl Tx {
    /// Has this transaction wait for each lock for so long at most.
    async fn wait_at_most(&mut self, at_most: Duration) -> Result<()> {
        const SQL: &str = "select set_config('lock_timeout', $1, true)";
        if let Self::Postgres(tx) = self {
            let milliseconds = at_most.as_millis().to_string();
            sqlx::query(SQL).bind(milliseconds).execute(tx.connection().await).await?;
        }
        Ok(())
    }

    /// Waits for the workspace's lane. Several are taken in the order of their ids. What is read from here on stays true
    /// until the transaction ends.
    pub(super) async fn take_lane(&mut self, workspace: WorkspaceId) -> Result<()> {
        if let Self::Postgres(tx) = self {
            sqlx::query("select pg_advisory_xact_lock($1)").bind(workspace).execute(tx.connection().await).await?;
        }
        Ok(())
    }

    /// Takes the lanes of these workspaces that nobody has or waits for, and returns which they are.
    async fn take_free_lanes(
        &mut self,
        workspaces: BTreeSet<WorkspaceId>,
        most: usize,
    ) -> Result<BTreeSet<WorkspaceId>> {
        // No further one is tried once there are enough.
        const SQL: &str =
            "select lane from unnest($1::bigint[]) as lane where pg_try_advisory_xact_lock(lane) limit $2";
        let Self::Postgres(tx) = self else { return Ok(workspaces) };
        let asked: Vec<i64> = workspaces.iter().map(|workspace| workspace.0).collect();
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let taken: Vec<WorkspaceId> =
            sqlx::query_scalar(SQL).bind(asked).bind(most).fetch_all(tx.connection().await).await?;
        Ok(taken.into_iter().collect())
    }
}
