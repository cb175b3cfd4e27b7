//! How errors are reported: once, as a page or as JSON, with the cause in the log only.

use super::denied::{Asked, log, watch_person};
use super::form::SentFields;
use super::pages::confirm::confirm_page;
use super::pages::refused::{RefusedRequest, refused};
use super::render::render;
use super::security::{RequestId, assert_readable};
use crate::domain::error::{Code, Fault, Message, Refusal};
use crate::server::denials;
use crate::server::error::Error;
use crate::server::state::AppState;
use crate::ui::islands::counts;
use crate::ui::pages::Page;
use crate::ui::words;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use futures::FutureExt;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;
use serde_json::json;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tracing::Instrument;

/// Seconds after which a client may try again when the database was unavailable.
const TRY_AGAIN: &str = "2";
/// After so many seconds what is counted by the hour is less, in the header.
const NEXT_HOUR: &str = "3600";
/// Seconds after which an input over its rate may send again: rates count by the second.
const NEXT_SECOND: &str = "1";

/// The error, as it is passed from a handler to the layer that reports it.
#[derive(Clone)]
struct Failed(Arc<Error>);

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = status(&self).into_response();
        response.extensions_mut().insert(Failed(Arc::new(self)));
        response
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::Refused(Refusal::BadRequest(_)) => StatusCode::BAD_REQUEST,
        Error::Refused(Refusal::Unauthorized | Refusal::SignedOut) => StatusCode::UNAUTHORIZED,
        Error::Refused(
            Refusal::Forbidden
            | Refusal::InputPaused
            | Refusal::Unconfirmed
            | Refusal::SecondFactorMissing
            | Refusal::OperatorsOnly
            | Refusal::FromElsewhere,
        ) => StatusCode::FORBIDDEN,
        Error::Refused(Refusal::NotFound) => StatusCode::NOT_FOUND,
        Error::Refused(Refusal::Conflict | Refusal::SentAlready) => StatusCode::CONFLICT,
        Error::Refused(Refusal::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Refused(Refusal::NotJsonType) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::Refused(Refusal::TooLarge(_)) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Refused(Refusal::CutOff) => StatusCode::REQUEST_TIMEOUT,
        Error::Refused(Refusal::RateLimited | Refusal::TooManyForNow) => StatusCode::TOO_MANY_REQUESTS,
        Error::Full | Error::Again(_) | Error::Broken(_) | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Unknown(_) | Error::Unsent(_) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Has the request answered. A panic is an error like another, so that who asked is told its incident. What changes something
/// goes on to its end, also when who asked has gone: or a guess would be tried, and not be counted. Only the end of the process cuts it off.
async fn answered(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return caught(request, next).await;
    }
    let whole = tokio::spawn(caught(request, next).in_current_span());
    whole.await.unwrap_or_else(|error| Error::Internal(format!("a request ended early: {error}")).into_response())
}

/// The same without a task of its own. An address that cannot be read is refused here, so that it is told like other errors.
async fn caught(request: Request, next: Next) -> Response {
    if let Err(error) = assert_readable(request.uri()) {
        return error.into_response();
    }
    AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        denials::count("panic");
        let said = said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a word");
        Error::Internal(format!("a panic: {said}")).into_response()
    })
}

/// Reports errors as a page.
pub async fn as_page(
    State(state): State<AppState>,
    RequestId(incident): RequestId,
    mut request: Request,
    next: Next,
) -> Response {
    // An unknown address among those for machines is reported as JSON.
    if is_for_machines(request.uri().path()) {
        return as_json(State(state), RequestId(incident), request, next).await;
    }
    let told = Asked::of(&state, &request, &incident);
    let asked = RefusedRequest::of(&state, &request);
    let sent = SentFields::default();
    request.extensions_mut().insert(sent.clone());
    let response = answered(request, next).await;
    if is_bare(&response) {
        told.note_bare(response.status());
        let page = refused(&state, asked, None, None).await;
        let mut shown = render(&state, Page::Refused(Box::new(page)), response.status());
        // A handler that refuses a method names those that it takes; elsewhere the router does, further out.
        if let Some(allow) = response.headers().get(ALLOW) {
            shown.headers_mut().insert(ALLOW, allow.clone());
        }
        return shown;
    }
    let Some(Failed(error)) = response.extensions().get::<Failed>().cloned() else { return response };
    told.note_error(&error);
    if matches!(&*error, Error::Refused(Refusal::Unconfirmed))
        && let Ok(Some(page)) = confirm_page(&state, &asked, sent.get()).await
    {
        return render(&state, page, status(&error));
    }
    watch_person(&state, &asked, &error).await;
    let page = refused(&state, asked, Some(&error), Some(incident)).await;
    with_retry(render(&state, Page::Refused(Box::new(page)), status(&error)), &error)
}

/// Whether an address is one of the Events API's, among them, or what a sender makes of them by mistake.
fn is_of_events(path: &str) -> bool {
    let first = path.split('/').find(|part| !part.is_empty()).unwrap_or_default().to_ascii_lowercase();
    ["v1", "v2", "s2s", "events", "bulkevents"].contains(&first.as_str())
}

/// Whether an address is among those for machines, known or not.
fn is_for_machines(path: &str) -> bool {
    is_of_events(path) || ["/api/", "/userprofile/"].iter().any(|machines| path.starts_with(machines))
}

