//! Lanes: whoever changes what a workspace knows of devices and profiles has its lane until the transaction ends. So the
//! processes at one Postgres take turns, a group of requests each, instead of meeting in single rows, where each would
//! hold what the other needs next. SQLite has one writer at a time anyhow.

use super::Store;
use super::address::LOCK_TIMEOUT;
use super::answers::ANSWERS_WITHIN;
use super::db::Tx;
use super::postgres_tx::on_postgres;
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

    /// Waits for the workspace's lane. Only for a turn without a lane: two that each had one could wait for each other. `None` when
    /// somebody has it for longer than it is waited for.
    async fn and_wait_for(mut self, workspace: WorkspaceId, at_most: Duration) -> Result<Option<Self>> {
        debug_assert!(self.workspaces.is_empty(), "a turn has its lane already");
        if !self.tx.take_lane_in_time(workspace, at_most).await? {
            return Ok(None);
        }
        self.workspaces.insert(workspace);
        Ok(Some(self))
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
    /// [`Error::Unavailable`] when somebody has one of them for longer than it is waited for.
    pub(super) async fn turn_again(&self, workspaces: BTreeSet<WorkspaceId>) -> Result<Turn> {
        let mut tx = self.db.write().await?;
        tx.wait_at_most(AGAIN_AT_MOST).await?;
        for workspace in &workspaces {
            tx.take_lane(*workspace).await?;
        }
        Ok(Turn { tx, workspaces })
    }

    /// Waits for the workspace's lane with a turn that has none, or with one of its own. `None` when somebody has it for longer than
    /// it is waited for.
    pub async fn wait_for_turn(
        &self,
        turn: Option<Turn>,
        workspace: WorkspaceId,
        at_most: Duration,
    ) -> Result<Option<Turn>> {
        let turn = match turn {
            Some(turn) => turn,
            None => Turn { tx: self.db.write().await?, workspaces: BTreeSet::new() },
        };
        turn.and_wait_for(workspace, at_most).await
    }
}

impl Tx {
    /// Has this transaction wait for each lock for so long at most.
    async fn wait_at_most(&mut self, at_most: Duration) -> Result<()> {
        const SQL: &str = "select set_config('lock_timeout', $1, true)";
        if let Self::Postgres(tx) = self {
            let milliseconds = at_most.as_millis().to_string();
            on_postgres!(tx, c => sqlx::query(SQL).bind(milliseconds).execute(c).await?);
        }
        Ok(())
    }

    /// Waits for the workspace's lane. Several are taken in the order of their ids. What is read from here on stays true
    /// until the transaction ends.
    pub(super) async fn take_lane(&mut self, workspace: WorkspaceId) -> Result<()> {
        if let Self::Postgres(tx) = self {
            const SQL: &str = "select pg_advisory_xact_lock($1)";
            on_postgres!(tx, c => sqlx::query(SQL).bind(workspace).execute(c).await?);
        }
        Ok(())
    }

    /// The same for so long at most; whether it was got, without which the transaction can do nothing. In one statement, whose
    /// columns are made in their order: every turn that is waited for goes this way.
    async fn take_lane_in_time(&mut self, workspace: WorkspaceId, at_most: Duration) -> Result<bool> {
        const SQL: &str = "select set_config('lock_timeout', $1, true), pg_advisory_xact_lock($2), \
            set_config('lock_timeout', $3, true)";
        const NOT_IN_TIME: &str = "55P03";
        let Self::Postgres(tx) = self else { return Ok(true) };
        let milliseconds = at_most.as_millis().to_string();
        let (way, c) = tx.connection().await?;
        let lock = sqlx::query(SQL).bind(milliseconds).bind(workspace).bind(LOCK_TIMEOUT);
        let taken = async { Ok(lock.execute(c).await) };
        match way.answered_within(at_most + ANSWERS_WITHIN, Error::Unavailable, taken).await? {
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NOT_IN_TIME) => Ok(false),
            taken => Ok(taken.map(|_| true)?),
        }
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
        let (way, c) = tx.connection().await?;
        let taken = async { Ok(sqlx::query_scalar(SQL).bind(asked).bind(most).fetch_all(c).await?) };
        let taken: Vec<WorkspaceId> = way.answered_within(ANSWERS_WITHIN, Error::Unavailable, taken).await?;
        Ok(taken.into_iter().collect())
    }
}
