//! What the server does by itself, once a minute.
//!
//! A job that runs less often keeps a row with the moment when it is due, as `retention.due_at` is. Every process runs all
//! jobs: one that must not run twice at a time locks its row.

use super::Services;
use super::erasure::erase_due;
use super::profile::write_accesses;
use super::session::write_failures;
use crate::domain::device::SILENT;
use crate::domain::retention::{Aging, Keep};
use crate::domain::time::HOUR;
use crate::server::auth::{session, throttle};
use crate::server::config::Config;
use crate::server::error::Result;
use crate::server::rates::Rates;
use crate::server::store::{SystemTx, Trail};
use std::time::Duration;
use tokio::time::Instant;

const EVERY: Duration = Duration::from_secs(60);

/// Runs until the process ends.
pub async fn run_jobs(services: &Services, config: &Config, rates: &Rates) {
    let system = &services.system;
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        for (workspace, input, n) in rates.take_refused() {
            if let Err(error) = system.count_rate_limited(workspace, input, n).await {
                tracing::warn!(%error, n, "refused requests of an input were not counted");
            }
        }
        if let Err(error) = system.keep_slot().await {
            tracing::warn!(%error, "another process may take this one's slot");
        }
        if let Err(error) = tidy(services).await {
            tracing::warn!(%error, "what is over is removed in a minute");
        }
        if let Err(error) = age(services, config.retention.keep()).await {
            tracing::warn!(%error, "what is too old is removed in a minute");
        }
        if let Err(error) = erase_due(services, config.erase_after_hours).await {
            tracing::warn!(%error, "erasing goes on in a minute");
        }
    }
}

/// Removes what is over, writes the rows of what was only counted so far, and takes silent devices out of the counts.
pub async fn tidy(services: &Services) -> Result<()> {
    let system = &services.system;
    system.transaction(prune_once).await?;
    write_failures(services).await?;
    write_accesses(services).await?;
    let workspaces = system.system_view().await?.workspaces().await?;
    let silent_before = system.clock().now().minus(SILENT);
    for workspace in workspaces {
        system.prune_samples(workspace.id).await?;
        while system.retire(workspace.id, silent_before).await? > 0 {}
    }
    Ok(())
}

async fn prune_once(mut tx: SystemTx) -> Result<()> {
    let (seen_before, made_before) = session::over_before(tx.now);
    tx.prune_sessions(seen_before, made_before).await?;
    tx.prune_taken_forms(made_before).await?;
    let forgotten = throttle::forgotten_before(tx.now).minus(HOUR);
    tx.prune_throttles(forgotten).await?;
    tx.prune_links().await?;
    tx.prune_invitations().await?;
    tx.commit(Trail::Unaudited("old sessions, forms, failures, links and invitations")).await
}

/// Removes what is too old. After each step it rests for as long as the step took: a look at millions of rows shall not
/// slow down everybody else.
pub async fn age(services: &Services, keep: Keep) -> Result<()> {
    let system = &services.system;
    // Read before the loop: what is read in its head is held until its end.
    let workspaces = system.system_view().await?.workspaces().await?;
    for workspace in workspaces {
        for what in Aging::ALL {
            loop {
                let begun = Instant::now();
                if !system.age(workspace.id, what, keep).await? {
                    break;
                }
                tokio::time::sleep(begun.elapsed()).await;
            }
        }
    }
    Ok(())
}
