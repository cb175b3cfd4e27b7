//! A connection to Postgres that is lent for a transaction, and given back within a time that was chosen.

use super::address::PAGE_LIMIT;
use super::answers::ANSWERS_WITHIN;
use crate::server::error::{Error, Result, is_gone};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::{PgConnection, Postgres, raw_sql};
use std::time::Duration;
use tokio::time::timeout;

/// How long giving back may take: as long as a statement of a page may still take that nobody waits for any more. Sqlx asks
/// whether the other end of a connection that is given back is there, and would wait without an end: another one could never take
/// its place.
const GIVEN_BACK_WITHIN: Duration = PAGE_LIMIT.saturating_add(ANSWERS_WITHIN);

/// A connection with an open transaction, which is rolled back when this is dropped. It is no transaction of sqlx', for that gives
/// back its connection by itself.
pub struct Lent {
    /// `None` once it was given back.
    connection: Option<PoolConnection<Postgres>>,
}

impl Lent {
    pub(super) async fn begun(pool: &PgPool, begin: &'static str) -> sqlx::Result<Self> {
        let mut others = pool.options().get_max_connections();
        loop {
            // Whoever goes meanwhile leaves one that may have begun.
            let mut lent = Self { connection: Some(pool.acquire().await?) };
            let connection = lent.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)?;
            match raw_sql(begin).execute(connection).await {
                // It was there a moment ago, and so was not asked; others may be gone like it.
                Err(error) if others > 0 && is_gone(&error) => others -= 1,
                begun => return begun.map(|_| lent),
            }
        }
    }

    pub(super) fn connection(&mut self) -> Result<&mut PgConnection> {
        let given_back = || Error::Internal("a transaction that has ended".into());
        self.connection.as_deref_mut().ok_or_else(given_back)
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        raw_sql("commit").execute(self.connection()?).await.map_err(Error::of_commit)?;
        if let Some(connection) = self.connection.take() {
            give_back(connection, true);
        }
        Ok(())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            give_back(connection, false);
        }
    }
}

/// Gives a connection back once its transaction is over.
fn give_back(mut connection: PoolConnection<Postgres>, is_over: bool) {
    // Until it is given back nothing else becomes of it, and its transaction ends with it.
    connection.close_on_drop();
    tokio::spawn(timeout(GIVEN_BACK_WITHIN, async move {
        if is_over || raw_sql("rollback").execute(&mut *connection).await.is_ok() {
            connection.return_to_pool().await;
        }
    }));
}
