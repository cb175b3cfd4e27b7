//! Whether the process is up, and whether it can work.

use crate::server::error::Error;
use crate::server::http::moment::moment;
use crate::server::state::AppState;
use crate::server::store::Purpose;
use crate::server::store::job::JobsState;
use axum::extract::State;

/// The process is up.
pub async fn live() -> &'static str {
    "ok\n"
}

/// The database responds, its schema is of this version, and the queue of the event stream has room. Jobs that fail or
/// are late are said, and keep nobody from sending events.
pub async fn ready(State(state): State<AppState>) -> Result<String, Error> {
    if state.ingest.has_stopped() {
        return Err(Error::Unavailable("the writer of the event stream has stopped".to_owned()));
    }
    if state.ingest.is_full() {
        return Err(Error::Full);
    }
    state.store.ready().await?;
    let mut system = state.store.for_purpose(Purpose::Caller).system_view().await?;
    let JobsState { failing, late_since, noted } = system.jobs_state().await?;
    let mut said = "ready\n".to_owned();
    if failing > 0 {
        said += &format!("failing jobs: {failing}\n");
    }
    if let Some(since) = late_since {
        said += &format!("late jobs since {}\n", moment(since).iso);
    }
    if noted > 0 {
        said += &format!("workspaces with more ids of requests than are kept: {noted}\n");
    }
    Ok(said)
}
