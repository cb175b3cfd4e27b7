//! SQLite's write-ahead log: copied into the file by a connection of its own, so that no commit has to, and emptied soon
//! after something was erased, which can be read in it until then.

use super::copier::Copier;
use super::{Store, System};
use crate::server::error::Result;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often it is looked whether there is something to do, while nobody says so.
const LOOKS: Duration = Duration::from_secs(1);
/// After how many batches the log is copied. Seldom is cheaper, for a page that changed often is copied once; but whoever
/// writes shares processor and disk with the copying of them all.
const BATCHES: usize = 10_000;
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
        if self.path().is_none() || self.write_ahead_log.batches.load(Ordering::Relaxed) < BATCHES_IN_BETWEEN {
            return;
        }
        if let Ok(mut copier) = self.db.copier().try_lock()
            && !copier.held_up
        {
            match self.copy_log(&mut copier).await {
                Ok(all) => copier.held_up = !all,
                Err(error) => tracing::warn!(%error, "SQLite's log could not be copied; it is tried again"),
            }
        }
    }

    /// Copies what was stored until now; returns whether that was all.
    async fn copy_log(&self, copier: &mut Copier) -> Result<bool> {
        self.write_ahead_log.batches.store(0, Ordering::Relaxed);
        copier.copy_log().await
    }
}

impl System {
    /// Keeps the log of a SQLite database small, until the process ends.
    pub async fn keep_write_ahead_log(&self) {
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
                let emptied = self.db.copier().lock().await.empty_log().await;
                if !matches!(emptied, Ok(true)) {
                    // Somebody was reading, or it failed.
                    self.note_erased();
                }
                if let Err(error) = &emptied {
                    tracing::warn!(%error, "SQLite's log could not be emptied; it is tried again in a second");
                }
                empty_at = Instant::now() + if matches!(emptied, Ok(true)) { EMPTIED_EVERY } else { RETRIED_AFTER };
            } else if copy_at <= Instant::now() || self.write_ahead_log.batches.load(Ordering::Relaxed) >= BATCHES {
                copy_at = Instant::now() + COPIED_EVERY;
                let mut copier = self.db.copier().lock().await;
                copier.held_up = false;
                if let Err(error) = self.copy_log(&mut copier).await {
                    tracing::warn!(%error, "SQLite's log could not be copied; it is tried again in a second");
                    copy_at = Instant::now() + RETRIED_AFTER;
                }
            }
        }
    }
}
