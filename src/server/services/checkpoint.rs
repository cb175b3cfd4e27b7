//! Signing where the chains of the log end, and sending that to where this installation cannot change it.

use super::Services;
use crate::domain::id::WorkspaceId;
use crate::domain::job::JobStep;
use crate::server::error::Result;
use crate::server::secret::signing::Signed;
use crate::server::store::audit::INSTALLATION;
use crate::server::store::job::ClaimedJob;

/// Signs and sends what the next chains have, by the job's cursor: the last chain that is done.
pub(super) async fn checkpoint_step(services: &Services, job: &mut ClaimedJob) -> Result<JobStep> {
    let chains = next_chains(services, job.cursor.parse().ok().map(WorkspaceId)).await?;
    let Some(last) = chains.last().copied() else {
        job.cursor.clear();
        services.system.renew_job(job).await?;
        return Ok(JobStep::Done(None));
    };
    for chain in chains {
        sign_and_send(services, chain).await?;
    }
    job.cursor = last.0.to_string();
    Ok(JobStep::More)
}

/// Those after one, or from the first on, which is the installation's.
async fn next_chains(services: &Services, after: Option<WorkspaceId>) -> Result<Vec<WorkspaceId>> {
    let mut chains = match after {
        None => vec![INSTALLATION],
        Some(_) => Vec::new(),
    };
    chains.extend(services.system.system_view().await?.workspaces_after(after.unwrap_or(INSTALLATION)).await?);
    Ok(chains)
}

/// Signs where a chain ends, if it went on, and sends what was not sent yet. What a destination did not take is sent again,
/// to all.
async fn sign_and_send(services: &Services, chain: WorkspaceId) -> Result<()> {
    services.system.sign_end(chain).await?;
    if services.destinations.is_empty() {
        return Ok(());
    }
    loop {
        let unsent = services.system.system_view().await?.unsent_checkpoints(chain).await?;
        let Some(last) = unsent.last().and_then(Signed::seq) else { return Ok(()) };
        services.destinations.send(&unsent).await?;
        services.system.note_sent(chain, last).await?;
    }
}

/// Signs and sends all now; returns the newest of each chain.
pub async fn make_checkpoints(services: &Services) -> Result<Vec<Signed>> {
    let (mut newest, mut after) = (Vec::new(), None);
    loop {
        let chains = next_chains(services, after).await?;
        let Some(last) = chains.last().copied() else { return Ok(newest) };
        for chain in chains {
            sign_and_send(services, chain).await?;
            newest.extend(services.system.system_view().await?.newest_checkpoint(chain).await?);
        }
        after = Some(last);
    }
}
