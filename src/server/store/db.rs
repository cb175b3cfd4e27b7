//! The two databases, and one text for both: `on!` types a statement's body once for each driver.

use super::address::{Address, PAGE_LIMIT, WAIT, sqlite_options};
use super::answers::ANSWERS_WITHIN;
use super::connections::Connections;
use super::copier::Copier;
use super::durable::assert_durable;
use super::file::{OpenFile, private_file};
use super::lent::Lent;
use super::pools::{Pools, Purpose};
use super::postgres_tx::{PostgresTx, Way};
use super::precedence::{Patience, Precedence};
use crate::domain::job::LEASE;
use crate::domain::time::MINUTE;
use crate::server::error::{Error, Result};
use serde::{Serialize, Serializer};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Where the data is, and the connections to it; cloning shares them.
#[derive(Clone, Debug)]
pub struct Db {
    connections: Connections,
    /// SQLite's file.
    file: Option<Arc<OpenFile>>,
    /// What this handle's connections are for.
    purpose: Purpose,
    precedence: Precedence,
    /// Copies SQLite's log.
    copier: Arc<Mutex<Copier>>,
}

/// An open transaction of either.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(PostgresTx),
}

/// Runs one body on whichever database the transaction belongs to, with `$c` as its connection. A file's answers are waited for,
/// those of Postgres for as long as [`Way::answered`](super::postgres_tx::Way::answered) says.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx {
            $crate::server::store::db::Tx::Sqlite(tx) => {
                let $c = &mut **tx;
                $body
            }
            $crate::server::store::db::Tx::Postgres(tx) => {
                $crate::server::store::postgres_tx::on_postgres!(tx, $c => $body)
            }
        }
    };
}
pub(super) use on;

/// What [`given`] makes of no rows.
pub const NONE: &str = "[]";

/// The rows of one statement, each as `rows!` writes it or an object, as the JSON array that `jsonb_each` takes.
pub fn given<R: Serialize>(rows: impl IntoIterator<Item = R>) -> String {
    let mut json = Vec::new();
    // Rows are numbers and texts, and memory takes all that is written.
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
        let address = Arc::new(address);
        let copier = Arc::new(Mutex::new(Copier::new(address.clone())));
        let connections = Connections::to(address);
        let mut db =
            Self { connections, file: None, purpose: Purpose::Command, precedence: Precedence::default(), copier };
        assert_durable(&db.pools().await, &db.connections.address).await?;
        db.file = db.path().map(OpenFile::look).transpose()?.map(Arc::new);
        Ok(db)
    }

    /// The same database, by the connections for another purpose.
    pub fn for_purpose(&self, purpose: Purpose) -> Self {
        Self { purpose, ..self.clone() }
    }

    /// What others could do on the way to the database.
    pub fn weakness(&self) -> Option<String> {
        self.connections.address.weakness()
    }

    /// Refuses to go on with a file that is no longer where it was.
    pub fn assert_there(&self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.assert_there())
    }

    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    pub fn precedence(&self) -> &Precedence {
        &self.precedence
    }

    /// The connections of this moment.
    pub async fn pools(&self) -> Pools {
        self.connections.now().await
    }

    /// Begins a transaction that may write.
    pub async fn write(&self) -> Result<Tx> {
        self.begun(true).await
    }

    /// Begins a transaction that sees one moment of the data and cannot write.
    pub async fn read(&self) -> Result<Tx> {
        let mut patience = self.purpose.is_patient().then(|| Patience::new(&self.precedence));
        if let Some(patience) = &mut patience {
            patience.give_way().await;
        }
        Ok(match self.begun(false).await? {
            Tx::Sqlite(mut tx) => {
                if let Some(patience) = patience {
                    limit(&mut tx, patience).await?;
                }
                Tx::Sqlite(tx)
            }
            Tx::Postgres(tx) => Tx::Postgres(PostgresTx { patience, ..tx }),
        })
    }

    /// Begins on the connections of this moment, or on those that replaced them meanwhile. They are not locked for so long: who
    /// replaces them would wait for who waits for one.
    async fn begun(&self, writes: bool) -> Result<Tx> {
        self.assert_there()?;
        loop {
            let pools = self.pools().await;
            match self.begun_on(&pools, writes).await? {
                Err(sqlx::Error::PoolClosed) if !self.pools().await.is(&pools) => {}
                begun => return Ok(begun?),
            }
        }
    }

    async fn begun_on(&self, pools: &Pools, writes: bool) -> Result<sqlx::Result<Tx>> {
        let of_postgres = match pools {
            Pools::Sqlite { writer, .. } if writes => {
                return Ok(writer.begin_with("begin immediate").await.map(Tx::Sqlite));
            }
            Pools::Sqlite { readers, .. } => return Ok(readers.of(self.purpose).begin().await.map(Tx::Sqlite)),
            Pools::Postgres(of_postgres) => of_postgres,
        };
        // Whoever writes holds rows that others wait for, and waits for nobody. What it may see of others' commits is said here,
        // for a database or a role may have another default. Who only reads holds nobody up, and may think for as long as it takes.
        macro_rules! begin {
            (write) => {
                "begin isolation level read committed"
            };
            (read) => {
                "begin isolation level repeatable read read only; set local idle_in_transaction_session_timeout = 0"
            };
            // What nobody waits for any more after its lease ends in the database too, and lets go of what it locked.
            ($what:ident of_job) => {
                concat!(begin!($what), "; set local statement_timeout = '2min'")
            };
        }
        const { assert!(LEASE == 2 * MINUTE) };
        let begin = match (self.purpose, writes) {
            (Purpose::Job, true) => begin!(write of_job),
            (Purpose::Job, false) => begin!(read of_job),
            (_, true) => begin!(write),
            (_, false) => begin!(read),
        };
        let way = Way { connections: self.connections.clone(), pools: pools.clone(), purpose: self.purpose };
        let begin = async { Ok(Lent::begun(of_postgres.of(self.purpose), begin).await) };
        let begun = way.answered_within(ANSWERS_WITHIN, Error::Unavailable, begin).await?;
        Ok(begun.map(|lent| Tx::Postgres(PostgresTx { lent, patience: None, way })))
    }

    /// Replaces the connections `seen`, unless somebody else did. A read-only one stays so when the database can be
    /// written again: SQLite keeps the file as it was opened, Postgres the session's setting. SQLite's new ones are made after
    /// the last old one is closed, for its connections of one process share the file of the log's index.
    pub async fn reconnect(&self, seen: &Pools) {
        if let Pools::Postgres(_) = seen {
            return self.connections.replace(seen).await;
        }
        let mut pools = self.connections.replaceable().await;
        if !pools.is(seen) {
            return;
        }
        // Whoever holds a connection while they wait for another one shall not hold up everybody.
        let closed = async {
            self.copier.lock().await.close().await;
            pools.close().await;
        };
        let _ = tokio::time::timeout(WAIT, closed).await;
        *pools = self.connections.address.pools();
    }

    /// The same, unless another connection to Postgres answers: then only the one that was asked is gone.
    pub async fn reconnect_unless_answered(&self, seen: &Pools) {
        if !seen.any_answers().await {
            self.reconnect(seen).await;
        }
    }

    /// Copies a SQLite database into a new file by a connection of its own: readers may not write, and the writer has
    /// other work.
    pub async fn copy(&self, file: &Path) -> Result<()> {
        let Address::Sqlite(path) = &*self.connections.address else {
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
        match &*self.connections.address {
            Address::Sqlite(path) => Some(path),
            Address::Postgres(_) => None,
        }
    }

    pub(super) fn copier(&self) -> &Mutex<Copier> {
        &self.copier
    }

    /// Ends all connections; awaited, so that nothing is cut off, and that the last one removes SQLite's log.
    pub async fn close(&self) {
        self.copier.lock().await.close().await;
        self.pools().await.close().await;
    }
}

