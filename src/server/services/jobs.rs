//! What the server does by itself, once a minute.

use crate::domain::device::SILENT;
use crate::domain::retention::{Aging, Keep};
use crate::domain::time::HOUR;
use crate::server::auth::{session, throttle};
use crate::server::error::Result;
use crate::server::services::erasure::erase_due;
use crate::server::state::AppState;
use crate::server::store::{Event, Store};
use std::time::Duration;
use tokio::time::Instant;

const EVERY: Duration = Duration::from_secs(60);

/// Runs until the process ends.
pub async fn run_jobs(AppState { store, config, rates, .. }: AppState) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        for (workspace, input, n) in rates.take_refused() {
            if let Err(error) = store.count_rate_limited(workspace, input, n).await {
                tracing::warn!(%error, n, "refused requests of an input were not counted");
            }
        }
        if let Err(error) = store.keep_slot().await {
            tracing::warn!(%error, "another process may take this one's slot");
        }
        if let Err(error) = tidy(&store).await {
            tracing::warn!(%error, "housekeeping is done again in a minute");
        }
        if let Err(error) = age(&store, config.retention.keep()).await {
            tracing::warn!(%error, "what is too old is removed in a minute");
        }
        if let Err(error) = erase_due(&store, config.erase_after_hours).await {
            tracing::warn!(%error, "erasing goes on in a minute");
        }
    }
}

/// Removes what is over, and takes silent devices out of the counts.
pub async fn tidy(store: &Store) -> Result<()> {
    store
        .system(|mut system| async move {
            let (seen_before, made_before) = session::over_before(system.now);
            system.prune_sessions(seen_before, made_before).await?;
            let forgotten = throttle::forgotten_before(system.now).minus(HOUR);
            system.prune_throttles(forgotten).await?;
            system.prune_links().await?;
            system.prune_invitations().await?;
            system.commit(Event::Unaudited("old sessions, failures, links and invitations")).await
        })
        .await?;
    super::session::write_failures(store).await?;
    super::profile::write_accesses(store).await?;
    let workspaces = store.system_view().await?.workspaces().await?;
    let silent_before = store.clock().now().minus(SILENT);
    for workspace in workspaces {
        store.prune_samples(workspace.id).await?;
        while store.retire(workspace.id, silent_before).await? > 0 {}
    }
    Ok(())
}

/// Removes what is too old. After each step it rests for as long as the step took: a look at millions of rows shall not
/// slow down everybody else.
pub async fn age(store: &Store, keep: Keep) -> Result<()> {
    // Read before the loop: what is read in its head is held until its end.
    let workspaces = store.system_view().await?.workspaces().await?;
    for workspace in workspaces {
        for what in Aging::ALL {
            loop {
                let begun = Instant::now();
                if !store.age(workspace.id, what, keep).await? {
                    break;
                }
                tokio::time::sleep(begun.elapsed()).await;
            }
        }
    }
    Ok(())
}
