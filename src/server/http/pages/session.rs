//! Sign in, sign out, and where one goes first.

use super::installation::installation_frame;
use super::remembered::take_message;
use crate::domain::error::Refusal;
use crate::server::auth::session::{ADDRESS, AGENT, CONFIRMED, FACTOR, HALF, PERSON};
use crate::server::error::{Error, Result};
use crate::server::http::caller::{Anonymous, AskedPage, SignedInPerson, signed_in_person, unavailable};
use crate::server::http::cookie::cookie;
use crate::server::http::form::Form;
use crate::server::http::render::render;
use crate::server::services;
use crate::server::services::half_signed_in::HalfSignedIn;
use crate::server::services::session::{Proof, SignedIn};
use crate::server::state::AppState;
use crate::server::store::Actor;
use crate::server::store::person::Person;
use crate::ui::installation::{InstallationFrame, InstallationPage};
use crate::ui::pages::Page;
use crate::ui::pages::session::{NoWorkspace, Refusal as Why, SignIn, SignInCode};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use time::Duration;
use tower_sessions::Session;
use tower_sessions::cookie::{Cookie, SameSite};

/// `GET /`: the person's first workspace.
pub async fn home(visit: SignedInPerson, State(state): State<AppState>) -> Result<Response> {
    let workspaces = state.store.system_view().await?.memberships(visit.person.id).await?;
    Ok(match workspaces.first() {
        Some(first) => Redirect::to(&format!("/w/{}/overview", first.slug)).into_response(),
        None => {
            let mut system = state.store.system_view().await?;
            let frame = installation_frame(&mut system, &visit.person, InstallationPage::Account).await?;
            let page = NoWorkspace { frame: InstallationFrame { page: None, ..frame } };
            render(&state, Page::NoWorkspace(Box::new(page)), StatusCode::OK)
        }
    })
}

/// `GET /sign-in`.
pub async fn sign_in_form(
    page: AskedPage,
    State(state): State<AppState>,
    session: Session,
    query: RawQuery,
) -> Result<Response> {
    let asked = super::PageQuery::new(query);
    let next = local_path(asked.of("next").unwrap_or_default());
    if signed_in_person(&state, &session).await?.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    let needs_set_up = state.store.system_view().await?.count_people().await? == 0;
    let page = SignIn {
        next,
        signed_out: asked.of("signed-out").is_some(),
        done: take_message(&session, &page).await?,
        needs_set_up,
        ..SignIn::default()
    };
    Ok(render(&state, Page::SignIn(Box::new(page)), StatusCode::OK))
}

