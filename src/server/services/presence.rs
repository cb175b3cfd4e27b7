//! What a process says of itself once a minute: that it is there, and what it counted in memory.

use super::Services;
use super::jobs::ticks;
use crate::server::rates::Rates;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(60);

/// Runs until the process ends.
pub async fn keep_presence(services: &Services, rates: &Rates) {
    let system = &services.system;
    let mut ticks = ticks(EVERY);
    loop {
        ticks.tick().await;
        for (workspace, input, n) in rates.take_refused() {
            if let Err(error) = system.count_rate_limited(workspace, input, n).await {
                tracing::warn!(%error, n, "refused requests of an input were not counted");
            }
        }
        if let Err(error) = system.follow_keys().await {
            tracing::error!(%error, "this process does not know of keys that others may have made");
        }
        if let Err(error) = system.keep_slot().await {
            tracing::warn!(%error, "another process may take this one's slot");
        }
    }
}
