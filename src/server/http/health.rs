//! Whether the process is up, and whether it can work.

use crate::server::error::Error;
use crate::server::state::AppState;
use axum::extract::State;

/// The process is up.
pub async fn live() -> &'static str {
    "ok\n"
}

/// The database responds, its schema is of this version, and the queue of the event stream has room.
pub async fn ready(State(state): State<AppState>) -> Result<&'static str, Error> {
    if state.ingest.has_stopped() {
        return Err(Error::Unavailable("the writer of the event stream has stopped".to_owned()));
    }
    if state.ingest.is_full() {
        return Err(Error::Unavailable("the queue of the event stream is full".to_owned()));
    }
    state.store.ready().await.map(|()| "ready\n")
}
