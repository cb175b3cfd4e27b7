//! The one form behind a one-time link.

use super::remembered::redirect_saying;
use crate::domain::error::Refusal;
use crate::server::calendar::UTC;
use crate::server::error::{Error, Result};
use crate::server::http::caller::Anonymous;
use crate::server::http::form::{Form, shown};
use crate::server::http::render::render;
use crate::server::services::person::{choose_password, look_at_link};
use crate::server::services::set_up::{FirstAccount, set_up as make};
use crate::server::state::AppState;
use crate::server::store::link::LinkKind;
use crate::ui::pages::Page;
use crate::ui::pages::setup::{For, SetUp, SetUpFields};
use crate::ui::parts::field::Faults;
use crate::ui::words::Done;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use tower_sessions::Session;

async fn made_for(state: &AppState, token: &str) -> Result<For> {
    Ok(match look_at_link(&state.store, token).await? {
        Some((link, _)) if link.kind == LinkKind::SetUp => For::FirstAccount,
        Some((_, Some(email))) => For::Password(email),
        _ => For::Nothing,
    })
}

/// `GET /set-up?token=`: opening a link never uses it up.
pub async fn set_up_form(State(state): State<AppState>, query: RawQuery) -> Result<Response> {
    let token = super::PageQuery::new(query).of("token").unwrap_or_default().to_owned();
    let made_for = made_for(&state, &token).await?;
    let status = if made_for == For::Nothing { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let sent = SetUpFields { time_zone: UTC.to_owned(), ..SetUpFields::default() };
    let page = SetUp { token, made_for, sent, faults: Faults::default() };
    Ok(render(&state, Page::SetUp(Box::new(page)), status))
}

/// `POST /set-up`: makes the account, in the transaction that checks that the link still may be used.
pub async fn set_up(
    Anonymous(actor): Anonymous,
    State(state): State<AppState>,
    session: Session,
    mut form: Form,
) -> Result<Response> {
    let token = form.text("token");
    let made_for = made_for(&state, &token).await?;
    let password = form.secret("password");
    let first = made_for == For::FirstAccount;
    let sent = match first {
        true => SetUpFields {
            name: form.text("name"),
            email: form.text("email"),
            workspace: form.text("workspace"),
            time_zone: form.text("time_zone"),
        },
        false => SetUpFields::default(),
    };
    let again = |made_for, faults, status| {
        let (token, sent) = (token.clone(), sent.clone());
        Ok(render(&state, Page::SetUp(Box::new(SetUp { token, made_for, sent, faults })), status))
    };
    if made_for == For::Nothing {
        return again(For::Nothing, Faults::default(), StatusCode::NOT_FOUND);
    }
    if let Some(faults) = form.faults() {
        return again(made_for, faults, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let done = if first {
        let SetUpFields { name, email, workspace, time_zone } = sent.clone();
        let time_zone = time_zone.trim().to_owned();
        let first = FirstAccount { token: token.clone(), name, email, password, workspace, time_zone };
        make(&state.services, &actor, first).await
    } else {
        choose_password(&state.services, &actor, &token, password).await
    };
    match done {
        Ok(_) => redirect_saying(&session, if first { Done::SetUp } else { Done::PasswordSet }, "/sign-in").await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            again(made_for, shown(&faults), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(Error::Refused(Refusal::NotFound)) => again(For::Nothing, Faults::default(), StatusCode::NOT_FOUND),
        Err(error) => Err(error),
    }
}
