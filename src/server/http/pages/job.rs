//! Jobs, for operators.

use super::PageQuery;
use super::installation::{installation_frame, operators_only};
use super::listing::part;
use crate::domain::job::LATE;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::http::caller::SignedInPerson;
use crate::server::http::moment::Times;
use crate::server::http::render::render;
use crate::server::state::AppState;
use crate::server::store::job::Job;
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::job::{INSTALLATION, JobRow, JobState, Jobs};
use crate::ui::words;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /jobs`.
pub async fn list(visit: SignedInPerson, State(state): State<AppState>, query: RawQuery) -> Result<Response> {
    operators_only(&visit)?;
    let mut system = state.store.system_view().await?;
    let jobs: Vec<JobRow> = {
        let now = system.now;
        system.jobs().await?.into_iter().map(|job| row(job, now)).collect()
    };
    let count = |is: fn(&JobState) -> bool| jobs.iter().filter(|job| is(&job.state)).count() as i64;
    let failing = count(|state| matches!(state, JobState::Failing(_) | JobState::Running(1..)));
    let late = count(|state| *state == JobState::Late);
    let noted = count(|state| *state == JobState::Noted);
    let found_by = |job: &JobRow| format!("{} {}", job.name, job.workspace.as_deref().unwrap_or(INSTALLATION));
    let (rows, pager) = part(&PageQuery::new(query), jobs, found_by);
    let frame = installation_frame(&mut system, &visit.person, InstallationPage::Jobs).await?;
    Ok(render(&state, Page::Jobs(Box::new(Jobs { frame, rows, pager, failing, late, noted })), StatusCode::OK))
}

fn row(job: Job, now: Millis) -> JobRow {
    let times = Times { now, zone: None };
    let is_running = job.lease_until.is_some_and(|until| until >= now);
    let state = match job.failures {
        failures if is_running => JobState::Running(failures),
        0 if job.due_at < now.minus(LATE) => JobState::Late,
        0 if job.note.is_some() => JobState::Noted,
        0 => JobState::Waiting,
        failures => JobState::Failing(failures),
    };
    JobRow {
        name: words::job(job.name),
        workspace: job.workspace,
        state,
        due: times.ago(job.due_at),
        is_due: job.due_at <= now,
        ended: job.ended_at.map(|at| times.ago(at)),
        said: job.last_error.map(words::job_error).or_else(|| job.note.map(|note| words::job_note(note).to_owned())),
    }
}
