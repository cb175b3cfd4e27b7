//! Asking for the password again, and sending the form that waited for it once more.

use super::refused::{RefusedRequest, around, person_of};
use super::session::local_path;
use crate::domain::error::Refusal;
use crate::server::auth::session::CONFIRMED;
use crate::server::error::{Error, Result};
use crate::server::http::caller::{SignedInPerson, unavailable};
use crate::server::http::form::{Form, shown};
use crate::server::http::render::render;
use crate::server::services::proof::{self, Again};
use crate::server::state::AppState;
use crate::server::store::person::Person;
use crate::ui::pages::Page;
use crate::ui::pages::confirm::{CODE, Confirm, PASSWORD, TO};
use crate::ui::parts::field::Faults;
use crate::ui::surroundings::Surroundings;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

/// What the page adds to a form that waits. It comes with the form, and is never shown again.
pub const OURS: [&str; 4] = [TO, PASSWORD, CODE, "username"];

/// The page in place of an act that needs the password again; it keeps the form that was sent. `None` where nobody is
/// signed in any more.
pub async fn confirm_page(
    state: &AppState,
    asked: &RefusedRequest,
    fields: &[(String, String)],
) -> Result<Option<Page>> {
    let Some(person) = person_of(state, asked).await? else { return Ok(None) };
    let fields = fields.iter().filter(|(name, _)| !OURS.contains(&name.as_str())).cloned().collect();
    Ok(Some(model(state, asked, &person, (fields, Faults::default())).await))
}

async fn model(
    state: &AppState,
    asked: &RefusedRequest,
    person: &Person,
    (fields, faults): (Vec<(String, String)>, Faults),
) -> Page {
    Page::Confirm(Box::new(Confirm {
        around: around(state, asked).await.unwrap_or(Surroundings::Nothing),
        email: person.email.clone(),
        has_second_factor: person.has_second_factor(),
        to: asked.address.clone(),
        fields,
        faults,
    }))
}

/// `POST /confirm`: notes in the session that it is them, and has the browser send the form that waited.
pub async fn confirm(visit: SignedInPerson, State(state): State<AppState>, mut form: Form) -> Result<Response> {
    let (to, code) = (form.text(TO), form.optional(CODE));
    let session = visit.session_key();
    let again = Again { password: form.secret(PASSWORD), code, session };
    if form.faults().is_some() || local_path(&to) != to {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    match proof::confirm(&state.services, &visit.actor, &visit.person, again).await {
        Ok(at) => {
            visit.session.insert(CONFIRMED, at).await.map_err(unavailable)?;
            // The same method with the same body.
            Ok(Redirect::temporary(&to).into_response())
        }
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let asked = RefusedRequest::waiting(&to, &visit.session);
            let page = model(&state, &asked, &visit.person, (form.others(&OURS), shown(&faults))).await;
            Ok(render(&state, page, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}
