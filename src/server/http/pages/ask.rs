//! Asking before what stops something that others use.

use super::confirm::OURS;
use super::refused::{RefusedRequest, around};
use crate::server::error::Result;
use crate::server::http::caller::SignedInPerson;
use crate::server::http::form::Form;
use crate::server::http::render::render;
use crate::server::state::AppState;
use crate::ui::pages::Page;
use crate::ui::pages::ask::{Ask, SURE};
use crate::ui::surroundings::Surroundings;
use axum::http::StatusCode;
use axum::response::Response;

/// What is asked.
pub struct Question {
    /// What is to be done, as a question.
    pub title: String,
    pub effects: Vec<String>,
    pub button: String,
}

/// The page that asks, in place of the act, until its own button was pressed; `None` then. The same form comes again.
pub async fn ask(
    state: &AppState,
    visit: &SignedInPerson,
    form: &mut Form,
    question: Question,
) -> Result<Option<Response>> {
    if form.optional(SURE) == "yes" {
        return Ok(None);
    }
    let to = visit.page.address.clone();
    let asked = RefusedRequest::waiting(&to, &visit.session);
    let page = Ask {
        around: around(state, &asked).await.unwrap_or(Surroundings::Nothing),
        title: question.title,
        effects: question.effects,
        button: question.button,
        to,
        fields: form.others(&[&OURS[..], &[SURE]].concat()),
    };
    Ok(Some(render(state, Page::Ask(Box::new(page)), StatusCode::OK)))
}
