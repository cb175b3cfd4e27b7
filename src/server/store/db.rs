//! The two databases, and one text for both: `on!` types a statement's body once for each driver.

use crate::server::error::{Error, Result};
use serde::{Serialize, Serializer};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Postgres, Sqlite, Transaction};
use std::fs::{DirBuilder, Metadata, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::RwLock;

/// How long a request waits for a connection before it is told that the store is away.
const WAIT: Duration = Duration::from_secs(5);
/// How long SQLite waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);
/// What SQLite's writer keeps of the file in memory, in KiB: events come in no order, and each finds its page here.
const WRITERS_CACHE: i64 = 128 * 1024;
const READERS_CACHE: i64 = 4 * 1024;
/// Pages of the log after which they are brought into the file: seldom, for a page that changes often is brought once.
const CHECKPOINT: i64 = 16 * 1024;
const READERS: u32 = 8;
const POSTGRES_CONNECTIONS: u32 = 16;

/// Where the data is, and the connections to it; cloning shares them.
#[derive(Clone, Debug)]
pub struct Db {
    address: Arc<Address>,
    /// Replaced whole by `reconnect`.
    pools: Arc<RwLock<Pools>>,
    /// SQLite's file.
    file: Option<Arc<OpenFile>>,
}

/// A file as it was when it was opened. SQLite would go on writing into one that was unlinked or replaced, and all of it
/// would be lost with the process.
#[derive(Debug)]
struct OpenFile {
    path: PathBuf,
    device: u64,
    inode: u64,
    gone: AtomicBool,
}

impl OpenFile {
    fn look(path: &Path) -> Result<Self> {
        let found = std::fs::metadata(path).map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino(), gone: AtomicBool::new(false) })
    }

    /// Once it is gone it stays so, until a restart.
    fn assert_there(&self) -> Result<()> {
        let same = |found: Metadata| found.dev() == self.device && found.ino() == self.inode;
        let there = !self.gone.load(Ordering::Relaxed) && std::fs::metadata(&self.path).is_ok_and(same);
        if there {
            return Ok(());
        }
        if !self.gone.swap(true, Ordering::Relaxed) {
            tracing::error!(
                file = %self.path.display(),
                "the database's file was removed or replaced while it was open: nothing is taken until a restart"
            );
        }
        Err(Error::Unavailable("the database's file was removed or replaced".to_owned()))
    }
}

#[derive(Clone, Debug)]
enum Address {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// The connections; cloning shares them.
#[derive(Clone, Debug)]
pub enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
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

/// What [`given`] answers to no rows.
pub const NONE: &str = "[]";

/// The rows of one statement, each an array, as the JSON array that `jsonb_each` takes.
pub fn given<R: Serialize>(rows: impl IntoIterator<Item = R>) -> String {
    let mut json = Vec::new();
    // Rows are numbers and texts in arrays, and memory takes all that is written.
    let _ = serde_json::Serializer::new(&mut json).collect_seq(rows);
    String::from_utf8(json).unwrap_or_default()
}

impl Db {
    /// Opens `sqlite://PATH` (made when missing, with its folder) or `postgres://...`, without touching the schema.
    pub async fn open(url: &str) -> Result<Self> {
        let address = Address::parse(url)?;
        if let Address::Sqlite(path) = &address
            && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
        {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| Error::Unavailable(format!("{}: {error}", folder.display())))?;
        }
        if let Address::Sqlite(path) = &address
            && !path.exists()
        {
            private_file(path)?;
        }
        let mut db = Self { pools: Arc::new(RwLock::new(address.pools())), address: Arc::new(address), file: None };
        db.assert_durable().await?;
        db.file = db.path().map(OpenFile::look).transpose()?.map(Arc::new);
        Ok(db)
    }

