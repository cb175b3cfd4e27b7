//! Whether the process is up, and whether it can work.

use crate::server::error::Error;
use crate::server::state::State;
use axum::extract::State as Shared;

/// The process is up.
pub async fn live() -> &'static str {
    "ok\n"
}

/// The store answers and its schema is ours.
pub async fn ready(Shared(state): Shared<State>) -> Result<&'static str, Error> {
    state.store.ready().await.map(|()| "ready\n")
}
