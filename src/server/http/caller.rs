//! Who sends a request: a signed-in person, a script with an API token, or somebody who is not signed in.

use super::form::Form;
use super::forwarded::{address, is_by_stranger, peer};
use super::security::RequestId;
use crate::domain::audit::SystemActor;
use crate::domain::error::Refusal;
use crate::domain::id::PersonId;
use crate::domain::time::Millis;
use crate::server::auth::key::{hash, token_parts};
use crate::server::auth::session::{self, CONFIRMED, FACTOR, PERSON};
use crate::server::error::Error;
use crate::server::services::token::note_use;
use crate::server::state::AppState;
use crate::server::store::person::Person;
use crate::server::store::{Actor, SentForm, Who, WorkspaceRef};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use subtle::ConstantTimeEq;
use tower_sessions::Session;

/// A signed-in person.
pub struct SignedInPerson {
    pub actor: Actor,
    pub person: Person,
    pub session: Session,
    pub page: AskedPage,
}

impl SignedInPerson {
    /// Under what the database keeps the session that they are signed in by.
    pub fn session_key(&self) -> Vec<u8> {
        self.session.id().map(|id| session::key(&id)).unwrap_or_default()
    }

    /// The person as the sender of a form that is taken once, by the name that its page gave it: `about` is whom or what
    /// they sent it about. A form without a name is taken as often as it is sent.
    pub fn sending(&self, form: &mut Form, about: &str) -> Actor {
        let name = Some(form.optional("form_id")).filter(|name| !name.is_empty());
        let form = name.map(|name| SentForm::new(self.person.id, &self.page.path, &name, &about.trim().to_lowercase()));
        Actor { form, ..self.actor.clone() }
    }
}

/// A signed-in person, at a page of the workspace that the address names. Whether they may see it is checked by the view
/// or the change.
pub struct InWorkspace {
    pub visit: SignedInPerson,
    pub state: AppState,
    pub slug: String,
    pub workspace: WorkspaceRef,
}

/// Which page a request is for.
pub struct AskedPage {
    pub path: String,
    /// The path with its query.
    pub address: String,
    /// Whether it asks for the page's headers only.
    pub headers_only: bool,
}

impl AskedPage {
    fn of(parts: &Parts) -> Self {
        let (path, headers_only) = (parts.uri.path().to_owned(), parts.method == Method::HEAD);
        let address = parts.uri.path_and_query().map_or(path.as_str(), |asked| asked.as_str()).to_owned();
        Self { path, address, headers_only }
    }
}

impl<S: Sync> FromRequestParts<S> for AskedPage {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

/// Somebody who is not signed in, such as the sender of the sign-in form.
pub struct Anonymous(pub Actor);

/// A script with an API token.
pub struct TokenCaller(pub Actor);

/// Without a session, a request is redirected to the sign-in page, which leads back.
pub enum NotSignedIn {
    Redirect(String),
    Failed(Error),
}

impl NotSignedIn {
    /// For whoever cannot be sent to another page.
    pub fn as_error(self) -> Error {
        match self {
            Self::Redirect(_) => Refusal::SignedOut.into(),
            Self::Failed(error) => error,
        }
    }
}

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        match self {
            Self::Redirect(to) => Redirect::to(&to).into_response(),
            Self::Failed(error) => error.into_response(),
        }
    }
}

impl FromRequestParts<AppState> for SignedInPerson {
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, NotSignedIn> {
        let session = parts.extensions.get::<Session>().cloned();
        let session = session.ok_or_else(|| NotSignedIn::Failed(Error::Internal("no session layer".into())))?;
        match signed_in_person(state, &session).await.map_err(NotSignedIn::Failed)? {
            Some(person) => {
                let who = Who::Person { id: person.id, name: person.name.clone() };
                let confirmed_at: Option<Millis> =
                    session.get(CONFIRMED).await.map_err(|error| NotSignedIn::Failed(unavailable(error)))?;
                let actor = Actor { confirmed_at, ..actor(parts, state, who) };
                Ok(Self { actor, person, session, page: AskedPage::of(parts) })
            }
            None => Err(NotSignedIn::Redirect(sign_in_address(parts))),
        }
    }
}