    /// Refuses to go on with a file that is no longer where it was.
    pub fn assert_there(&self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.assert_there())
    }

    /// Refuses to start on settings under which an answered request could be lost.
    async fn assert_durable(&self) -> Result<()> {
        const LOSING: &str = "select name from pg_settings \
            where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'";
        let writer = match self.pools().await {
            Pools::Sqlite { writer, .. } => writer,
            Pools::Postgres(pool) => {
                let off: Option<String> = match sqlx::query_scalar(LOSING).fetch_optional(&pool).await {
                    Ok(off) => off,
                    Err(error) => return Err(self.address.unreachable(error).await),
                };
                let refused =
                    |name| Error::Internal(format!("this Postgres has {name} off: what was answered could be lost"));
                return off.map(refused).map_or(Ok(()), Err);
            }
        };
        for (pragma, wanted) in [
            ("select journal_mode from pragma_journal_mode", "wal"),
            ("select cast(synchronous as text) from pragma_synchronous", "2"),
            ("select cast(foreign_keys as text) from pragma_foreign_keys", "1"),
            ("select cast(recursive_triggers as text) from pragma_recursive_triggers", "1"),
        ] {
            let found: String = sqlx::query_scalar(pragma).fetch_one(&writer).await?;
            if found != wanted {
                return Err(Error::Internal(format!("SQLite answered {found:?} to {pragma:?}, not {wanted:?}")));
            }
        }
        Ok(())
    }

    /// The connections of this moment.
    pub async fn pools(&self) -> Pools {
        self.pools.read().await.clone()
    }

    /// Begins a transaction that may write.
    pub async fn write(&self) -> Result<Tx> {
        self.assert_there()?;
        Ok(match &*self.pools.read().await {
            Pools::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("begin immediate").await?),
            Pools::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that sees one moment of the data and cannot write.
    pub async fn read(&self) -> Result<Tx> {
        self.assert_there()?;
        Ok(match &*self.pools.read().await {
            Pools::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("begin isolation level repeatable read read only").await?)
            }
        })
    }

    /// Replaces the connections `seen`, unless somebody else did. A read-only one stays so when the database can be
    /// written again: SQLite keeps the file as it was opened, Postgres the session's setting. New ones are made after
    /// the last old one is closed, for SQLite's connections of one process share the file of the log's index.
    pub async fn reconnect(&self, seen: &Pools) {
        let mut pools = self.pools.write().await;
        if pools.is(seen) {
            // Whoever holds a connection while they wait for another one shall not hold up everybody.
            let _ = tokio::time::timeout(WAIT, pools.close()).await;
            *pools = self.address.pools();
        }
    }

    /// Copies a SQLite database into a new file by a connection of its own: readers may not write, and the writer has
    /// other work.
    pub async fn copy(&self, file: &Path) -> Result<()> {
        let Address::Sqlite(path) = &*self.address else {
            let help = "this database is Postgres: use pg_dump, or your provider's backups";
            return Err(Error::Internal(help.to_owned()));
        };
        private_file(file)?;
        let mut copier = sqlite_options(path).connect().await?;
        sqlx::query("vacuum into $1").bind(file.to_string_lossy().into_owned()).execute(&mut copier).await?;
        Ok(copier.close().await?)
    }

    /// Whether a database can be there: a SQLite file that does not exist would be made, and be empty.
    pub fn assert_made(url: &str) -> Result<()> {
        match Address::parse(url)? {
            Address::Sqlite(path) if !path.exists() => Err(Error::Internal(format!(
                "there is no database at {}; name it by --database-url or ATTEST_DATABASE_URL",
                path.display()
            ))),
            _ => Ok(()),
        }
    }

    /// The SQLite file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match &*self.address {
            Address::Sqlite(path) => Some(path),
            Address::Postgres(_) => None,
        }
    }

    /// Ends all connections; awaited, so that nothing is cut off.
    pub async fn close(&self) {
        self.pools().await.close().await;
    }
}

impl Address {
    fn parse(url: &str) -> Result<Self> {
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
    async fn unreachable(&self, error: sqlx::Error) -> Error {
        let Self::Postgres(options) = self else { return error.into() };
        let cause = match options.connect().await {
            Ok(_) => error,
            Err(cause) => cause,
        };
        Error::Unavailable(format!("Postgres at {}, port {}: {cause}", options.get_host(), options.get_port()))
    }

    /// Connections that are made when they are needed.
    fn pools(&self) -> Pools {
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

/// Makes an empty file that only its owner can read; SQLite's files beside it take after it.
fn private_file(path: &Path) -> Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map(|_| ()).map_err(|error| Error::Internal(format!("{} cannot be made: {error}", path.display())))
}

fn sqlite_options(path: &Path) -> SqliteConnectOptions {
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

impl Pools {
    /// Whether these are the same ones.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite { writer: one, .. }, Self::Sqlite { writer: other, .. }) => {
                std::ptr::eq(one.options(), other.options())
            }
            (Self::Postgres(one), Self::Postgres(other)) => std::ptr::eq(one.options(), other.options()),
            _ => false,
        }
    }

    async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
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
