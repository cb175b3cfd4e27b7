//! The Events API, as official mParticle server clients speak it.

use super::batch_schema::{EventBatch, EventBatches};
use super::refused::{Errors, NotAccepted, StoredBatches};
use super::sent_body::{Unread, read};
use crate::domain::batch::{Batch, LARGEST_BATCH, LARGEST_REQUEST, MOST_BATCHES, STATUS};
use crate::domain::error::{Fault, Problem, Refusal};
use crate::server::auth::key::is_key;
use crate::server::error::{Error, Result};
use crate::server::services::input::note_secret;
use crate::server::state::AppState;
use crate::server::store::{InputGrant, SentBatches};
use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

impl FromRequestParts<AppState> for InputGrant {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let header = parts.headers.get(AUTHORIZATION).ok_or(Refusal::Unauthorized)?;
        let text = header.to_str().unwrap_or_default();
        let encoded = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
        let decoded = encoded.and_then(|(_, encoded)| BASE64_STANDARD.decode(encoded.trim()).ok());
        let pair = decoded.and_then(|decoded| String::from_utf8(decoded).ok());
        let pair = pair.as_deref().and_then(|pair| pair.split_once(':'));
        let (key, secret) = pair.filter(|(key, _)| is_key(key)).ok_or(Refusal::Forbidden)?;
        let grant = state.store.input_grant(key, secret).await?;
        state.rates.pass(&grant)?;
        if let Some(hash) = grant.noted() {
            note_secret(state.services.clone(), grant, hash);
        }
        Ok(grant)
    }
}

/// Takes one batch of events.
#[utoipa::path(
    post,
    path = "/v2/events",
    operation_id = "events",
    tag = "Events API",
    security(("input" = [])),
    request_body = EventBatch,
    responses((status = 202, description = "Stored durably."), NotAccepted)
)]
pub async fn one(grant: InputGrant, State(state): State<AppState>, request: Request) -> Result<Response> {
    let (text, room) = match read(&state, grant.workspace(), request, LARGEST_BATCH).await? {
        Ok(read) => read,
        Err(unread) => return refuse_unread(&state, grant, unread).await,
    };
    let parsed = match serde_json::from_str::<&RawValue>(&text) {
        Ok(raw) => Batch::parse(raw, grant.placeholders()),
        Err(_) => Err(vec![Fault::new("", Problem::NotJson)]),
    };
    drop(text);
    match parsed {
        Ok(batch) => {
            let sent = SentBatches { batches: vec![batch], ..SentBatches::default() };
            let refused = state.ingest.take(grant, sent, room).await?;
            if !refused.is_empty() {
                return Err(Refusal::BadRequest(vec![Fault::new(STATUS, Problem::StatusRequired)]).into());
            }
        }
        Err(faults) => return refuse(&state, grant, faults).await,
    }
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Takes up to 100 batches: the good ones are stored, and the bad ones are counted at the input.
#[utoipa::path(
    post,
    path = "/v2/bulkevents",
    operation_id = "bulk_events",
    tag = "Events API",
    security(("input" = [])),
    request_body = EventBatches,
    responses(StoredBatches, NotAccepted)
)]
pub async fn bulk(grant: InputGrant, state: State<AppState>, request: Request) -> Result<Response> {
    many(grant, state, request, false).await
}

/// Takes up to 100 historical batches: a batch without a time of its own counts from its ATT timestamp.
#[utoipa::path(
    post,
    path = "/v2/bulkevents/historical",
    operation_id = "historical_events",
    tag = "Events API",
    security(("input" = [])),
    request_body = EventBatches,
    responses(StoredBatches, NotAccepted)
)]
pub async fn historical(grant: InputGrant, state: State<AppState>, request: Request) -> Result<Response> {
    many(grant, state, request, true).await
}

async fn many(
    grant: InputGrant,
    State(state): State<AppState>,
    request: Request,
    historical: bool,
) -> Result<Response> {
    let (text, room) = match read(&state, grant.workspace(), request, LARGEST_REQUEST).await? {
        Ok(read) => read,
        Err(unread) => return refuse_unread(&state, grant, unread).await,
    };
    let fault = |problem| vec![Fault::new("", problem)];
    let raw = serde_json::from_str::<&RawValue>(&text).map_err(|_| fault(Problem::NotJson));
    let raw = raw.and_then(|raw| crate::domain::json::array(raw).map_err(fault));
    let raw = raw.and_then(|batches| match batches.len() {
        0 => Err(fault(Problem::NoBatch)),
        n if n > MOST_BATCHES => Err(fault(Problem::TooManyBatches)),
        _ => Ok(batches),
    });
    let raw = match raw {
        Ok(raw) => raw,
        Err(faults) => return refuse(&state, grant, faults).await,
    };
    let mut sent = SentBatches { historical, ..SentBatches::default() };
    let (mut indexes, mut reported) = (Vec::new(), Vec::new());
    for (index, raw) in raw.into_iter().enumerate() {
        match Batch::parse(raw, grant.placeholders()) {
            Ok(batch) => {
                sent.batches.push(batch);
                indexes.push(index);
            }
            Err(faults) => {
                for (reason, n) in reasons(&faults) {
                    *sent.refused.entry(reason).or_default() += n;
                }
                reported.extend(faults.into_iter().map(|fault| indexed(index, &fault)));
            }
        }
    }
    drop(text);
    let refused = state.ingest.take(grant, sent, room).await?;
    let stored = refused.len() < indexes.len();
    let lacking = refused.into_iter().map(|at| indexed(indexes[at], &Fault::new(STATUS, Problem::StatusRequired)));
    reported.extend(lacking);
    if !stored {
        return Err(Refusal::BadRequest(reported).into());
    }
    // Empty when all were good: official clients look for nothing there.
    if reported.is_empty() { Ok(StatusCode::ACCEPTED.into_response()) } else { Ok(stored_in_part(&reported)) }
}

/// Counts a request that cannot be read at all, and refuses it.
async fn refuse(state: &AppState, grant: InputGrant, faults: Vec<Fault>) -> Result<Response> {
    let sent = SentBatches { refused: reasons(&faults), ..SentBatches::default() };
    state.ingest.take(grant, sent, state.ingest.room(grant.workspace(), 0)?).await?;
    Err(Refusal::BadRequest(faults).into())
}

/// The answer when some batches were stored and others refused, which it names so that they can be sent again.
fn stored_in_part(refused: &[Fault]) -> Response {
    let errors = Errors::of(refused);
    (StatusCode::ACCEPTED, Json(errors)).into_response()
}

/// The fault of one batch of a bulk request.
fn indexed(index: usize, fault: &Fault) -> Fault {
    let dot = if fault.field.is_empty() { "" } else { "." };
    Fault::new(format!("[{index}]{dot}{}", fault.field), fault.problem)
}

/// One bad batch, counted under its first fault.
fn reasons(faults: &[Fault]) -> BTreeMap<String, i64> {
    faults.first().map(|fault| (fault.reason(), 1)).into_iter().collect()
}

/// Counts a request whose body was not read at the input, and refuses it.
async fn refuse_unread(state: &AppState, grant: InputGrant, unread: Unread) -> Result<Response> {
    if let Some(fault) = unread.fault() {
        let sent = SentBatches { refused: reasons(std::slice::from_ref(&fault)), ..SentBatches::default() };
        state.ingest.take(grant, sent, state.ingest.room(grant.workspace(), 0)?).await?;
    }
    unread.refusal()
}
