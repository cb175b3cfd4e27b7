//! A transaction on Postgres, and how long each of its answers is waited for.

use super::address::LOCKED_WITHIN;
use super::connections::Connections;
use super::lent::Lent;
use super::pools::{Pools, Purpose};
use super::precedence::Patience;
use crate::domain::job::LEASE;
use crate::server::error::{Error, Result};
use sqlx::PgConnection;
use std::time::Duration;

/// How long a commit may take, which another machine may have to confirm.
const COMMITS_WITHIN: Duration = Duration::from_secs(20);
/// How long a statement of a job may take: as long as its step, which it would hold up others after.
const JOBS_WITHIN: Duration = Duration::from_millis(LEASE.unsigned_abs());
/// The same of a command, which may read all devices of all workspaces.
const COMMANDS_WITHIN: Duration = Duration::from_secs(60 * 60);

/// A transaction on Postgres. One with patience gives way to the event stream before each statement: with few
/// processors the two would take turns at each step of a commit.
pub struct PostgresTx {
    pub(super) lent: Lent,
    pub(super) patience: Option<Patience>,
    pub(super) way: Way,
}

/// Runs a body on a transaction on Postgres, with `$c` as its connection, for as long as it may take.
macro_rules! on_postgres {
    ($tx:expr, $c:ident => $body:expr) => {{
        let (way, $c) = $tx.connection().await?;
        way.answered(async { Ok($body) }).await?
    }};
}
pub(super) use on_postgres;

impl PostgresTx {
    /// The way and the connection for the next statement.
    pub(super) async fn connection(&mut self) -> Result<(&Way, &mut PgConnection)> {
        if let Some(patience) = &mut self.patience {
            patience.give_way().await;
        }
        Ok((&self.way, self.lent.connection()?))
    }

    /// Ends the transaction.
    ///
    /// # Errors
    /// [`Error::Unknown`] when nobody knows whether it was committed.
    pub(super) async fn commit(self) -> Result<()> {
        let Self { lent, way, .. } = self;
        way.answered_within(COMMITS_WITHIN, Error::Unknown, lent.commit()).await
    }
}

/// By which connections something is asked, and what for.
pub(super) struct Way {
    pub connections: Connections,
    pub pools: Pools,
    pub purpose: Purpose,
}

impl Way {
    /// What one statement is answered: it may wait for a lock, and then takes what it takes.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when nothing came. Nothing is stored by a transaction that cannot end.
    pub async fn answered<T>(&self, asked: impl Future<Output = Result<T>>) -> Result<T> {
        let limit = match self.purpose {
            Purpose::Stream | Purpose::Caller | Purpose::Page | Purpose::Search => LOCKED_WITHIN,
            Purpose::Job => JOBS_WITHIN,
            Purpose::Command => COMMANDS_WITHIN,
        };
        self.answered_within(limit, Error::Unavailable, asked).await
    }

    /// What is asked of Postgres, for so long at most. When nothing comes the others on this way are replaced, but where one
    /// of them answers: then only the one that was asked is gone.
    ///
    /// # Errors
    /// `silent` when nothing came: what was asked for may have been done.
    pub async fn answered_within<T>(
        &self,
        limit: Duration,
        silent: fn(String) -> Error,
        asked: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match tokio::time::timeout(limit, asked).await {
            Ok(answered) => answered,
            Err(_) => {
                tracing::warn!(seconds = limit.as_secs(), "Postgres does not answer");
                if !self.pools.any_answers().await {
                    self.connections.replace(&self.pools).await;
                }
                Err(silent("Postgres did not answer".to_owned()))
            }
        }
    }
}
