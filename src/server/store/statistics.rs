//! What Postgres knows of the rows. Of tables that were just filled it knows nothing until its own vacuum comes by, up to a
//! minute later; until then it takes a workspace's rows to be a handful, and reads them all to find one.

use super::Store;
use super::db::Tx;
use super::tables::growing;
use crate::server::error::Result;
use sqlx::AssertSqlSafe;
use std::sync::atomic::Ordering;

/// Rows from which keys can be told from what is the same in all of them.
const ENOUGH: i64 = 100;

impl Store {
    /// Has the tables of the event stream looked through as soon as there is something to learn, once in a process. A
    /// failure costs nothing but speed.
    pub async fn learn_sizes(&self) {
        if self.sizes_known.load(Ordering::Relaxed) {
            return;
        }
        let known = self.sizes_learnt().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the database did not look through its tables");
            true
        });
        self.sizes_known.store(known, Ordering::Relaxed);
    }

    async fn sizes_learnt(&self) -> Result<bool> {
        const KNOWN: &str = "select reltuples > 0 from pg_class where oid = 'devices'::regclass";
        const ROWS: &str = "select count(*) from (select 1 from devices limit $1) as first";
        let mut tx = self.db.write().await?;
        let Tx::Postgres(postgres) = &mut tx else { return Ok(true) };
        if sqlx::query_scalar(KNOWN).fetch_one(&mut **postgres).await? {
            return Ok(true);
        }
        let rows: i64 = sqlx::query_scalar(ROWS).bind(ENOUGH).fetch_one(&mut **postgres).await?;
        if rows < ENOUGH {
            return Ok(false);
        }
        sqlx::raw_sql(AssertSqlSafe(format!("analyze {}", growing().join(", ")))).execute(&mut **postgres).await?;
        tx.commit().await?;
        Ok(true)
    }
}
