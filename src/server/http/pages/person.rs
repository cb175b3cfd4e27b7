//! Everybody with an account, and their reset links: for operators.

use super::PageQuery;
use super::installation::{installation_frame, operators_only};
use super::listing::part;
use super::remembered::{random_name, redirect_saying, take_message};
use crate::domain::error::Refusal;
use crate::server::error::{Error, Result};
use crate::server::http::caller::SignedInPerson;
use crate::server::http::form::Form;
use crate::server::http::render::render;
use crate::server::services::person::make_reset_link;
use crate::server::state::AppState;
use crate::server::store::person::Person;
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::person::{People, PersonRow};
use crate::ui::parts::one_time_secret::OneTimeSecret;
use crate::ui::words::{Done, MadeOnce};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /people`.
pub async fn list(visit: SignedInPerson, State(state): State<AppState>, query: RawQuery) -> Result<Response> {
    operators_only(&visit)?;
    let mut page = model(&state, &visit, &PageQuery::new(query)).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::People(Box::new(page)), StatusCode::OK))
}

/// `POST /people`: makes a reset link and shows it this once.
pub async fn reset(
    visit: SignedInPerson,
    State(state): State<AppState>,
    query: RawQuery,
    mut form: Form,
) -> Result<Response> {
    operators_only(&visit)?;
    let email = form.text("email");
    if form.faults().is_some() || email.trim().eq_ignore_ascii_case(&visit.person.email) {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let actor = visit.sending(&mut form, &email);
    let token = match make_reset_link(&state.services, &actor, &email).await {
        Ok(token) => token,
        Err(Error::Refused(Refusal::SentAlready)) => {
            return redirect_saying(&visit.session, Done::MadeAlready(MadeOnce::ResetLink), "/people").await;
        }
        Err(error) => return Err(error),
    };
    let mut page = model(&state, &visit, &PageQuery::new(query)).await?;
    page.made = Some((email, OneTimeSecret(format!("{}/set-up?token={token}", state.config.public_url()))));
    Ok(render(&state, Page::People(Box::new(page)), StatusCode::OK))
}

async fn model(state: &AppState, visit: &SignedInPerson, asked: &PageQuery) -> Result<People> {
    let mut system = state.store.system_view().await?;
    let words = |(person, _): &(Person, i64)| format!("{} {}", person.name, person.email);
    let (people, pager) = part(asked, system.people().await?, words);
    let rows = people.into_iter().map(|(person, workspaces)| PersonRow {
        is_self: person.id == visit.person.id,
        name: person.name,
        email: person.email,
        operator: person.operator,
        workspaces,
    });
    let rows = rows.collect();
    Ok(People {
        frame: installation_frame(&mut system, &visit.person, InstallationPage::People).await?,
        rows,
        pager,
        form_id: random_name(state),
        done: None,
        made: None,
    })
}
