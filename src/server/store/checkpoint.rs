//! SQLite's write-ahead log: copied into the file by a connection of its own, so that no commit has to, and emptied soon
//! after something was erased, which can be read in it until then.

use super::db::Db;
use super::{Store, System};
use crate::server::error::Result;
use sqlx::sqlite::SqliteConnection;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often it is looked whether there is something to do, while nobody says so.
const LOOKS: Duration = Duration::from_secs(1);
/// After how many batches the log is copied. Seldom is cheaper, for a page that changed often is copied once; but whoever
/// writes shares processor and disk with the copying of them all.
const BATCHES: usize = 1000;
/// After how many it is copied between two commits, where somebody who sends little would wait for one that is slow beside
/// the copying.
const BATCHES_IN_BETWEEN: usize = 250;
/// The longest time between two times that it is copied.
const COPIED_EVERY: Duration = Duration::from_secs(60);
/// How long lies between two times that it is emptied, or until it is tried again: whoever writes waits for that.
const EMPTIED_EVERY: Duration = Duration::from_secs(20);
const RETRIED_AFTER: Duration = Duration::from_secs(1);

/// What was written into SQLite's log.
#[derive(Debug, Default)]
pub(super) struct WriteAheadLog {
    /// Whether something was erased since it was last emptied.
    erased: AtomicBool,
    /// Batches stored since it was last copied.
    batches: AtomicUsize,
    /// Told when these are enough to copy it.
    enough: Notify,
    copier: Mutex<Copier>,
}

impl Store {
    /// Notes that something was erased.
    pub(super) fn note_erased(&self) {
        self.write_ahead_log.erased.store(true, Ordering::Release);
    }

    /// Notes that so many batches were stored.
    pub(super) fn note_stored(&self, batches: usize) {
        if self.write_ahead_log.batches.fetch_add(batches, Ordering::Relaxed) + batches >= BATCHES {
            self.write_ahead_log.enough.notify_one();
        }
    }

    /// Copies the log if it is worth it and nobody else does: while nothing is committed nothing is slow beside it.
    pub async fn copy_log_in_between(&self) {
        let WriteAheadLog { batches, copier, .. } = &*self.write_ahead_log;
        if self.path().is_none() || batches.load(Ordering::Relaxed) < BATCHES_IN_BETWEEN {
            return;
        }
        if let Ok(mut copier) = copier.try_lock() {
            batches.store(0, Ordering::Relaxed);
            if let Err(error) = copier.copy_log(&self.db).await {
                tracing::warn!(%error, "SQLite's log could not be copied; it is tried again");
            }
        }
    }
}

impl System {
    /// Keeps the log of a SQLite database small, until the process ends.
    pub async fn keep_checkpoints(&self) {
        if self.path().is_none() {
            return;
        }
        let mut looks = interval(LOOKS);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What an earlier process erased may be in it still.
        self.note_erased();
        let (mut copy_at, mut empty_at) = (Instant::now(), Instant::now());
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                () = self.write_ahead_log.enough.notified() => {}
            }
            if empty_at <= Instant::now() && self.write_ahead_log.erased.swap(false, Ordering::AcqRel) {
                let emptied = self.write_ahead_log.copier.lock().await.empty_log(&self.db).await;
                if !matches!(emptied, Ok(true)) {
                    // Somebody was reading, or it failed.
                    self.note_erased();
                }
                if let Err(error) = &emptied {
                    tracing::warn!(%error, "SQLite's log could not be emptied; it is tried again in a second");
                }
                empty_at = Instant::now() + if matches!(emptied, Ok(true)) { EMPTIED_EVERY } else { RETRIED_AFTER };
            } else if copy_at <= Instant::now() || self.write_ahead_log.batches.load(Ordering::Relaxed) >= BATCHES {
                self.write_ahead_log.batches.store(0, Ordering::Relaxed);
                copy_at = Instant::now() + COPIED_EVERY;
                if let Err(error) = self.write_ahead_log.copier.lock().await.copy_log(&self.db).await {
                    tracing::warn!(%error, "SQLite's log could not be copied; it is tried again in a second");
                    copy_at = Instant::now() + RETRIED_AFTER;
                }
            }
        }
    }
}

/// Copies the log by a connection that it keeps while all goes well.
#[derive(Debug, Default)]
struct Copier(Option<SqliteConnection>);

impl Copier {
    /// Copies the log into the file.
    async fn copy_log(&mut self, db: &Db) -> Result<()> {
        self.is_copied(db, "pragma wal_checkpoint(passive)").await?;
        Ok(())
    }

    /// The same, and empties it; returns whether that was done, for somebody may read what it has of an earlier moment.
    async fn empty_log(&mut self, db: &Db) -> Result<bool> {
        // Most is copied before anybody has to wait.
        self.copy_log(db).await?;
        self.is_copied(db, "pragma wal_checkpoint(truncate)").await
    }

    /// Whether all was done.
    async fn is_copied(&mut self, db: &Db, how: &'static str) -> Result<bool> {
        let mut connection = match self.0.take() {
            Some(connection) => connection,
            None => db.checkpointer().await?,
        };
        let busy: i64 = sqlx::query_scalar(how).fetch_one(&mut connection).await?;
        self.0 = Some(connection);
        Ok(busy == 0)
    }
}
