//! SQLite's write-ahead log: copied into the file by a connection of its own, so that no commit has to, and emptied soon
//! after something was erased, which can be read in it until then.

use super::db::Db;
use super::{Store, System};
use crate::server::error::{Error, Result};
use sqlx::sqlite::SqliteConnection;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often it is looked whether there is something to do.
const LOOKS: Duration = Duration::from_secs(1);
/// How many pages of the log are copied together, about: seldom, for a page that changes often is copied once.
const PAGES: u32 = 8 * 1024;
/// The longest time between two times that it is copied.
const COPIED_EVERY: Duration = Duration::from_secs(60);
/// How long lies between two times that it is emptied: whoever writes waits for that.
const EMPTIED_EVERY: Duration = Duration::from_secs(20);

impl Store {
    /// Notes that something was erased.
    pub(super) fn note_erased(&self) {
        self.erased.store(true, Ordering::Release);
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
        let (mut copied, mut wait) = (Instant::now(), LOOKS);
        let mut emptied: Option<Instant> = None;
        loop {
            looks.tick().await;
            if emptied.is_none_or(|last| last.elapsed() >= EMPTIED_EVERY) && self.erased.swap(false, Ordering::AcqRel) {
                match self.db.empty_log().await {
                    Ok(true) => emptied = Some(Instant::now()),
                    // Somebody was reading: tried again at the next look.
                    Ok(false) => self.note_erased(),
                    Err(error) => {
                        self.note_erased();
                        tracing::warn!(%error, "SQLite's log is emptied in a second");
                    }
                }
            } else if copied.elapsed() >= wait {
                match self.db.copy_log().await {
                    Ok(pages) => {
                        wait = until_next(copied.elapsed(), pages);
                        copied = Instant::now();
                    }
                    Err(error) => tracing::warn!(%error, "SQLite's log is copied in a second"),
                }
            }
        }
    }
}

/// When about [`PAGES`] will wait, if as many come as did.
fn until_next(within: Duration, pages: u32) -> Duration {
    (within * PAGES / pages.max(1)).clamp(LOOKS, COPIED_EVERY)
}

impl Db {
    /// Copies the log into the file; returns how many pages it had.
    async fn copy_log(&self) -> Result<u32> {
        let mut connection = self.checkpointer().await?;
        Ok(copied(&mut connection, "pragma wal_checkpoint(passive)").await?.1)
    }

    /// The same, and empties it; returns whether that was done, for somebody may read what it has of an earlier moment.
    async fn empty_log(&self) -> Result<bool> {
        let mut connection = self.checkpointer().await?;
        // Most is copied before anybody has to wait.
        copied(&mut connection, "pragma wal_checkpoint(passive)").await?;
        Ok(copied(&mut connection, "pragma wal_checkpoint(truncate)").await?.0)
    }
}

/// Whether all was done, and how many pages the log had.
async fn copied(connection: &mut SqliteConnection, how: &'static str) -> Result<(bool, u32)> {
    let (busy, pages, _): (i64, i64, i64) = sqlx::query_as(how).fetch_one(connection).await.map_err(Error::from)?;
    Ok((busy == 0, u32::try_from(pages).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_copied_as_often_as_it_fills() {
        let second = Duration::from_secs(1);
        assert_eq!(until_next(second, 2 * PAGES), LOOKS);
        assert_eq!(until_next(second, PAGES / 4), 4 * second);
        assert_eq!(until_next(second, 0), COPIED_EVERY);
    }
}
