//! Whether a database keeps what was answered.

use super::address::{Address, BUSY, CHECKPOINT, LOG_KEPT};
use super::pools::Pools;
use crate::server::error::{Error, Result};
use sqlx::sqlite::SqlitePool;

/// Refuses to start on settings under which an answered request could be lost, or a text not be kept.
pub async fn assert_durable(pools: &Pools, address: &Address) -> Result<()> {
    const LOSING: &str = "select name from pg_settings \
        where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'";
    const ENCODING: &str = "select setting from pg_settings where name = 'server_encoding'";
    let (writer, readers) = match pools {
        Pools::Sqlite { writer, readers } => (writer, readers),
        Pools::Postgres(pools) => {
            let off: Option<String> = match sqlx::query_scalar(LOSING).fetch_optional(&pools.job).await {
                Ok(off) => off,
                Err(error) => return Err(address.unreachable(error).await),
            };
            if let Some(name) = off {
                return Err(Error::Internal(format!("this Postgres has {name} off: what was answered could be lost")));
            }
            let encoding: String = sqlx::query_scalar(ENCODING).fetch_one(&pools.job).await?;
            if encoding != "UTF8" {
                return Err(Error::Internal(format!(
                    "this Postgres database has the encoding {encoding}, which cannot hold all texts: make it with encoding UTF8"
                )));
            }
            return Ok(());
        }
    };
    for (pragma, wanted) in [
        ("select journal_mode from pragma_journal_mode", "wal"),
        ("select cast(synchronous as text) from pragma_synchronous", "2"),
        ("select cast(foreign_keys as text) from pragma_foreign_keys", "1"),
        ("select cast(recursive_triggers as text) from pragma_recursive_triggers", "1"),
        ("select cast(secure_delete as text) from pragma_secure_delete", "1"),
        ("select cast(temp_store as text) from pragma_temp_store", "2"),
    ] {
        assert_pragma(writer, pragma, wanted).await?;
    }
    for (pragma, wanted) in [
        // Once more than the log is large it is cut to this.
        ("pragma journal_size_limit", LOG_KEPT),
        ("pragma wal_autocheckpoint", CHECKPOINT),
        ("pragma busy_timeout", BUSY.as_millis() as i64),
    ] {
        let found: i64 = sqlx::query_scalar(pragma).fetch_one(writer).await?;
        if found != wanted {
            return Err(Error::Internal(format!("SQLite answered {found} to {pragma:?}, not {wanted}")));
        }
    }
    for reader in readers.all() {
        assert_pragma(reader, "select cast(query_only as text) from pragma_query_only", "1").await?;
    }
    Ok(())
}

async fn assert_pragma(pool: &SqlitePool, pragma: &'static str, wanted: &str) -> Result<()> {
    let found: String = sqlx::query_scalar(pragma).fetch_one(pool).await?;
    if found == wanted {
        Ok(())
    } else {
        Err(Error::Internal(format!("SQLite answered {found:?} to {pragma:?}, not {wanted:?}")))
    }
}