/// How many of its instructions SQLite does before it looks at the time.
const INSTRUCTIONS: i32 = 1000;

/// How long a reader works at a stretch, and how long it then pauses, so that whoever waits for the processor gets it soon.
const STRETCH: Duration = Duration::from_millis(1);
const BREATH: Duration = Duration::from_micros(20);

/// Has whatever this transaction still does give way to the event stream, and cuts it off after the limit.
async fn limit(tx: &mut Transaction<'static, Sqlite>, mut patience: Patience) -> Result<()> {
    let (until, runtime) = (Instant::now() + PAGE_LIMIT, Handle::current());
    let mut paused = Instant::now();
    tx.lock_handle().await?.set_progress_handler(INSTRUCTIONS, move || {
        let now = Instant::now();
        if patience.is_asked_for() {
            runtime.block_on(patience.give_way());
            paused = Instant::now();
        } else if now.duration_since(paused) >= STRETCH {
            std::thread::sleep(BREATH);
            paused = Instant::now();
        }
        now < until
    });
    Ok(())
}

impl Tx {
    /// The text for this database, where the two truly differ.
    pub fn pick(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    /// Ends the transaction.
    ///
    /// # Errors
    /// [`Error::Unknown`] when nobody knows whether it was committed.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await.map_err(Error::of_commit),
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::precedence::PAUSE;
    use super::*;

    /// A statement without an end.
    const ENDLESS: &str = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n";

    #[tokio::test]
    async fn a_read_for_a_page_is_cut_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite://{}/a.db", folder.path().display())).await.expect("a database");
        let page = db.for_purpose(Purpose::Page);
        for _ in 0..3 {
            let mut tx = page.read().await.expect("a transaction");
            let ended: Result<i64> =
                async { Ok(on!(&mut tx, c => sqlx::query_scalar(ENDLESS).fetch_one(c).await?)) }.await;
            assert!(matches!(ended, Err(Error::Unavailable(_))), "{ended:?}");
        }
        tokio::time::sleep(PAGE_LIMIT).await;
        let mut tx = page.read().await.expect("the connection is good for another one");
        let one: Result<i64> =
            async { Ok(on!(&mut tx, c => sqlx::query_scalar("select 1").fetch_one(c).await?)) }.await;
        assert_eq!(one.expect("an answer"), 1);
    }

    #[tokio::test]
    async fn a_read_for_a_page_gives_way_to_the_event_stream() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite://{}/a.db", folder.path().display())).await.expect("a database");
        let page = db.for_purpose(Purpose::Page);
        let (ahead, begun) = (db.precedence().take(), Instant::now());
        drop(page.read().await.expect("a transaction"));
        assert!(begun.elapsed() >= PAUSE, "{:?}", begun.elapsed());
        let waiting = tokio::spawn(async move { page.read().await.map(drop) });
        drop(ahead);
        waiting.await.expect("no panic").expect("a transaction");
    }
}
