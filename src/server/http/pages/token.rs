//! API tokens: the list, and the forms that make and revoke them.

use super::ask::{Question, ask};
use super::listing::part;
use super::remembered::{random_name, redirect_saying, take_message};
use super::{PageQuery, frame};
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::id::TokenId;
use crate::domain::permission::{Permission, is_within};
use crate::domain::role::{Role, TokenRole};
use crate::server::error::{Error, Result};
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::form::{Form, shown};
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::services::token::{NewToken, add_token, revoke_token};
use crate::server::state::AppState;
use crate::server::store::View;
use crate::ui::frame::NavPage;
use crate::ui::pages::Page;
use crate::ui::pages::token::{DAYS, TokenRow, Tokens};
use crate::ui::parts::field::Faults;
use crate::ui::parts::one_time_secret::OneTimeSecret;
use crate::ui::words::{Done, MadeOnce};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::ExposeSecret;

/// `GET tokens`.
pub async fn list(InWorkspace { visit, state, workspace, .. }: InWorkspace, query: RawQuery) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::ManageTokens).await?;
    let asked = PageQuery::new(query);
    let mut page = model(&state, &mut view, &visit, &asked).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::Tokens(Box::new(page)), StatusCode::OK))
}

/// `POST tokens`: makes one and shows it this once, or revokes one. The form is taken once: a reload makes no second one.
pub async fn change(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    query: RawQuery,
    mut form: Form,
) -> Result<Response> {
    let asked = PageQuery::new(query);
    state.store.assert_may(&visit.actor, &workspace, Permission::ManageTokens).await?;
    match form.text("act").as_str() {
        "revoke" => {
            let id = TokenId::parse(&form.text("token")).ok_or(Refusal::NotFound)?;
            let mut view = state.store.view(&visit.actor, workspace.clone(), Permission::ManageTokens).await?;
            let token = view.tokens().await?.into_iter().find(|token| token.token_id == id).ok_or(Refusal::NotFound)?;
            drop(view);
            let used = token.last_used_at.map(|at| {
                let from = token.last_used_from.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
                format!("It was last used on {}{from}.", moment(at).words)
            });
            let question = Question {
                title: format!("Revoke the API token {}?", token.name),
                effects: vec![
                    "Whatever uses it stops working at once, with error 401. It cannot be brought back.".to_owned(),
                    used.unwrap_or_else(|| "It was never used.".to_owned()),
                ],
                button: format!("Revoke {}", token.name),
            };
            if let Some(page) = ask(&state, &visit, &mut form, question).await? {
                return Ok(page);
            }
            revoke_token(&state.store, &visit.actor, workspace, id).await?;
            return redirect_saying(&visit.session, Done::TokenRevoked, &format!("/w/{slug}/tokens")).await;
        }
        "add" => {}
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    }
    let (name, role) = (form.text("name"), form.choice("role", TokenRole::parse));
    let actor = visit.sending(&mut form, &name);
    let days = form.choice("days", |text| text.parse::<i64>().ok());
    let made = match (role, days, form.faults()) {
        (Some(role), Some(days), None) => {
            let new = NewToken { name: name.clone(), role, days };
            add_token(&state.store, &actor, workspace.clone(), new).await
        }
        _ => Err(Refusal::Invalid(Vec::new()).into()),
    };
    let mut view = state.store.view(&visit.actor, workspace, Permission::ManageTokens).await?;
    let mut page = model(&state, &mut view, &visit, &asked).await?;
    let status = match made {
        Ok((_, text)) => {
            page.made = Some((name, OneTimeSecret(text.expose_secret().to_owned())));
            StatusCode::OK
        }
        Err(Error::Refused(Refusal::SentAlready)) => {
            return redirect_saying(&visit.session, Done::MadeAlready(MadeOnce::Token), &format!("/w/{slug}/tokens"))
                .await;
        }
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            page.faults = form.faults().unwrap_or_else(|| shown(&faults));
            (page.name, page.role) = (name, role.unwrap_or(page.role));
            page.days = days.unwrap_or(page.days);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(error) => return Err(error),
    };
    Ok(render(&state, Page::Tokens(Box::new(page)), status))
}

async fn model(state: &AppState, view: &mut View, visit: &SignedInPerson, asked: &PageQuery) -> Result<Tokens> {
    let frame = frame(view, &visit.person, NavPage::Tokens, Environment::Production).await?;
    let (now, reader) = (view.now, frame.role);
    let (tokens, pager) = part(asked, view.tokens().await?, |token| token.name.clone());
    let rows = tokens.into_iter().map(|token| TokenRow {
        id: token.token_id.to_string(),
        name: token.name,
        role: token.role,
        maker: token.maker_name.unwrap_or_else(|| "the command line".to_owned()),
        made: moment(token.created_at),
        expires: moment(token.expires_at),
        expired: token.expires_at <= now,
        last_used: token.last_used_at.map(moment),
        last_used_from: token.last_used_from,
        may_revoke: is_within(token.role, reader),
    });
    Ok(Tokens {
        rows: rows.collect(),
        pager,
        offered: TokenRole::all().filter(|role| is_within(*role, reader)).collect(),
        name: String::new(),
        role: TokenRole::Member(Role::ReadOnly),
        days: DAYS[1],
        faults: Faults::default(),
        made: None,
        done: None,
        form_id: random_name(state),
        frame,
    })
}
