//! Where a database is, and how connections to it are set up.

use super::pools::Pools;
use crate::server::error::{Error, Result};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// How long a request waits for a connection before it is told that the store is away.
pub const WAIT: Duration = Duration::from_secs(5);
/// How long SQLite waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);
/// What SQLite's writer keeps of the file in memory, in KiB: events come in no order, and each finds its page here.
const WRITERS_CACHE: i64 = 128 * 1024;
const READERS_CACHE: i64 = 4 * 1024;
/// Pages of the log after which they are brought into the file: seldom, for a page that changes often is brought once.
const CHECKPOINT: i64 = 16 * 1024;
const READERS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 16;

#[derive(Clone, Debug)]
pub enum Address {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl Address {
    pub fn parse(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).map_err(Error::internal)?;
            // A statement finds its rows by their keys, also in a table that is small so far: a plan is kept while the
            // table grows, and so are those of the checks of references.
            let plans = [
                ("plan_cache_mode", "force_generic_plan"),
                ("enable_seqscan", "off"),
                ("enable_hashjoin", "off"),
                ("enable_mergejoin", "off"),
                ("jit", "off"),
            ];
            let options = options.options([("synchronous_commit", "on"), ("lock_timeout", "10s")]).options(plans);
            return Ok(Self::Postgres(Box::new(options)));
        }
        match url.strip_prefix("sqlite://") {
            Some(path) if !path.is_empty() && !path.contains('?') => Ok(Self::Sqlite(path.into())),
            Some(_) => Err(Error::Internal("after sqlite:// comes the path of a file, without options".into())),
            None => Err(Error::Internal("the database URL begins with neither sqlite:// nor postgres://".into())),
        }
    }

    /// Why nothing answers there, and where that is: a pool only says that it waited too long.
    pub async fn unreachable(&self, error: sqlx::Error) -> Error {
        let Self::Postgres(options) = self else { return error.into() };
        let cause = match options.connect().await {
            Ok(_) => error,
            Err(cause) => cause,
        };
        Error::Unavailable(format!("Postgres at {}, port {}: {cause}", options.get_host(), options.get_port()))
    }

    /// Connections that are made when they are needed.
    pub fn pools(&self) -> Pools {
        match self {
            Self::Sqlite(path) => {
                let options = sqlite_options(path);
                let pool = |size| SqlitePoolOptions::new().max_connections(size).acquire_timeout(WAIT);
                Pools::Sqlite {
                    writer: pool(1)
                        .connect_lazy_with(options.clone().pragma("cache_size", format!("-{WRITERS_CACHE}"))),
                    readers: pool(READERS).connect_lazy_with(
                        options.pragma("cache_size", format!("-{READERS_CACHE}")).pragma("query_only", "on"),
                    ),
                }
            }
            Self::Postgres(options) => {
                let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(WAIT);
                Pools::Postgres(pool.connect_lazy_with((**options).clone()))
            }
        }
    }
}

pub fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        // A replacing insert would otherwise remove an audit row behind the triggers' back.
        .pragma("recursive_triggers", "on")
        // What is erased shall not be readable in the file.
        .pragma("secure_delete", "on")
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", CHECKPOINT.to_string())
        .row_buffer_size(1000)
}
