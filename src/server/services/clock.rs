//! The clock that processes share, while they serve.

use super::jobs::ticks;
use crate::server::store::System;
use std::time::Duration;

/// How often the database is asked for the time: a machine that slept is behind for so long.
const EVERY: Duration = Duration::from_secs(5);

/// Follows the database's clock until the process ends; SQLite has none.
pub async fn keep_clock(system: &System) {
    if system.path().is_some() {
        return;
    }
    let mut ticks = ticks(EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = system.follow_clock().await {
            tracing::debug!(%error, "the database did not tell the time");
        }
    }
}