/// Reports errors as JSON.
pub async fn as_json(
    State(state): State<AppState>,
    RequestId(incident): RequestId,
    request: Request,
    next: Next,
) -> Response {
    let basic = is_of_events(request.uri().path());
    let asked = Asked::of(&state, &request, &incident);
    // What events came whole waits in the queue, and is stored whoever waits: there a task of its own would only cost.
    let response = if basic { caught(request, next).await } else { answered(request, next).await };
    if is_bare(&response) {
        asked.note_bare(response.status());
        let message = match response.status() {
            // The router itself adds the header, further out.
            StatusCode::METHOD_NOT_ALLOWED => "method: expected one of those in the header Allow",
            _ => "request: the address or its query cannot be read",
        };
        let body = json!({"errors": [{"code": Code::BadRequest, "message": message}]});
        return (response.status(), Json(body)).into_response();
    }
    let Some(Failed(error)) = response.extensions().get::<Failed>().cloned() else { return response };
    asked.note_error(&error);
    // The Events API refuses a wrong secret so.
    let is_wrong = matches!(&*error, Error::Refused(Refusal::Unauthorized))
        || basic && matches!(&*error, Error::Refused(Refusal::Forbidden));
    if is_wrong {
        asked.watch_key();
    }
    let mut messages = messages(&error, &incident);
    if basic && matches!(&*error, Error::Refused(Refusal::NotFound)) {
        messages = vec![Message {
            code: Code::NotFound,
            message: "not found: events are sent to /v2/events, /v2/bulkevents or /v2/bulkevents/historical".to_owned(),
        }];
    }
    let mut reported = (status(&error), Json(json!({"errors": messages}))).into_response();
    if matches!(&*error, Error::Refused(Refusal::Unauthorized)) {
        let scheme = if basic { "Basic realm=\"attest\"" } else { "Bearer" };
        reported.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    }
    with_retry(reported, &error)
}

/// Whether the router itself refused, in plain text or without a body: a method or an address that it cannot read.
fn is_bare(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).map_or(&b"text/plain"[..], HeaderValue::as_bytes);
    response.status().is_client_error()
        && kind.starts_with(b"text/plain")
        && response.extensions().get::<Failed>().is_none()
}

/// Reports what went wrong to an island: in the body of its server function, with the status that it has everywhere.
/// Must be called while Leptos runs that function.
pub fn of_server_function(error: &Error, incident: &str) -> counts::CountsRefused {
    log(error, incident);
    let options = expect_context::<ResponseOptions>();
    options.set_status(status(error));
    options.insert_header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    counts::CountsRefused { errors: messages(error, incident) }
}

fn with_retry(mut response: Response, error: &Error) -> Response {
    let headers = response.headers_mut();
    match error {
        Error::Full | Error::Again(_) | Error::Broken(_) | Error::Unavailable(_) => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(TRY_AGAIN));
        }
        Error::Refused(Refusal::TooManyForNow) => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(NEXT_HOUR));
        }
        Error::Refused(Refusal::RateLimited) => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(NEXT_SECOND));
            headers.insert("x-mp-rate-limit-exceeded", HeaderValue::from_static("feed"));
        }
        _ => {}
    }
    response
}

fn messages(error: &Error, incident: &str) -> Vec<Message> {
    let one = |code: Code, message: &str| vec![Message { code, message: message.to_owned() }];
    match error {
        Error::Refused(refusal @ (Refusal::BadRequest(faults) | Refusal::Invalid(faults))) if !faults.is_empty() => {
            faults.iter().map(|fault| Message { code: refusal.code(), message: message(fault) }).collect()
        }
        Error::Refused(refusal) => {
            let message = match refusal {
                Refusal::Unauthorized => "expected credentials in the Authorization header",
                Refusal::SignedOut => "nobody is signed in",
                Refusal::Forbidden | Refusal::InputPaused | Refusal::OperatorsOnly => {
                    "these credentials do not allow this"
                }
                Refusal::Unconfirmed => "this needs the password once more, on a page of Attest",
                Refusal::SecondFactorMissing => "this needs two-factor authentication, which is not set up",
                Refusal::FromElsewhere => "this request does not come from a page of Attest",
                Refusal::NotFound => "not found",
                Refusal::NotJsonType => "Content-Type: expected application/json",
                Refusal::TooManyForNow => "that is a lot within an hour",
                Refusal::RateLimited => "this input sends more requests per second than it is allowed to",
                Refusal::Conflict => words::STALE_VERSION,
                Refusal::SentAlready => "this form was sent already",
                Refusal::TooLarge(kb) => &format!("expected at most {kb} KB"),
                Refusal::CutOff => {
                    "the body did not come whole, or not within 30 seconds; nothing was stored, send it again"
                }
                Refusal::BadRequest(_) | Refusal::Invalid(_) => "the request cannot be read",
            };
            one(refusal.code(), message)
        }
        Error::Full => one(Code::Unavailable, "too many events are waiting; nothing was stored, send it again"),
        Error::Again(_) | Error::Broken(_) | Error::Unavailable(_) => {
            one(Code::Unavailable, "the database is unavailable; nothing was stored")
        }
        Error::Unknown(_) => {
            one(Code::Internal, &format!("it is not known whether this was stored (incident {incident})"))
        }
        Error::Unsent(_) | Error::Internal(_) => one(Code::Internal, &format!("incident {incident}")),
    }
}

/// A fault in words; never the value that was sent.
pub(super) fn message(fault: &Fault) -> String {
    let field = if fault.field.is_empty() { "request" } else { &fault.field };
    format!("{field}: {}", words::problem(fault.problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;

    async fn panics() -> StatusCode {
        panic!("of {} words", 3)
    }

    #[tokio::test]
    async fn a_panic_is_an_error_like_another() {
        let app = Router::new().route("/", get(panics)).layer(from_fn(answered));
        let request = Request::get("/").body(Body::empty()).expect("a request");
        let response = app.oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let Some(Failed(error)) = response.extensions().get::<Failed>() else { panic!("no error") };
        assert_eq!(error.to_string(), Error::Internal("a panic: of 3 words".to_owned()).to_string());
    }
}