/// `POST /sign-in`.
pub async fn sign_in(
    Anonymous(actor): Anonymous,
    State(state): State<AppState>,
    session: Session,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response> {
    let (email, password, next) = (form.text("email"), form.secret("password"), local_path(&form.optional("next")));
    if form.faults().is_some() {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let again = |refusal, status| {
        render(
            &state,
            Page::SignIn(Box::new(SignIn {
                email: email.clone(),
                next: next.clone(),
                refusal: Some(refusal),
                ..SignIn::default()
            })),
            status,
        )
    };
    let marks = cookie(&headers, MARKS).unwrap_or_default();
    match services::session::sign_in(&state.services, &actor, (&email, password), &marks).await? {
        SignedIn::Yes(person, proof) => match begin(&state, &actor, &session, &person, proof).await? {
            Some(marked) => Ok((marked, Redirect::to(&next)).into_response()),
            // The password was right a moment ago, and is not any more.
            None => Ok(again(Why::NotRight, StatusCode::UNPROCESSABLE_ENTITY)),
        },
        SignedIn::NeedsCode(half) => {
            session.flush().await.map_err(unavailable)?;
            session.insert(HALF, half).await.map_err(unavailable)?;
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            Ok(Redirect::to(&format!("/sign-in/code?next={next}")).into_response())
        }
        SignedIn::No => Ok(again(Why::NotRight, StatusCode::UNPROCESSABLE_ENTITY)),
        SignedIn::Wait(ms) => Ok(wait(ms, again)),
    }
}

fn wait(ms: i64, again: impl Fn(Why, StatusCode) -> Response) -> Response {
    let seconds = (ms + 999) / 1000;
    let mut response = again(Why::Wait(seconds), StatusCode::TOO_MANY_REQUESTS);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// A cookie for the browser to keep, where there is one.
type Marked = Option<[(HeaderName, String); 1]>;

/// Begins the person's session, and has the log say so; `None` where their proof is not good any more.
async fn begin(
    state: &AppState,
    actor: &Actor,
    session: &Session,
    person: &Person,
    proof: Proof,
) -> Result<Option<Marked>> {
    let marked = proof.marks.as_deref().map(|marks| [(SET_COOKIE, marked(marks, state.config.is_https()))]);
    let now = state.store.system_view().await?.now;
    // A session from before sign-in could be somebody else's doing: it ends, and a new id begins.
    session.flush().await.map_err(unavailable)?;
    session.insert(PERSON, person.id.to_string()).await.map_err(unavailable)?;
    session.insert(AGENT, actor.browser().unwrap_or_default()).await.map_err(unavailable)?;
    session.insert(ADDRESS, actor.address.clone().unwrap_or_default()).await.map_err(unavailable)?;
    session.insert(CONFIRMED, now).await.map_err(unavailable)?;
    session.insert(FACTOR, person.second_factor_at).await.map_err(unavailable)?;
    session.save().await.map_err(unavailable)?;
    match services::session::record_sign_in(&state.services, actor, person, proof).await {
        Ok(()) => Ok(Some(marked)),
        Err(error) => {
            session.flush().await.map_err(unavailable)?;
            if matches!(error, Error::Refused(Refusal::SignedOut)) { Ok(None) } else { Err(error) }
        }
    }
}

/// Whose password was right in this session, while they may still give a code.
async fn half_signed_in(state: &AppState, session: &Session) -> Result<Option<HalfSignedIn>> {
    let half: Option<HalfSignedIn> = session.get(HALF).await.map_err(unavailable)?;
    let now = state.store.system_view().await?.now;
    Ok(half.filter(|half| half.is_open(now)))
}

/// `GET /sign-in/code`: asks for the code of the second factor.
pub async fn code_form(State(state): State<AppState>, session: Session, query: RawQuery) -> Result<Response> {
    let next = local_path(super::PageQuery::new(query).of("next").unwrap_or_default());
    if half_signed_in(&state, &session).await?.is_none() {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let page = SignInCode { next, refusal: None };
    Ok(render(&state, Page::SignInCode(Box::new(page)), StatusCode::OK))
}

/// `POST /sign-in/code`.
pub async fn sign_in_by_code(
    Anonymous(actor): Anonymous,
    State(state): State<AppState>,
    session: Session,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response> {
    let (code, next) = (form.text("code"), local_path(&form.optional("next")));
    if form.faults().is_some() {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let Some(half) = half_signed_in(&state, &session).await? else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let again = |refusal, status| {
        let page = SignInCode { next: next.clone(), refusal: Some(refusal) };
        render(&state, Page::SignInCode(Box::new(page)), status)
    };
    if code.trim().is_empty() {
        return Ok(again(Why::Empty, StatusCode::UNPROCESSABLE_ENTITY));
    }
    let marks = cookie(&headers, MARKS).unwrap_or_default();
    match services::proof::sign_in_by_code(&state.services, &actor, &half, &code, &marks).await? {
        SignedIn::Yes(person, proof) => match begin(&state, &actor, &session, &person, proof).await? {
            Some(marked) => Ok((marked, Redirect::to(&next)).into_response()),
            None => Ok(Redirect::to("/sign-in").into_response()),
        },
        SignedIn::Wait(ms) => Ok(wait(ms, again)),
        SignedIn::No | SignedIn::NeedsCode(_) => Ok(again(Why::NotRight, StatusCode::UNPROCESSABLE_ENTITY)),
    }
}

/// `POST /sign-out`: ends the session in the store.
pub async fn sign_out(visit: SignedInPerson, State(state): State<AppState>) -> Result<Response> {
    services::session::sign_out(&state.services, &visit.actor).await?;
    visit.session.flush().await.map_err(unavailable)?;
    Ok(Redirect::to("/sign-in?signed-out=1").into_response())
}

/// Under which name a browser keeps by what it is known.
const MARKS: &str = "attest_known";
/// The longest that browsers keep a cookie.
const KEPT_BY_BROWSER: Duration = Duration::days(400);

/// Only the sign-in forms get it back.
fn marked(marks: &str, is_https: bool) -> String {
    let cookie = Cookie::build((MARKS, marks)).path("/sign-in").max_age(KEPT_BY_BROWSER).http_only(true);
    cookie.same_site(SameSite::Strict).secure(is_https).to_string()
}

/// A path of our own, so that a crafted link cannot lead somewhere else after sign-in.
pub(super) fn local_path(next: &str) -> String {
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let ours = next.starts_with('/') && !next.starts_with("//") && is_plain;
    if ours { next.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn sign_in_leads_nowhere_else() {
        assert_eq!(local_path("/w/acme/privacy?x=1"), "/w/acme/privacy?x=1");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\u{1}",
            "/é",
        ] {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere}");
        }
    }
}
