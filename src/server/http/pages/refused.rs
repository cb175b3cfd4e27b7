//! The page of a request that was refused or failed.

use super::frame;
use super::installation::installation_frame;
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::id::PersonId;
use crate::domain::permission::Permission;
use crate::domain::time::Millis;
use crate::server::auth::session::{FACTOR, PERSON};
use crate::server::error::{Error, Result};
use crate::server::http::caller::is_theirs;
use crate::server::http::cookie::cookie;
use crate::server::state::AppState;
use crate::server::store::person::Person;
use crate::server::store::{Actor, Who, WorkspaceRef};
use crate::ui::frame::{Frame, NavPage};
use crate::ui::installation::{InstallationFrame, InstallationPage};
use crate::ui::pages::refused::{RefusedPage, Why};
use crate::ui::surroundings::Surroundings;
use axum::extract::Request;
use tower_sessions::{Session, SessionStore};

/// What of a request its refusal needs to know.
pub struct RefusedRequest {
    path: String,
    /// The path with its query.
    pub(super) address: String,
    /// Whether it was a form.
    sent: bool,
    session: Option<String>,
}

impl RefusedRequest {
    pub fn of(state: &AppState, request: &Request) -> Self {
        Self {
            path: request.uri().path().to_owned(),
            address: request.uri().path_and_query().map_or("/", |asked| asked.as_str()).to_owned(),
            sent: !request.method().is_safe(),
            session: cookie(request.headers(), &state.config.session_cookie()),
        }
    }

    /// Of somebody's form that waits for their password.
    pub fn waiting(address: &str, session: &Session) -> Self {
        Self {
            path: address.split('?').next().unwrap_or_default().to_owned(),
            address: address.to_owned(),
            sent: true,
            session: session.id().map(|id| id.to_string()),
        }
    }
}

/// The page. A person who is signed in keeps their navigation: errors are answered outside the layer of sessions, which
/// may be what failed, and so the session is read here.
pub async fn refused(
    state: &AppState,
    asked: RefusedRequest,
    error: Option<&Error>,
    incident: Option<String>,
) -> RefusedPage {
    let why = error.map_or(Why::BadRequest, why);
    let parameters = match error {
        Some(Error::Refused(Refusal::BadRequest(faults))) if !asked.sent => {
            faults.iter().map(|fault| (fault.field.to_string(), fault.problem)).collect()
        }
        _ => Vec::new(),
    };
    let store_answers = !matches!(why, Why::Unavailable | Why::Unknown | Why::Internal);
    let around = match store_answers {
        true => around(state, &asked).await.unwrap_or(Surroundings::Nothing),
        false => Surroundings::Nothing,
    };
    let incident = incident.filter(|_| !store_answers);
    RefusedPage { around, why, sent: asked.sent, parameters, path: asked.path, incident }
}

fn why(error: &Error) -> Why {
    match error {
        Error::Refused(Refusal::BadRequest(_) | Refusal::Invalid(_)) => Why::BadRequest,
        Error::Refused(Refusal::Unauthorized | Refusal::SignedOut | Refusal::Forbidden | Refusal::InputPaused) => {
            Why::Forbidden
        }
        Error::Refused(Refusal::SecondFactorMissing) => Why::SecondFactorMissing,
        Error::Refused(Refusal::Unconfirmed) => Why::Unconfirmed,
        Error::Refused(Refusal::OperatorsOnly) => Why::OperatorsOnly,
        Error::Refused(Refusal::FromElsewhere) => Why::FromElsewhere,
        Error::Refused(Refusal::NotFound) => Why::NotFound,
        Error::Refused(Refusal::Conflict | Refusal::SentAlready) => Why::Conflict,
        Error::Refused(Refusal::TooLarge(_)) => Why::TooLarge,
        Error::Refused(Refusal::CutOff) => Why::CutOff,
        Error::Refused(Refusal::TooManyForNow) => Why::TooMany,
        // Only of machines.
        Error::Refused(Refusal::RateLimited | Refusal::NotJsonType) => Why::BadRequest,
        Error::Full | Error::Again(_) | Error::Broken(_) | Error::Unavailable(_) => Why::Unavailable,
        Error::Unknown(_) => Why::Unknown,
        Error::Unsent(_) | Error::Internal(_) => Why::Internal,
    }
}

pub(super) async fn around(state: &AppState, asked: &RefusedRequest) -> Result<Surroundings> {
    let Some(person) = person_of(state, asked).await? else { return Ok(Surroundings::Nothing) };
    let slug = asked.path.strip_prefix("/w/").and_then(|rest| rest.split('/').next());
    if let Some(workspace) = slug.and_then(|slug| WorkspaceRef::parse(slug).ok()) {
        let who = Who::Person { id: person.id, name: person.name.clone() };
        let actor = Actor::here(who);
        // Every role may see the Overview; somebody without one gets the frame outside all workspaces.
        if let Ok(mut view) = state.store.view(&actor, workspace, Permission::SeeMetrics).await {
            let frame = frame(&mut view, &person, NavPage::Overview, Environment::Production).await?;
            return Ok(Surroundings::Workspace(Box::new(Frame { page: None, ..frame })));
        }
    }
    let mut system = state.store.system_view().await?;
    let frame = installation_frame(&mut system, &person, InstallationPage::Account).await?;
    Ok(Surroundings::Installation(Box::new(InstallationFrame { page: None, ..frame })))
}

/// Whose session the request named.
pub async fn person_of(state: &AppState, asked: &RefusedRequest) -> Result<Option<Person>> {
    let Some(id) = asked.session.as_ref().and_then(|id| id.parse().ok()) else { return Ok(None) };
    // Like the island's questions, a refusal keeps no session alive.
    let sessions = state.services.polling_sessions();
    let record = sessions.load(&id).await.map_err(|error| Error::Unavailable(error.to_string()))?;
    let Some(record) = record else { return Ok(None) };
    let id = record.data.get(PERSON).and_then(|id| PersonId::parse(id.as_str()?));
    let Some(id) = id else { return Ok(None) };
    let factor = record.data.get(FACTOR).and_then(|at| at.as_i64()).map(Millis);
    let person = state.store.system_view().await?.person(id).await?;
    Ok(person.filter(|person| is_theirs(person, factor)))
}
