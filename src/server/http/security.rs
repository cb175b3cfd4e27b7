//! What applies to every response: headers, request ids, and that unsafe requests come from our own pages.

use super::unread::read_on;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::server::error::Error;
use crate::server::state::AppState;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::Body as _;
use std::convert::Infallible;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// The id of a request in the log and in audit rows; made here, never taken from outside.
#[derive(Clone, Debug, Default)]
pub struct RequestId(pub String);

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// What is around every request: its id, the end of its body, and the headers that all responses have.
pub async fn around_all(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = crate::domain::id::to_text(state.store.ids().id());
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = read_on(request, next).await;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if state.config.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    response
}

/// Responses to forms are never compressed: they may show a secret beside what was typed, and the size of both
/// compressed together reveals the secret (the attack known as BREACH).
pub async fn only_reads_are_compressed(mut request: Request, next: Next) -> Response {
    if !request.method().is_safe() {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    next.run(request).await
}

/// Refuses bodies for the Admin and the Profile API that do not say that it is JSON. Forms of other sites cannot say so, and what is no
/// JSON is told in words that fit.
pub async fn json_changes_only(request: Request, next: Next) -> Response {
    if !request.method().is_safe() && !request.body().is_end_stream() && !is_json(request.headers()) {
        return Error::from(Refusal::NotJsonType).into_response();
    }
    next.run(request).await
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Has a browser that is led to an answer for scripts keep it as a file rather than make a page of it.
pub async fn as_files(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let file = HeaderValue::from_static("attachment; filename=\"attest.json\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, file);
    response
}

/// Longer than the query of any page, in bytes: pages repeat theirs in each of their links.
const LONGEST_QUERY: usize = 8 * 1024;

/// An error for an address with a NUL, which no text that we keep has and Postgres cannot even look for.
pub fn assert_readable(address: &Uri) -> Result<(), Error> {
    if [address.path(), address.query().unwrap_or_default()].into_iter().any(|part| part.contains("%00")) {
        return Err(Refusal::BadRequest(vec![Fault::new("", Problem::Unprintable)]).into());
    }
    Ok(())
}

/// Refuses addresses that only somebody makes who wants a page to grow.
pub async fn short_queries_only(request: Request, next: Next) -> Response {
    if request.uri().query().is_some_and(|query| query.len() > LONGEST_QUERY) {
        return Error::from(Refusal::TooLarge(LONGEST_QUERY / 1024)).into_response();
    }
    next.run(request).await
}

/// Refuses unsafe requests that do not come from our own pages. Browsers send where a request comes from; a client that
/// sends nothing is no browser, and has no cookie to misuse.
pub async fn same_origin_only(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_own(request.headers(), &state.config.public_url()) {
        return next.run(request).await;
    }
    Error::from(Refusal::FromElsewhere).into_response()
}

fn is_own(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(SEC_FETCH_SITE) {
        return site == "same-origin" || site == "none";
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (None, _) => true,
        // A proxy may ask for a host by a name of its own.
        (Some(origin), _) if origin == public_url => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, origin)| origin == host),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &'static str)]) -> bool {
        let map = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_own(&map.collect(), "https://attest.example.com")
    }

    #[test]
    fn other_sites_are_refused() {
        assert!(asked(&[("sec-fetch-site", "same-origin")]));
        assert!(!asked(&[("sec-fetch-site", "cross-site")]));
        assert!(!asked(&[("sec-fetch-site", "same-site")]));
        assert!(asked(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")]));
        assert!(!asked(&[("origin", "http://evil.example"), ("host", "127.0.0.1:3000")]));
        assert!(!asked(&[("origin", "null"), ("host", "127.0.0.1:3000")]));
        assert!(asked(&[("origin", "https://attest.example.com"), ("host", "backend:3000")]), "behind a proxy");
        assert!(asked(&[]));
    }
}
