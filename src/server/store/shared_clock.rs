//! Whose clock counts. Several processes share a Postgres, each on a machine with a clock of its own: what one that is
//! ahead noted would outrank the others' reports, and one that is behind would take the others' for such. So all follow the
//! database's. SQLite has one machine, and its clock.

use super::db::{Db, on};
use super::{Purpose, Store};
use crate::domain::time::Millis;
use crate::server::clock::Clock;
use crate::server::error::{Error, Result};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long the answer may take.
const WAIT: Duration = Duration::from_secs(5);

impl Store {
    /// Up to when a moment that was noted earlier is believed; a later one was noted while a clock was ahead.
    pub(super) fn believable_until(&self) -> Millis {
        self.steady_now().believable()
    }

    /// Now, for what is set back because it lies ahead; later than everything while it is not known whether that is wrong.
    pub(super) fn steady_now(&self) -> Millis {
        if self.clock.is_steady() { self.clock.now() } else { Millis(i64::MAX) }
    }

    /// Now, for what is removed by it for good.
    ///
    /// # Errors
    /// [`Error::Unavailable`] after a leap, by which it may be another time.
    pub fn sure_now(&self) -> Result<Millis> {
        let now = self.clock.now();
        // Asked afterwards: a leap before the answer is known to it.
        if self.clock.has_leapt() { Err(Error::Unavailable("the clock leapt".to_owned())) } else { Ok(now) }
    }

    /// Asks a database that processes share for the time, which is where that question and its answer leave room for it.
    pub async fn follow_clock(&self) -> Result<()> {
        follow_clock_of(&self.db, &*self.clock).await
    }
}

/// Sets a clock by the database's, where it is shared.
pub(super) async fn follow_clock_of(db: &Db, clock: &dyn Clock) -> Result<()> {
    let asked = timeout(WAIT, ask_time(db, clock)).await;
    asked.unwrap_or_else(|_| Err(Error::Unavailable("the database did not tell the time".to_owned())))
}

async fn ask_time(db: &Db, clock: &dyn Clock) -> Result<()> {
    const SQL: &str = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
    if db.path().is_some() {
        return Ok(());
    }
    let mut tx = db.for_purpose(Purpose::Job).read().await?;
    let asked = Instant::now();
    let told: Millis = on!(&mut tx, c => sqlx::query_scalar(SQL).fetch_one(c).await?);
    let took = i64::try_from(asked.elapsed().as_millis()).unwrap_or(i64::MAX);
    // It was told some time ago, but not before it was asked for; and in whole milliseconds.
    clock.follow(told..=told.plus(took + 1));
    Ok(())
}