impl FromRequestParts<AppState> for InWorkspace {
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, NotSignedIn> {
        let visit = SignedInPerson::from_request_parts(parts, state).await?;
        let named = RawPathParams::from_request_parts(parts, state).await;
        // An address that is no text names no workspace.
        let named = named.map_err(|_| NotSignedIn::Failed(Refusal::BadRequest(vec![]).into()))?;
        let slug = named.iter().find(|(name, _)| *name == "workspace").map(|(_, slug)| slug.to_owned());
        let slug = slug.unwrap_or_default();
        let workspace = WorkspaceRef::parse(&slug).map_err(NotSignedIn::Failed)?;
        Ok(Self { visit, state: state.clone(), slug, workspace })
    }
}

impl FromRequestParts<AppState> for Anonymous {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self(actor(parts, state, Who::System(SystemActor::Visitor))))
    }
}

impl FromRequestParts<AppState> for TokenCaller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let token = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (key, secret) = token.and_then(|(_, token)| token_parts(token.trim())).ok_or(Refusal::Unauthorized)?;
        let known = state.store.token_key(key).await?;
        let stored = known.as_ref().map_or(&[0; 32][..], |token| &token.secret_hash[..]);
        let same = bool::from(stored.ct_eq(&hash(secret)));
        let token = known.filter(|_| same).ok_or(Refusal::Unauthorized)?;
        // A database that cannot be written can still be read.
        let actor = actor(parts, state, Who::Token(token.token_id));
        if let Err(error) = note_use(&state.services, &token, actor.address.clone()).await {
            tracing::warn!(%error, "a token's last use was not written");
        }
        Ok(Self(actor))
    }
}

/// The person that a session belongs to, if it is one of our own and they still exist.
pub async fn signed_in_person(state: &AppState, session: &Session) -> Result<Option<Person>, Error> {
    let id: Option<String> = session.get(PERSON).await.map_err(unavailable)?;
    let Some(id) = id.and_then(|id| PersonId::parse(&id)) else { return Ok(None) };
    let person = state.services.store().system_view().await?.person(id).await?;
    let factor: Option<Option<Millis>> = session.get(FACTOR).await.map_err(unavailable)?;
    Ok(person.filter(|person| is_theirs(person, factor.flatten())))
}

/// Whether a session with this second factor is somebody's still. One that was made without the one that there is, by an older
/// version or before it was set up, is nobody's.
pub fn is_theirs(person: &Person, factor: Option<Millis>) -> bool {
    !person.disabled && (person.second_factor_at.is_none() || person.second_factor_at == factor)
}

/// The session library hides the cause; it can only be the database.
pub fn unavailable(error: tower_sessions::session::Error) -> Error {
    Error::Unavailable(error.to_string())
}

/// The longest address that the sign-in page leads back to, in bytes; in its own address each may take three.
const LONGEST_NEXT: usize = 2 * 1024;

fn sign_in_address(parts: &Parts) -> String {
    let asked = parts.uri.path_and_query().map_or("/", |asked| asked.as_str());
    // Only a request that can be repeated leads back, and one that fits into the address of the sign-in page.
    if parts.method.is_safe() && asked != "/" && asked.len() < LONGEST_NEXT {
        let next: String = form_urlencoded::byte_serialize(asked.as_bytes()).collect();
        format!("/sign-in?next={next}")
    } else {
        "/sign-in".to_owned()
    }
}

fn actor(parts: &Parts, state: &AppState, who: Who) -> Actor {
    let agent = parts.headers.get(USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
    let peer = peer(&parts.extensions);
    let trusted = &state.config.trusted_proxies;
    let address = peer.map(|peer| address(peer, &parts.headers, trusted));
    if let Some(peer) = peer.filter(|peer| is_by_stranger(*peer, &parts.headers, trusted)) {
        // The first one is enough to tell.
        let _ = state.untrusted_proxy.set(peer);
    }
    Actor { address: address.map(|address| address.to_string()), agent, request_id, ..Actor::here(who) }
}
