//! What the server does by itself. Every process looks for jobs that are due; a job is done by one of them, in a task of
//! its own and in short steps, and what goes wrong with it stays with it.

mod work;

use super::Services;
use crate::domain::id::to_text;
use crate::domain::job::{JobStep, LEASE};
use crate::domain::retention::Keep;
use crate::server::error::{Error, Result};
use crate::server::store::Purpose;
use crate::server::store::job::{ClaimedJob, JobsOf};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use work::step;

/// Runs of jobs, by job and outcome, and how long they took.
pub const RUNS: &str = "attest_job_runs_total";
pub const RUN_SECONDS: &str = "attest_job_seconds";

/// How often a process looks for jobs that are due.
const LOOKS: Duration = Duration::from_secs(1);
/// How often it looks whether all jobs are there.
const SCHEDULES: Duration = Duration::from_secs(60);
/// How many a process does at a time, of each sort: fewer than there are connections for jobs.
const AT_A_TIME: usize = 2;
/// How long a job goes on before others have their turn: some take hours.
const TURN: Duration = Duration::from_secs(30);

/// Does jobs until the process ends.
pub async fn run_jobs(services: &Services, keep: Keep) {
    let mut looks = ticks(LOOKS);
    let mut scheduled: Option<Instant> = None;
    let (mut of_installation, mut of_workspaces) = (JoinSet::new(), JoinSet::new());
    // What jobs themselves do may take long, and all their connections.
    let looking = services.system.for_purpose(Purpose::Caller);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            // Where one ended, another one may be due.
            Some(_) = of_installation.join_next() => {}
            Some(_) = of_workspaces.join_next() => {}
        }
        if scheduled.is_none_or(|last| last.elapsed() >= SCHEDULES) {
            match looking.schedule_jobs().await {
                Ok(()) => scheduled = Some(Instant::now()),
                Err(error) => tracing::warn!(%error, "jobs are looked through again in a second"),
            }
        }
        for (of, running) in [(JobsOf::Installation, &mut of_installation), (JobsOf::Workspaces, &mut of_workspaces)] {
            while running.try_join_next().is_some() {}
            match looking.claim_jobs(of, AT_A_TIME - running.len()).await {
                Ok(claimed) => {
                    for job in claimed {
                        let services = services.clone();
                        running.spawn(async move { run(&services, keep, job).await });
                    }
                }
                Err(error) => tracing::warn!(%error, "jobs that are due are looked for again in a second"),
            }
        }
    }
}

/// Ticks that are not made up for when they were missed.
pub fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Does all jobs that are due now, one after another.
pub async fn run_due_jobs(services: &Services, keep: Keep) -> Result<()> {
    let services = &services.for_jobs();
    services.system.schedule_jobs().await?;
    for of in [JobsOf::Installation, JobsOf::Workspaces] {
        loop {
            let claimed = services.system.claim_jobs(of, AT_A_TIME).await?;
            if claimed.is_empty() {
                break;
            }
            for job in claimed {
                run(services, keep, job).await;
            }
        }
    }
    Ok(())
}

/// Does a job to its end, and notes how it ended.
async fn run(services: &Services, keep: Keep, job: ClaimedJob) {
    let (begun, name) = (Instant::now(), job.name.as_str());
    // In a task of its own, so that a panic ends the job and nothing else.
    let done = tokio::spawn({
        let (services, job) = (services.clone(), job.clone());
        async move { all_steps(&services, keep, job).await }
    });
    let done = done.await.unwrap_or_else(|error| Err(Error::Internal(error.to_string())));
    let outcome = match done {
        Ok(JobStep::Done(_)) => "done",
        Ok(JobStep::More) => "goes_on",
        Err(_) => "failed",
    };
    metrics::counter!(RUNS, "job" => name, "outcome" => outcome).increment(1);
    metrics::histogram!(RUN_SECONDS, "job" => name).record(begun.elapsed().as_secs_f64());
    let ended = match done {
        Ok(JobStep::Done(note)) => services.system.end_job(&job, note).await,
        Ok(JobStep::More) => services.system.give_job_back(&job).await,
        Err(error) => {
            let incident = to_text(services.system.ids().id());
            tracing::warn!(job = name, workspace = %job.workspace_id, incident, %error, "a job failed and is tried again later");
            services.system.fail_job(&job, words(&error, &incident)).await
        }
    };
    if let Err(error) = ended {
        tracing::warn!(job = name, workspace = %job.workspace_id, %error, "how a job ended was not noted: it is done again");
    }
}

/// Does a job step by step, to its end or as long as its turn is; returns what its last step did. After each step it rests for as long as the step took: a look at millions of rows shall not
/// slow down everybody else.
async fn all_steps(services: &Services, keep: Keep, mut job: ClaimedJob) -> Result<JobStep> {
    let turn = Instant::now();
    loop {
        if !services.system.may_do(job.name) {
            return Ok(JobStep::More);
        }
        let begun = Instant::now();
        let done = match within_lease(step(services, keep, &mut job)).await {
            // The clock leapt meanwhile.
            Err(_) if !services.system.may_do(job.name) => return Ok(JobStep::More),
            done => done?,
        };
        if matches!(done, JobStep::Done(_)) || turn.elapsed() >= TURN {
            return Ok(done);
        }
        tokio::time::sleep(begun.elapsed()).await;
        // What ages notes in each step how far it got, and by that that it goes on; nothing of it is done when another
        // process has the job.
        if job.name.ages().is_none() {
            services.system.renew_job(&job).await?;
        }
    }
}

/// What a step does, for as long as this process has the job. Whoever waited on, for a connection that keeps silent, would keep a
/// place from the jobs of all workspaces.
async fn within_lease<T>(step: impl Future<Output = Result<T>>) -> Result<T> {
    let lease = Duration::from_millis(LEASE.unsigned_abs());
    tokio::time::timeout(lease, step)
        .await
        .unwrap_or_else(|_| Err(Error::Unavailable("a step outlasted its lease".into())))
}

/// Why a job failed, without the cause: that may name somebody, and is in the log under the incident's number.
fn words(error: &Error, incident: &str) -> String {
    let why = match error {
        Error::Refused(_) => "refused",
        Error::Full | Error::Again(_) | Error::Broken(_) | Error::Unavailable(_) => "the database was not available",
        Error::Unknown(_) => "the database failed while it stored",
        Error::Unsent(_) => "what was sent was not taken",
        Error::Internal(_) => "an internal error",
    };
    format!("{why}, incident {incident}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_step_that_nothing_comes_of_ends_with_its_lease() {
        let begun = Instant::now();
        let silent = within_lease(std::future::pending::<Result<()>>()).await;
        assert!(matches!(silent, Err(Error::Unavailable(_))), "{silent:?}");
        assert_eq!(begun.elapsed(), Duration::from_secs(120));
        assert!(matches!(within_lease(async { Ok(7) }).await, Ok(7)));
    }
}
