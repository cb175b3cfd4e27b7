//! What Postgres knows of the rows. Of tables that were just filled it knows nothing until its own vacuum comes by, up to a
//! minute later; until then it takes a workspace's rows to be a handful, and reads them all to find one.

use super::Purpose;
use super::Store;
use super::db::Tx;
use super::postgres_tx::on_postgres;
use super::tables::growing;
use crate::server::error::Result;
use sqlx::{AssertSqlSafe, PgConnection};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Rows from which keys can be told from what is the same in all of them.
const ENOUGH: i64 = 100;
/// From so many rows on, Postgres' own vacuum keeps up.
const PLENTY: i64 = 1_000_000;
/// How long commits have the processor for themselves between two tables, to catch up with what waited during the first.
const BETWEEN: Duration = Duration::from_millis(50);

/// When the tables are looked through: at ten times as many rows as before, for what was learnt of a few misleads once there
/// are many.
#[derive(Debug)]
pub(super) struct Sizes {
    /// Batches since it was last looked how many rows there are.
    batches: AtomicI64,
    /// How many rows are enough.
    next: AtomicI64,
    /// Held by whoever looks them through.
    learning: tokio::sync::Mutex<()>,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { batches: AtomicI64::new(0), next: AtomicI64::new(ENOUGH), learning: tokio::sync::Mutex::new(()) }
    }
}

impl Store {
    /// Has the tables of the event stream looked through when there is something to learn after so many more batches. A
    /// failure costs nothing but speed.
    pub async fn learn_sizes(&self, batches: i64) {
        let next = self.sizes.next.load(Ordering::Relaxed);
        if next > PLENTY || self.sizes.batches.fetch_add(batches, Ordering::Relaxed) + batches < next {
            return;
        }
        // Of several that get here one goes on.
        let Ok(_one) = self.sizes.learning.try_lock() else { return };
        self.sizes.batches.store(0, Ordering::Relaxed);
        match self.sizes_learnt(next).await {
            Ok(false) => {}
            Ok(true) => self.sizes.next.store(next * 10, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the database did not look through its tables"),
        }
    }

    /// Whether Postgres knows of so many rows; it looks through its tables when they are there and it does not.
    async fn sizes_learnt(&self, enough: i64) -> Result<bool> {
        const KNOWN: &str =
            "select cast(greatest(reltuples, 0) as bigint) from pg_class where oid = 'devices'::regclass";
        const ROWS: &str = "select count(*) from (select 1 from devices limit $1) as first";
        // Commits go on meanwhile.
        let db = self.db.for_purpose(Purpose::Job);
        let mut tx = db.read().await?;
        let Tx::Postgres(postgres) = &mut tx else { return Ok(true) };
        if on_postgres!(postgres, c => sqlx::query_scalar::<_, i64>(KNOWN).fetch_one(c).await?) >= enough {
            return Ok(true);
        }
        if on_postgres!(postgres, c => sqlx::query_scalar::<_, i64>(ROWS).bind(enough).fetch_one(c).await?) < enough {
            return Ok(false);
        }
        tx.commit().await?;
        for table in growing() {
            let mut tx = db.write().await?;
            if let Tx::Postgres(postgres) = &mut tx {
                on_postgres!(postgres, c => look_through(c, table).await?);
            }
            tx.commit().await?;
            tokio::time::sleep(BETWEEN).await;
        }
        Ok(true)
    }
}

/// Has Postgres look at some rows of a table, and only at what rows are found by: commits want the processor meanwhile,
/// and its own vacuum looks at all of it later.
async fn look_through(connection: &mut PgConnection, table: &str) -> Result<()> {
    /// A tenth of what Postgres would take by itself: it looks at 300 times as many rows.
    const FEW_ROWS: &str = "set local default_statistics_target = 10";
    const FOUND_BY: &str = "select string_agg(distinct quote_ident(a.attname), ', ') from pg_index i \
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) where i.indrelid = $1::regclass";
    let found_by: String = sqlx::query_scalar(FOUND_BY).bind(table).fetch_one(&mut *connection).await?;
    sqlx::query(FEW_ROWS).execute(&mut *connection).await?;
    sqlx::raw_sql(AssertSqlSafe(format!("analyze {table} ({found_by})"))).execute(connection).await?;
    Ok(())
}
