//! Signing where the chains of the log end, and sending that to where this installation cannot change it.

use super::Services;
use crate::domain::id::WorkspaceId;
use crate::domain::job::{JobNote, JobStep};
use crate::server::error::Result;
use crate::server::secret::signing::Signed;
use crate::server::store::audit::INSTALLATION;
use crate::server::store::job::ClaimedJob;
use serde_json::Value;

/// Of how many workspaces a step is, so that it ends well within a job's lease.
const STEP: i64 = 10;
/// Where the job is: while chains are signed, or while what was signed is sent.
#[derive(Clone, Copy, Default)]
struct Place {
    sends: bool,
    /// The last chain that it did so with.
    after: Option<WorkspaceId>,
    /// Whether a chain was not signed.
    left_out: bool,
}

impl Place {
    /// Reads the job's cursor.
    fn read(cursor: &str) -> Self {
        let words: Vec<&str> = cursor.split_whitespace().collect();
        let after = words.iter().find_map(|word| word.parse().ok()).map(WorkspaceId);
        Self { sends: words.contains(&"send"), after, left_out: words.contains(&"left-out") }
    }

    fn cursor(self) -> String {
        let after = self.after.map_or_else(String::new, |after| after.0.to_string());
        let words = [if self.sends { "send" } else { "sign" }, &after, if self.left_out { "left-out" } else { "" }];
        words.join(" ")
    }
}

/// Signs the ends of the next chains, or, once all are signed, sends what the next chains have: whatever becomes of sending,
/// each chain is signed in its hour.
pub(super) async fn checkpoint_step(services: &Services, job: &mut ClaimedJob) -> Result<JobStep> {
    let mut place = Place::read(&job.cursor);
    let chains = next_chains(services, place.after).await?;
    match (place.sends, chains.last()) {
        (false, None) => place = Place { sends: true, after: None, ..place },
        (true, None) => {
            job.cursor.clear();
            services.system.renew_job(job).await?;
            return Ok(JobStep::Done(place.left_out.then_some(JobNote::ChainNotSigned)));
        }
        (false, last) => {
            for chain in &chains {
                // What was changed past Attest is not vouched for; the others are.
                if let Err(error) = services.system.sign_end(*chain).await {
                    tracing::error!(%error, "a chain of the audit log was not signed");
                    place.left_out = true;
                }
            }
            place.after = last.copied();
        }
        (true, last) => {
            if let Err(error) = send_unsent(services, &chains).await {
                // It is tried again from the beginning, with what was signed by then.
                job.cursor.clear();
                services.system.renew_job(job).await?;
                return Err(error);
            }
            place.after = last.copied();
        }
    }
    job.cursor = place.cursor();
    Ok(JobStep::More)
}

/// Those after one, or from the first on, which is the installation's.
async fn next_chains(services: &Services, after: Option<WorkspaceId>) -> Result<Vec<WorkspaceId>> {
    let mut chains = match after {
        None => vec![INSTALLATION],
        Some(_) => Vec::new(),
    };
    chains.extend(services.system.system_view().await?.workspaces_after(after.unwrap_or(INSTALLATION), STEP).await?);
    Ok(chains)
}

/// Sends what was not sent yet. What a destination did not take is sent again later, to all.
async fn send_unsent(services: &Services, chains: &[WorkspaceId]) -> Result<()> {
    if services.destinations.is_empty() {
        return Ok(());
    }
    let keys = services.system.keyring().now();
    let mut is_told = false;
    for chain in chains {
        loop {
            let mut unsent = services.system.system_view().await?.unsent_checkpoints(*chain).await?;
            // Somebody could have put others there, which would make the whole file unreadable where it is kept.
            unsent.retain(|signed| signed.is_by(keys.signing_keys()));
            if unsent.is_empty() {
                break;
            }
            // Each time, for a destination may be new: each key is trusted by the one before it.
            let told = keys.next_keys().into_iter().filter(|_| !is_told).map(|told| told.json());
            let lines: Vec<Value> = told.chain(unsent.iter().map(Signed::json)).collect();
            services.destinations.send(&lines).await?;
            is_told = true;
            let sent = unsent.iter().map(|signed| signed.said.seq).collect();
            services.system.note_sent(*chain, sent).await?;
        }
    }
    Ok(())
}

/// Signs all now, then sends what was not sent; returns the newest of each chain.
pub async fn make_checkpoints(services: &Services) -> Result<Vec<Signed>> {
    let (mut chains, mut newest) = (Vec::new(), Vec::new());
    loop {
        let next = next_chains(services, chains.last().copied()).await?;
        if next.is_empty() {
            break;
        }
        chains.extend(next);
    }
    for chain in &chains {
        services.system.sign_end(*chain).await?;
        newest.extend(services.system.system_view().await?.newest_checkpoint(*chain).await?);
    }
    send_unsent(services, &chains).await?;
    Ok(newest)
}
