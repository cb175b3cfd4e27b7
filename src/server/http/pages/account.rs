//! The account of the person who is signed in.

use super::installation::installation_frame;
use super::remembered::{redirect_saying, take_message};
use crate::domain::error::Refusal;
use crate::domain::id::PersonId;
use crate::domain::theme::Theme;
use crate::server::auth::session::{self, over_before};
use crate::server::error::{Error, Result};
use crate::server::hex::hex;
use crate::server::http::caller::SignedInPerson;
use crate::server::http::form::{Form, shown};
use crate::server::http::moment::{Times, moment};
use crate::server::http::render::render;
use crate::server::services::account::{Ending, change_password, choose_theme, end_sessions, rename, see_notices};
use crate::server::services::notice::words_of;
use crate::server::services::proof::Again;
use crate::server::state::AppState;
use crate::server::store::SystemView;
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::account::{Account, NoticeRow, SessionRow};
use crate::ui::parts::field::Faults;
use crate::ui::words::{self, Done};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /account`.
pub async fn show(visit: SignedInPerson, State(state): State<AppState>) -> Result<Response> {
    let mut page = model(&state, &visit).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::Account(Box::new(page)), StatusCode::OK))
}

/// `POST /account`: one of the page's forms, which `act` names.
pub async fn change(visit: SignedInPerson, State(state): State<AppState>, mut form: Form) -> Result<Response> {
    let session = visit.session_key();
    let act = form.text("act");
    let (services, actor, person) = (&state.services, &visit.actor, &visit.person);
    let name = form.optional("name");
    let (done, changed) = match act.as_str() {
        "name" => (Done::NameSaved, rename(services, actor, person, &name).await),
        "password" => {
            let again = Again { password: form.secret("present"), code: form.optional("code"), session };
            (Done::PasswordChanged, change_password(services, actor, person, (again, form.secret("new"))).await)
        }
        "theme" => {
            let theme = form.choice("theme", Theme::parse).ok_or(Refusal::BadRequest(vec![]))?;
            (Done::ThemeSaved, choose_theme(services, person, theme).await)
        }
        "read" => (Done::NoticesRead, see_notices(services, person).await),
        "end" => {
            let session = form.text("session");
            let sessions = state.store.system_view().await?.sessions_of(person.id).await?;
            let known = sessions.into_iter().map(|(key, _)| key).find(|key| hex(key) == session);
            let ending = Ending::One(known.ok_or(Refusal::NotFound)?);
            (Done::SessionEnded, end_sessions(services, actor, person, ending).await)
        }
        "end_others" => {
            (Done::OtherSessionsEnded, end_sessions(services, actor, person, Ending::Others(session)).await)
        }
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    };
    match changed {
        Ok(()) => redirect_saying(&visit.session, done, "/account").await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let mut page = model(&state, &visit).await?;
            if act == "name" {
                (page.name, page.name_faults) = (name, shown(&faults));
            } else {
                page.password_faults = shown(&faults);
            }
            Ok(render(&state, Page::Account(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// How many notices the page shows, the newest.
const MOST_NOTICES: i64 = 50;

async fn notices(system: &mut SystemView, person: PersonId) -> Result<Vec<NoticeRow>> {
    let times = Times { now: system.now, zone: None };
    let rows = system.notices(person, MOST_NOTICES).await?.into_iter().map(|notice| {
        let (title, text) = words_of(&notice);
        NoticeRow { title, text, at: times.ago(notice.at), is_read: notice.is_seen }
    });
    Ok(rows.collect())
}

async fn model(state: &AppState, visit: &SignedInPerson) -> Result<Account> {
    let mut system = state.store.system_view().await?;
    let present = visit.session_key();
    let times = Times { now: system.now, zone: None };
    let (seen_before, made_before) = over_before(system.now);
    let sessions = system.sessions_of(visit.person.id).await?.into_iter();
    let alive = sessions.filter(|(_, kept)| kept.seen_at >= seen_before && kept.created_at >= made_before);
    let rows = alive.map(|(key, kept)| {
        let (device, address) = session::origin(&kept.data);
        SessionRow {
            is_current: key == present,
            id: hex(&key),
            device: words::device(&device),
            address,
            since: moment(kept.created_at),
            last_used: times.ago(kept.seen_at),
        }
    });
    let factor = system.second_factor(visit.person.id).await?;
    Ok(Account {
        notices: notices(&mut system, visit.person.id).await?,
        second_factor: factor.map(|factor| factor.codes_left),
        sessions: rows.collect(),
        frame: installation_frame(&mut system, &visit.person, InstallationPage::Account).await?,
        email: visit.person.email.clone(),
        name: visit.person.name.clone(),
        name_faults: Faults::default(),
        password_faults: Faults::default(),
        done: None,
    })
}
