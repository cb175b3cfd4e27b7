//! How hard a password is to guess, for the page on which one types it.

use crate::domain::error::Refusal;
use crate::server::auth::password::strength;
use crate::server::error::{Error, Result};
use crate::server::http::form::Form;
use crate::server::state::AppState;
use crate::ui::words;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Longer than what a page knows of a person, in characters.
const LONGEST_KNOWN: usize = 600;

/// `POST /strength`: judges as the form will. Nothing of what is sent is kept.
pub async fn judge(State(state): State<AppState>, mut form: Form) -> Result<Response> {
    let (password, known) = (form.secret("password"), form.optional("known"));
    if form.faults().is_some() || known.chars().count() > LONGEST_KNOWN {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    // It takes some milliseconds, and anybody may ask: one at a time, and whoever does not get a turn asks again.
    let turn = state.judging.clone().try_acquire_owned().map_err(|_| Refusal::RateLimited)?;
    let judged = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        strength(&password, &known.lines().collect::<Vec<_>>())
    });
    let (score, verdict) = judged.await.map_err(Error::internal)?;
    let words = verdict.map_or_else(|problem| words::form_problem("password", problem), |()| "Hard to guess.");
    Ok(Json(json!({"score": score, "words": words})).into_response())
}
