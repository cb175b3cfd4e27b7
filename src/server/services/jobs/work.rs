//! What each kind of job does, a step at a time.

use crate::domain::device::SILENT;
use crate::domain::job::{JobKind, JobStep};
use crate::domain::notice::KEPT_NOTICES;
use crate::domain::retention::Keep;
use crate::domain::time::{DAY, HOUR};
use crate::server::auth::{session, throttle};
use crate::server::error::Result;
use crate::server::services::Services;
use crate::server::services::alert::alert_step;
use crate::server::services::checkpoint::checkpoint_step;
use crate::server::services::erasure::erase_step;
use crate::server::services::exploration::explore_step;
use crate::server::services::mail::mail_step;
use crate::server::services::notice::tell_of_keys;
use crate::server::services::profile::write_accesses;
use crate::server::services::release::release_step;
use crate::server::services::session::write_failures;
use crate::server::services::weekly_mail::weekly_mail_step;
use crate::server::store::job::ClaimedJob;
use crate::server::store::{SystemTx, Trail};

/// Does the next step of a job.
pub(super) async fn step(services: &Services, keep: Keep, job: &mut ClaimedJob) -> Result<JobStep> {
    let (system, workspace) = (&services.system, job.workspace_id);
    if let Some(what) = job.name.ages() {
        return system.age(job, what, keep).await;
    }
    match job.name {
        JobKind::Tidying => system.transaction(tidy_once).await?,
        JobKind::SignInFailures => write_failures(services).await?,
        JobKind::TokenReads => write_accesses(services).await?,
        JobKind::Checkpoints => return checkpoint_step(services, job).await,
        JobKind::Mail => return mail_step(services, job).await,
        JobKind::Notices => tell_of_keys(services, workspace).await?,
        JobKind::Samples => {
            system.prune_samples(workspace).await?;
            system.prune_explorations(workspace).await?;
        }
        JobKind::Retirement => {
            let now = system.sure_now()?;
            let silent_before = now.minus(SILENT);
            // As long as their changes of status are kept, whoever counts again finds them.
            let heard_before = now.minus(keep.transitions_days * DAY).min(silent_before);
            let step = system.retire_step(workspace, silent_before, &job.cursor).await?;
            if let Some(next) = step.next {
                job.cursor = next;
                return Ok(JobStep::More);
            }
            if system.remove_retired(workspace, heard_before).await? > 0 {
                return Ok(JobStep::More);
            }
            // The next time it begins with the first again.
            job.cursor.clear();
            system.renew_job(job).await?;
        }
        JobKind::Releases => return release_step(services, keep, job).await,
        JobKind::Alerts => alert_step(services, keep, workspace).await?,
        JobKind::WeeklyMails => return weekly_mail_step(services, keep, workspace).await,
        JobKind::Exploration => return explore_step(services, workspace).await,
        JobKind::Erasure => return erase_step(services, workspace).await,
        JobKind::Transitions | JobKind::Days | JobKind::Flows | JobKind::DataProblems | JobKind::RequestIds => {}
    }
    Ok(JobStep::Done(None))
}

async fn tidy_once(mut tx: SystemTx) -> Result<()> {
    let (seen_before, made_before) = session::over_before(tx.now);
    tx.prune_sessions(seen_before, made_before).await?;
    tx.prune_taken_forms(made_before).await?;
    let forgotten = throttle::forgotten_before(tx.now).minus(HOUR);
    tx.prune_throttles(forgotten).await?;
    tx.prune_notices(tx.now.minus(KEPT_NOTICES)).await?;
    tx.prune_mails().await?;
    tx.prune_links().await?;
    tx.prune_invitations().await?;
    tx.commit(Trail::Unaudited("old sessions, forms, failures, notices, links and invitations")).await
}
