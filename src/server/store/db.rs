//! The two databases, and one text for both: `on!` types a statement's body once for each driver.

use crate::server::error::{Error, Result};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Postgres, Sqlite, Transaction};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// How long a request waits for a connection before it is told that the store is away.
const WAIT: Duration = Duration::from_secs(5);
/// How long SQLite waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 16;

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite { path: PathBuf, writer: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

/// An open transaction of either.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs one body on whichever database the transaction belongs to, with `$c` as its connection.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx {
            $crate::server::store::db::Tx::Sqlite(tx) => {
                let $c = &mut **tx;
                $body
            }
            $crate::server::store::db::Tx::Postgres(tx) => {
                let $c = &mut **tx;
                $body
            }
        }
    };
}
pub(super) use on;

impl Db {
    /// Opens `sqlite://PATH` (made when missing, with its folder) or `postgres://...`, without touching the schema.
    pub async fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).map_err(Error::internal)?;
            let options = options.options([("synchronous_commit", "on"), ("lock_timeout", "10s")]);
            let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(WAIT);
            return Ok(Self::Postgres(pool.connect_lazy_with(options)));
        }
        let Some(path) = url.strip_prefix("sqlite://") else {
            return Err(Error::Internal("the database URL begins with neither sqlite:// nor postgres://".into()));
        };
        let path = PathBuf::from(path);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| Error::Unavailable(error.to_string()))?;
        }
        Self::open_sqlite(path).await
    }

    async fn open_sqlite(path: PathBuf) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            // A replacing insert would otherwise remove an audit row behind the triggers' back.
            .pragma("recursive_triggers", "on")
            // What is erased shall not be readable in the file.
            .pragma("secure_delete", "on")
            .row_buffer_size(1000);
        let pool = |size| SqlitePoolOptions::new().max_connections(size).acquire_timeout(WAIT);
        let writer = pool(1).connect_with(options.clone()).await?;
        let readers = pool(READERS).connect_lazy_with(options.pragma("query_only", "on"));
        let db = Self::Sqlite { path, writer, readers };
        db.assert_durable().await?;
        Ok(db)
    }

    /// Refuses to start on settings under which an answered request could be lost.
    async fn assert_durable(&self) -> Result<()> {
        let Self::Sqlite { writer, .. } = self else { return Ok(()) };
        for (pragma, wanted) in [
            ("select journal_mode from pragma_journal_mode", "wal"),
            ("select cast(synchronous as text) from pragma_synchronous", "2"),
            ("select cast(foreign_keys as text) from pragma_foreign_keys", "1"),
            ("select cast(recursive_triggers as text) from pragma_recursive_triggers", "1"),
        ] {
            let found: String = sqlx::query_scalar(pragma).fetch_one(writer).await?;
            if found != wanted {
                return Err(Error::Internal(format!("SQLite answered {found:?} to {pragma:?}, not {wanted:?}")));
            }
        }
        Ok(())
    }

    /// Begins a transaction that may write.
    pub async fn write(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("begin immediate").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that sees one moment of the data and cannot write.
    pub async fn read(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Self::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("begin isolation level repeatable read read only").await?)
            }
        })
    }

    /// The SQLite file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite { path, .. } => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// Ends all connections; awaited, so that nothing is cut off.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// The text for this database, where the two truly differ.
    pub fn pick(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
