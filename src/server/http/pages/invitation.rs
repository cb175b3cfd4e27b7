//! The page behind an invitation's link.

use super::remembered::redirect_saying;
use crate::domain::error::Refusal;
use crate::server::error::{Error, Result};
use crate::server::http::caller::{Anonymous, signed_in_person};
use crate::server::http::form::{Form, shown};
use crate::server::http::render::render;
use crate::server::services::invitation::{NewPerson, accept, join, look_at_offer};
use crate::server::state::AppState;
use crate::server::store::person::Person;
use crate::server::store::{Actor, Who};
use crate::ui::pages::Page;
use crate::ui::pages::invitation::{Invitation, Offered, Standing};
use crate::ui::parts::field::Faults;
use crate::ui::words::Done;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use tower_sessions::Session;

/// What the holder of a token may do with its offer.
async fn standing(state: &AppState, person: Option<&Person>, token: &str) -> Result<Standing> {
    let Some((offer, has_account)) = look_at_offer(&state.store, token).await? else { return Ok(Standing::Nothing) };
    let offered = Offered { workspace: offer.workspace, email: offer.email, role: offer.role, by: offer.maker_name };
    Ok(match person {
        Some(person) if person.email == offered.email => Standing::Accept(offered),
        Some(_) => Standing::SomebodyElse(offered),
        None if has_account => {
            let back = format!("/invitation?token={token}");
            let next: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
            Standing::SignIn(offered, format!("/sign-in?next={next}"))
        }
        None => Standing::Join(offered),
    })
}

/// `GET /invitation?token=`: opening a link never uses it up.
pub async fn look(State(state): State<AppState>, session: Session, query: RawQuery) -> Result<Response> {
    let token = super::PageQuery::new(query).of("token").unwrap_or_default().to_owned();
    let person = signed_in_person(&state, &session).await?;
    let standing = standing(&state, person.as_ref(), &token).await?;
    Ok(show(&state, Invitation { token, standing, name: String::new(), faults: Faults::default() }, StatusCode::OK))
}

fn show(state: &AppState, page: Invitation, status: StatusCode) -> Response {
    let status = if page.standing == Standing::Nothing { StatusCode::NOT_FOUND } else { status };
    render(state, Page::Invitation(Box::new(page)), status)
}

/// `POST /invitation`: accepts, in the transaction that checks that it still may be.
pub async fn take(
    Anonymous(actor): Anonymous,
    State(state): State<AppState>,
    session: Session,
    mut form: Form,
) -> Result<Response> {
    let token = form.text("token");
    let person = signed_in_person(&state, &session).await?;
    let standing = standing(&state, person.as_ref(), &token).await?;
    let mut page = Invitation { token: token.clone(), standing, name: String::new(), faults: Faults::default() };
    let done = match (&page.standing, person) {
        (Standing::Accept(_), Some(person)) => {
            let actor = Actor { who: Who::Person { id: person.id, name: person.name.clone() }, ..actor };
            let taken = accept(&state.services, &actor, &person, &token).await;
            taken.map(|offer| Some(format!("/w/{}/overview", offer.slug)))
        }
        (Standing::Join(_), _) => {
            let (name, password) = (form.text("name"), form.secret("password"));
            page.name.clone_from(&name);
            match form.faults() {
                Some(faults) => {
                    page.faults = faults;
                    return Ok(show(&state, page, StatusCode::UNPROCESSABLE_ENTITY));
                }
                None => {
                    let new = NewPerson { token, name, password };
                    join(&state.services, &actor, new).await.map(|()| None)
                }
            }
        }
        _ => return Ok(show(&state, page, StatusCode::CONFLICT)),
    };
    match done {
        Ok(Some(to)) => Ok(Redirect::to(&to).into_response()),
        Ok(None) => redirect_saying(&session, Done::AccountMade, "/sign-in").await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            page.faults = shown(&faults);
            Ok(show(&state, page, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(Error::Refused(Refusal::NotFound | Refusal::Conflict)) => {
            page.standing = Standing::Nothing;
            Ok(show(&state, page, StatusCode::NOT_FOUND))
        }
        Err(error) => Err(error),
    }
}
