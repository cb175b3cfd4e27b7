//! Where a database is, and how connections to it are set up.

use super::answers::{ANSWERS_WITHIN, SAYS_SO_WITHIN, STILL_THERE, says_so};
use super::pools::{ByPurpose, Pools};
use crate::server::error::{Error, Result};
use sqlx::ConnectOptions;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fmt::{self, Debug, Formatter};
use std::net::IpAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// How long a request waits for a connection before it is told that the store is away.
pub const WAIT: Duration = Duration::from_secs(5);
/// How long Postgres waits for a lock, and the same as its setting.
const LONGEST_LOCK_WAIT: Duration = Duration::from_secs(10);
pub const LOCK_TIMEOUT: &str = "10s";
/// How long a statement that may wait for a lock may take.
pub const LOCKED_WITHIN: Duration = LONGEST_LOCK_WAIT.saturating_add(ANSWERS_WITHIN);
/// How long SQLite waits for another process's write.
pub const BUSY: Duration = Duration::from_secs(5);
/// The same for emptying its log, for which everybody else waits meanwhile.
pub const CHECKPOINTS_WAIT: Duration = Duration::from_millis(100);
/// What SQLite's writer keeps of the file in memory, in KiB: events come in no order, and each finds its page here.
const WRITERS_CACHE: i64 = 128 * 1024;
const READERS_CACHE: i64 = 4 * 1024;
/// Pages of the log after which a commit brings them into the file, should nobody else have done it by then.
pub const CHECKPOINT: i64 = 16 * 1024;
/// Bytes of the log's file that are kept, so that it need not grow anew.
pub const LOG_KEPT: i64 = CHECKPOINT * 4096;
/// How many connections there are at most for each purpose, 22 in all at a Postgres; for pages fewer on few processors.
const CONNECTIONS: ByPurpose<u32> = ByPurpose { stream: 4, caller: 4, page: 8, search: 1, job: 5 };
/// How many of them store the event stream.
pub const STREAM_CONNECTIONS: u32 = CONNECTIONS.stream;
/// How long a transaction that may write may pause between its statements, shorter than anybody waits for a lock.
const LONGEST_PAUSE: &str = "8s";
/// When Postgres ends a connection whose other end is gone without a word. It would wait two hours, and each connection that was
/// given up for its silence takes one of a hundred.
const UNHEARD: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "60s"),
    ("tcp_keepalives_interval", "20s"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "120s"),
];
/// How long a page's statement may take before it is cut off, and its reader told to try again. Shorter where it is tried.
pub const PAGE_LIMIT: Duration = Duration::from_millis(if cfg!(test) { 200 } else { 5000 });

/// What a plan of Postgres may be. A statement finds its rows by their keys, also in a table that is small so far: a plan is
/// kept while the table grows, and so are those of the checks of references. Tables are joined in the order written.
pub const PLANS: [(&str, &str); 8] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_material", "off"),
    ("join_collapse_limit", "1"),
    ("from_collapse_limit", "1"),
    ("jit", "off"),
];

#[derive(Clone)]
pub enum Address {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl Debug for Address {
    /// Without the password, which the library's own has in it.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            Self::Postgres(options) => write!(f, "Postgres({}:{})", options.get_host(), options.get_port()),
        }
    }
}

impl Address {
    pub fn parse(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let is_said = has_sslmode(url) || std::env::var_os("PGSSLMODE").is_some();
            let options = protected(PgConnectOptions::from_str(url).map_err(Error::internal)?, is_said);
            let options =
                options.options([("synchronous_commit", "on"), ("lock_timeout", LOCK_TIMEOUT)]).options(PLANS);
            // A process that was stopped, or that nobody reaches, gives back what it holds before others give up.
            let options = options.options([("idle_in_transaction_session_timeout", LONGEST_PAUSE)]).options(UNHEARD);
            return Ok(Self::Postgres(Box::new(options)));
        }
        match url.strip_prefix("sqlite://") {
            Some(path) if !path.is_empty() && !path.contains('?') => Ok(Self::Sqlite(path.into())),
            Some(_) => Err(Error::Internal("after sqlite:// comes the path of a file, without options".into())),
            None => Err(Error::Internal("the database URL begins with neither sqlite:// nor postgres://".into())),
        }
    }

    /// What others could do on the way to the database, where somebody chose that they can; for the log of a start.
    pub fn weakness(&self) -> Option<String> {
        let Self::Postgres(options) = self else { return None };
        if is_here(options) {
            return None;
        }
        let what = match options.get_ssl_mode() {
            PgSslMode::VerifyFull => return None,
            PgSslMode::VerifyCa => "another server with a certificate of the same authority could take its place",
            PgSslMode::Require => "its certificate is not looked at, so that somebody between could take its place",
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => {
                "what is sent may be read and changed on the way"
            }
        };
        Some(format!(
            "the connection to Postgres at {} is not verified: {what}; use sslmode=verify-full",
            options.get_host()
        ))
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
        // What is read for a page is drawn here too: more at a time than there are processors for would hold up whoever
        // stores.
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        let pages = u32::try_from(processors + 1).unwrap_or(CONNECTIONS.page).min(CONNECTIONS.page);
        match self {
            Self::Sqlite(path) => {
                let options = sqlite_options(path);
                let pool = |size| kept(SqlitePoolOptions::new().max_connections(size));
                let reading =
                    options.clone().pragma("cache_size", format!("-{READERS_CACHE}")).pragma("query_only", "on");
                let readers = |size| unlimited(pool(size)).connect_lazy_with(reading.clone());
                Pools::Sqlite {
                    writer: pool(1).connect_lazy_with(options.pragma("cache_size", format!("-{WRITERS_CACHE}"))),
                    readers: ByPurpose { page: pages, ..CONNECTIONS }.map(readers),
                }
            }
            Self::Postgres(options) => {
                let pool = |size, options| {
                    asked_before_use(planned_by_value(kept(PgPoolOptions::new().max_connections(size))))
                        .connect_lazy_with(options)
                };
                let options = (**options).clone();
                // What nobody waits for any more shall keep no locks. Those of jobs say it as they begin.
                let limited =
                    |limit: Duration| options.clone().options([("statement_timeout", limit.as_millis().to_string())]);
                Pools::Postgres(ByPurpose {
                    stream: pool(CONNECTIONS.stream, limited(LOCKED_WITHIN)),
                    caller: pool(CONNECTIONS.caller, limited(LOCKED_WITHIN)),
                    page: pool(pages, limited(PAGE_LIMIT)),
                    search: pool(CONNECTIONS.search, limited(PAGE_LIMIT)),
                    job: pool(CONNECTIONS.job, options),
                })
            }
        }
    }
}

