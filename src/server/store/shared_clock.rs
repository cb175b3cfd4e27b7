//! Whose clock counts. Several processes share a Postgres, each on a machine with a clock of its own: what one that is
//! ahead noted would outrank the others' reports, and one that is behind would take the others' for such. So all follow the
//! database's. SQLite has one machine, and its clock.

use super::db::on;
use super::{Purpose, Store, System};
use crate::domain::time::Millis;
use crate::server::error::Result;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// How often the database is asked for the time: a machine that slept is behind for so long.
const EVERY: Duration = Duration::from_secs(5);

impl Store {
    /// Asks the database for the time; no matter how long that takes, it was then in between.
    pub(super) async fn follow_clock(&self) -> Result<()> {
        const SQL: &str = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
        if self.path().is_some() {
            return Ok(());
        }
        let mut tx = self.db.for_purpose(Purpose::Job).read().await?;
        let asked = Instant::now();
        let told: Millis = on!(&mut tx, c => sqlx::query_scalar(SQL).fetch_one(c).await?);
        let took = i64::try_from(asked.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.clock.follow(told.plus(took / 2), took / 2 + 1);
        Ok(())
    }
}

impl System {
    /// Follows the database's clock until the process ends.
    pub async fn keep_clock(&self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.follow_clock().await {
                tracing::debug!(%error, "the database did not tell the time");
            }
        }
    }
}
