//! Everybody with an account, and their reset links: for operators.

use super::Asked;
use super::listing::part;
use super::outside::{operators_only, outside};
use crate::domain::error::Refusal;
use crate::server::error::Result;
use crate::server::http::caller::Visit;
use crate::server::http::form::Form;
use crate::server::http::render::render;
use crate::server::state::State;
use crate::server::store::person::Person;
use crate::server::work::reset::make_reset_link;
use crate::ui::outside::Room;
use crate::ui::pages::Page;
use crate::ui::pages::people::{People, PersonRow};
use crate::ui::parts::once::Once;
use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /people`.
pub async fn list(visit: Visit, Shared(state): Shared<State>, query: RawQuery) -> Result<Response> {
    operators_only(&visit)?;
    let page = model(&state, &visit, &Asked::new(query)).await?;
    Ok(render(&state, Page::People(Box::new(page)), StatusCode::OK))
}

/// `POST /people`: makes a reset link and shows it this once.
pub async fn reset(visit: Visit, Shared(state): Shared<State>, query: RawQuery, mut form: Form) -> Result<Response> {
    operators_only(&visit)?;
    let email = form.text("email");
    if form.faults().is_some() || email == visit.person.email {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let token = make_reset_link(&state.store, &visit.actor, &email).await?;
    let mut page = model(&state, &visit, &Asked::new(query)).await?;
    page.made = Some((email, Once(format!("{}/set-up?token={token}", state.config.public_url()))));
    Ok(render(&state, Page::People(Box::new(page)), StatusCode::OK))
}

async fn model(state: &State, visit: &Visit, asked: &Asked) -> Result<People> {
    let mut own = state.store.own_view().await?;
    let words = |(person, _): &(Person, i64)| format!("{} {}", person.name, person.email);
    let (people, pager) = part(asked, own.people().await?, words);
    let rows = people.into_iter().map(|(person, workspaces)| PersonRow {
        own: person.id == visit.person.id,
        name: person.name,
        email: person.email,
        operator: person.operator,
        workspaces,
    });
    let rows = rows.collect();
    Ok(People { outside: outside(&mut own, visit, Room::People).await?, rows, pager, made: None })
}
