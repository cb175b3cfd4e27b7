//! What is noted of a request that failed: in the log, in the metrics, and for the operators where somebody knocks too often.

use super::forwarded::{address, peer};
use super::metrics::method_label;
use super::pages::refused::{RefusedRequest, person_of};
use crate::domain::error::Refusal;
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::time::DAY;
use crate::server::auth::throttle::host;
use crate::server::denials::{self, Denial, Knocker};
use crate::server::error::Error;
use crate::server::services::notice::tell_operators;
use crate::server::state::AppState;
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use std::net::IpAddr;

/// What is noted of a request, should it fail.
pub(super) struct Asked<'a> {
    state: &'a AppState,
    method: Method,
    route: Option<MatchedPath>,
    from: Option<IpAddr>,
    incident: &'a str,
}

impl<'a> Asked<'a> {
    pub fn of(state: &'a AppState, request: &Request, incident: &'a str) -> Self {
        let from =
            peer(request.extensions()).map(|peer| address(peer, request.headers(), &state.config.trusted_proxies));
        let (method, route) = (request.method().clone(), request.extensions().get::<MatchedPath>().cloned());
        Self { state, method, route, from, incident }
    }

    fn note(&self, kind: &'static str) {
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let method = method_label(&self.method);
        self.state.denials.note(Denial { kind, method, route, from: self.from, incident: self.incident });
    }

    /// Tells the operators where a key or token is wrong too often.
    pub fn watch_key(&self) {
        let from = self.from.map(|from| host(&from.to_string())).unwrap_or_default();
        let told = NoticeState { address: self.from.map(|from| from.to_string()), ..NoticeState::default() };
        // Of whichever address is first: strangers have many.
        watch(self.state, Knocker::Address(from), NoticeKind::ManyBadKeys, (String::new(), told));
    }

    pub fn note_error(&self, error: &Error) {
        log(error, self.incident);
        if let Error::Refused(refusal) = error {
            self.note_refusal(refusal);
        }
    }

    fn note_refusal(&self, refusal: &Refusal) {
        match refusal {
            Refusal::Unauthorized => self.note("unauthorized"),
            Refusal::Forbidden | Refusal::OperatorsOnly => self.note("forbidden"),
            Refusal::InputPaused => denials::count("input_paused"),
            Refusal::SecondFactorMissing => self.note("second_factor_missing"),
            Refusal::FromElsewhere => self.note("from_elsewhere"),
            Refusal::NotFound => self.note("not_found"),
            // Whoever's session is over, and whoever mistypes, is told so.
            Refusal::Unconfirmed => denials::count("unconfirmed"),
            Refusal::SignedOut => denials::count("signed_out"),
            Refusal::BadRequest(_) | Refusal::NotJsonType => denials::count("bad_request"),
            Refusal::Invalid(_) => denials::count("invalid"),
            Refusal::Conflict | Refusal::SentAlready => denials::count("conflict"),
            Refusal::TooLarge(_) => denials::count("too_large"),
            Refusal::CutOff => denials::count("cut_off"),
            Refusal::RateLimited | Refusal::TooManyForNow => denials::count("rate_limited"),
        }
    }

    /// The same of what the router itself refused.
    pub fn note_bare(&self, status: StatusCode) {
        match status {
            StatusCode::METHOD_NOT_ALLOWED => self.note("method"),
            StatusCode::NOT_FOUND => self.note("not_found"),
            _ => denials::count("bad_request"),
        }
    }
}

/// Counts a refusal of somebody, and tells the operators when it is one too many.
fn watch(state: &AppState, who: Knocker, kind: NoticeKind, (about, told): (String, NoticeState)) {
    let now = state.store.clock().now();
    if state.denials.is_too_often(who, now) {
        let services = state.services.clone();
        tokio::spawn(async move {
            // Once a day, by however many processes.
            let about = format!("{about} {}", now.0.div_euclid(DAY));
            if let Err(error) = tell_operators(&services, kind, about, told).await {
                tracing::warn!(%error, "operators were not told of refusals");
            }
        });
    }
}

/// The same of a person, at what their role does not allow.
pub(super) async fn watch_person(state: &AppState, asked: &RefusedRequest, error: &Error) {
    let is_closed = matches!(
        error,
        Error::Refused(Refusal::Forbidden | Refusal::OperatorsOnly | Refusal::SecondFactorMissing | Refusal::NotFound)
    );
    if is_closed && let Ok(Some(person)) = person_of(state, asked).await {
        let told = NoticeState { who: Some(person.name.clone()), ..NoticeState::default() };
        watch(state, Knocker::Person(person.id), NoticeKind::ManyRefusals, (person.id.to_string(), told));
    }
}

/// Writes the cause into the log, once.
pub(super) fn log(error: &Error, incident: &str) {
    match error {
        // Noted as such.
        Error::Refused(_) | Error::Full => {}
        Error::Again(cause) | Error::Broken(cause) | Error::Unavailable(cause) => {
            tracing::warn!(incident, cause, "the database is unavailable")
        }
        Error::Unknown(cause) => tracing::error!(incident, cause, "it is not known whether a request was stored"),
        Error::Unsent(cause) | Error::Internal(cause) => tracing::error!(incident, cause, "a request failed"),
    }
}