/// Whether an address says by itself how its connections are protected.
fn has_sslmode(url: &str) -> bool {
    let options = url.split_once('?').map_or("", |(_, options)| options);
    options.split('&').any(|option| option.starts_with("sslmode=") || option.starts_with("ssl-mode="))
}

/// Whether the database is on this machine, so that nobody is between.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some() || host.starts_with('/') || is_this_machine(host)
}

/// Whether a host's name or address means this machine.
pub fn is_this_machine(host: &str) -> bool {
    let name = host.trim_matches(['[', ']']);
    name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

/// The connection to another machine is encrypted, and the other one proves who it is, unless somebody says otherwise.
fn protected(options: PgConnectOptions, is_said: bool) -> PgConnectOptions {
    if is_said || is_here(&options) { options } else { options.ssl_mode(PgSslMode::VerifyFull) }
}

/// A pool that keeps its connections, which are few. Sqlx' task that ends idle and old ones would sometimes count them wrong
/// and never come to an end, at the cost of a processor (its issue 3645).
fn kept<D: sqlx::Database>(options: PoolOptions<D>) -> PoolOptions<D> {
    options.acquire_timeout(WAIT).idle_timeout(None).max_lifetime(None)
}

/// Where rows are spread over several machines, only a plan for the workspace at hand knows which one to ask.
fn planned_by_value(options: PgPoolOptions) -> PgPoolOptions {
    const CITUS: &str = "select exists (select 1 from pg_extension where extname = 'citus')";
    options.after_connect(|connection, _| {
        Box::pin(async move {
            if sqlx::query_scalar::<_, bool>(CITUS).fetch_one(&mut *connection).await? {
                sqlx::query("set plan_cache_mode = force_custom_plan").execute(connection).await?;
            }
            Ok(())
        })
    })
}

/// A connection that is used again is asked first: one whose other end is gone, with a word or without, is made anew meanwhile.
/// One that was given back a moment ago was asked by sqlx as it was given back.
fn asked_before_use(options: PgPoolOptions) -> PgPoolOptions {
    options.test_before_acquire(false).before_acquire(|connection, idle| {
        Box::pin(async move { Ok(idle.idle_for < STILL_THERE || says_so(connection, SAYS_SO_WITHIN).await?) })
    })
}

/// A connection that is taken anew has no limit of an earlier transaction.
fn unlimited(options: SqlitePoolOptions) -> SqlitePoolOptions {
    options.before_acquire(|connection, _| {
        Box::pin(async move {
            connection.lock_handle().await?.remove_progress_handler();
            Ok(true)
        })
    })
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
        .pragma("journal_size_limit", LOG_KEPT.to_string())
        .row_buffer_size(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (PgSslMode, Option<String>) {
        let address = Address::parse(url).expect("an address");
        let Address::Postgres(options) = &address else { panic!("{url} is of SQLite") };
        (options.get_ssl_mode(), address.weakness())
    }

    #[test]
    fn an_address_is_told_without_its_password() {
        let address = Address::parse("postgres://ada:secret@db.example.com/attest").expect("an address");
        assert_eq!(format!("{address:?}"), "Postgres(db.example.com:5432)");
    }

    #[test]
    fn another_machine_must_prove_who_it_is() {
        for url in ["postgres://a:b@db.example.com/attest", "postgres://a@192.0.2.7:6432/attest?application_name=x"] {
            let (mode, weakness) = parsed(url);
            assert!(matches!(mode, PgSslMode::VerifyFull) && weakness.is_none(), "{url}: {mode:?}");
        }
        for here in ["localhost", "127.0.0.1", "[::1]"] {
            let (mode, weakness) = parsed(&format!("postgres://a@{here}/attest"));
            assert!(matches!(mode, PgSslMode::Prefer) && weakness.is_none(), "{here}: {mode:?}");
        }
        assert_eq!(parsed("postgres://a@db.example.com/attest?host=/run/postgresql").1, None, "a socket");
    }

    #[test]
    fn what_somebody_chose_is_kept_and_told() {
        for (said, told) in [
            ("disable", "read and changed"),
            ("prefer", "read and changed"),
            ("require", "not looked at"),
            ("verify-ca", "same authority"),
        ] {
            let (_, weakness) = parsed(&format!("postgres://a:secret@db.example.com/attest?sslmode={said}"));
            let weakness = weakness.expect(said);
            assert!(weakness.contains(told) && !weakness.contains("secret"), "{weakness}");
        }
        assert_eq!(parsed("postgres://a@db.example.com/attest?sslmode=verify-full").1, None);
    }
}
