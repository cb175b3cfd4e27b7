//! What is remembered. The ways to a connection are `change` (a person's or token's write, with its permission and its
//! audit row), `view` (a read of one moment), `disclose` (a read that leaves a trace), `input_grant` (the event stream)
//! and, for whoever holds the [`System`], `transaction` (accounts, sessions, jobs). Beside them stand reads that no
//! permission is asked for: `system_view`, and what proves or lists the whole database.

mod accept;
pub mod access;
mod actor;
mod address;
pub mod alert;
mod answers;
pub mod app;
mod arrived;
pub mod audit;
mod authorize;
mod batch_app;
pub mod check;
mod columns;
mod connections;
mod copier;
mod count;
mod counter;
pub mod credential;
pub mod data_problem;
pub mod data_problem_days;
mod db;
mod dedup;
mod dimension_value;
pub mod distribute;
mod durable;
mod effects;
pub mod erasure;
pub mod exploration;
pub mod failure;
mod file;
mod fill;
mod flow;
pub mod handle;
pub mod input;
mod input_grant;
pub mod invitation;
pub mod job;
mod keyring;
mod lane;
mod lent;
pub mod link;
pub mod mail;
pub mod member;
mod migrate;
pub mod notice;
mod persist;
pub mod person;
mod plan_sizes;
mod pools;
mod population;
mod postgres_tx;
mod precedence;
pub mod privacy;
pub mod profile;
mod release;
mod retention;
mod row;
pub mod sample;
pub mod saved_view;
mod scope;
pub mod seal;
mod searches;
pub mod second_factor;
mod sent_form;
pub mod session;
mod shared_clock;
mod slot;
mod statistics;
pub mod system;
pub mod tables;
pub mod tally;
pub mod throttle;
pub mod weekly_mail;
pub mod workspace;
mod write_ahead_log;
mod writes;

pub use accept::{Parcel, RequestOutcome, SentBatches};
pub use actor::{Actor, Who};
pub use address::PLANS;
pub use address::STREAM_CONNECTIONS;
pub use address::is_this_machine;
pub use count::{Added, CounterSelection, UnknownInApp};
pub use db::Db;
pub use file::lock_beside;
pub use fill::{Chapter, ChapterBatch, Days, Filling, UserChunk};
pub use handle::{Act, Change, Done, View};
pub use input_grant::{InputGrant, READ_AGAIN};
pub use keyring::{Keyring, OpenKeys};
pub use lane::Turn;
pub use pools::Purpose;
pub use precedence::{Ahead, PAUSE, Precedence};
pub use scope::{Scope, Workspace, WorkspaceRef};
pub use sent_form::SentForm;
pub use system::{Record, System, SystemTx, SystemView, Trail};

use crate::domain::time::HOUR;
use crate::server::clock::{Clock, Ids};
use crate::server::error::{Error, Result};
use crate::server::secret::InstallationSecret;
use std::path::Path;
use std::sync::Arc;

/// How long an id of a request is remembered unless the settings say otherwise, in milliseconds.
const REMEMBERED: i64 = 72 * HOUR;
/// How long after a change that withholds advertising ids they are erased, unless the settings say otherwise, in
/// milliseconds.
const ERASE_AFTER: i64 = 72 * HOUR;

/// The store: a database, and the time and randomness that its rows need.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Ids,
    keys: Arc<input_grant::Keys>,
    /// Which of a counter's rows this process adds to.
    slot: counter::Slot,
    /// By how many rows there are the database plans.
    sizes: Arc<statistics::Sizes>,
    /// How long an id of a request is remembered, in milliseconds.
    remembered: i64,
    /// How long after a change that withholds advertising ids they are erased, in milliseconds.
    erase_after: i64,
    /// Whether what belongs to workspaces is spread over several machines: then a commit holds one workspace, so that a
    /// machine that is away is missed by its own workspaces only.
    is_spread: bool,
    keyring: Keyring,
    /// What was written into SQLite's log.
    write_ahead_log: Arc<write_ahead_log::WriteAheadLog>,
    searches: searches::Searches,
}

impl Store {
    /// Opens the database, brings its schema up to date, and opens its keys.
    async fn open(url: &str, secret: Option<InstallationSecret>, ids: Ids) -> Result<Self> {
        let db = Db::open(url).await?;
        let pools = db.pools().await;
        let is_spread = distribute::is_spread(&pools).await?;
        if is_spread {
            distribute::assert_durable_everywhere(&pools).await?;
            distribute::guard_again(&pools).await?;
        }
        migrate::run(&db).await?;
        let clock = ids.clock().clone();
        shared_clock::follow_clock_of(&db, &*clock).await?;
        Ok(Self {
            keyring: keyring::open_keyring(&db, secret, &ids).await?,
            db,
            clock,
            ids,
            keys: Arc::default(),
            slot: counter::Slot::default(),
            sizes: Arc::default(),
            remembered: REMEMBERED,
            erase_after: ERASE_AFTER,
            is_spread,
            write_ahead_log: Arc::default(),
            searches: searches::Searches::default(),
        })
    }

    /// The same with another time for which ids of requests are remembered, in hours.
    pub fn remembering(self, hours: i64) -> Self {
        Self { remembered: hours * HOUR, ..self }
    }

    /// The same with another time between a change that withholds advertising ids and their erasing, in hours.
    pub fn erasing_after(self, hours: u32) -> Self {
        Self { erase_after: i64::from(hours) * HOUR, ..self }
    }

    /// How long after a change that withholds advertising ids they are erased, in milliseconds.
    pub fn erases_after(&self) -> i64 {
        self.erase_after
    }

    /// Where the file of a SQLite database is.
    pub fn path(&self) -> Option<&Path> {
        self.db.path()
    }

    /// What others could do on the way to the database, where somebody chose that they can.
    pub fn weakness(&self) -> Option<String> {
        self.db.weakness()
    }

    /// Whom reads for pages and interfaces give way to.
    pub fn precedence(&self) -> &Precedence {
        self.db.precedence()
    }

    /// The same by the connections for another purpose.
    pub fn for_purpose(&self, purpose: Purpose) -> Self {
        Self { db: self.db.for_purpose(purpose), ..self.clone() }
    }

    /// Whether what belongs to workspaces is spread over several machines.
    pub fn is_spread(&self) -> bool {
        self.is_spread
    }

    /// The keys of this installation.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// Whether the database answers and its schema is ours.
    pub async fn ready(&self) -> Result<()> {
        migrate::check(&self.db).await
    }

    /// By their purpose how many connections to the database there are, and how many of them are idle.
    pub async fn connections(&self) -> Vec<(&'static str, u32, usize)> {
        self.db.pools().await.sizes()
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// Work in a task of its own, so that a caller that goes away leaves no transaction open and no commit half known.
async fn spawned<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    tokio::spawn(work).await.map_err(|_| Error::Internal("the work on the store was cut off".into()))?
}
