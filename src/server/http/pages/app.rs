//! Apps: the list, and the form that names one.

use super::listing::part;
use super::remembered::{redirect_saying, take_message};
use super::{PageQuery, frame};
use crate::domain::app::App;
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::AppId;
use crate::domain::permission::Permission;
use crate::server::error::{Error, Result};
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::form::Form;
use crate::server::http::render::render;
use crate::server::services::app::name_app;
use crate::server::store::View;
use crate::ui::frame::NavPage;
use crate::ui::pages::Page;
use crate::ui::pages::app::{AppRow, Apps};
use crate::ui::words::Done;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET apps`.
pub async fn list(InWorkspace { visit, state, workspace, .. }: InWorkspace, query: RawQuery) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeInputs).await?;
    let asked = PageQuery::new(query);
    let mut page = model(&mut view, &visit, &asked).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::Apps(Box::new(page)), StatusCode::OK))
}

/// `POST apps`: names one.
pub async fn change(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    query: RawQuery,
    mut form: Form,
) -> Result<Response> {
    let asked = PageQuery::new(query);
    state.store.assert_may(&visit.actor, &workspace, Permission::ManageInputs).await?;
    let (app, name) = (form.text("app"), form.text("name"));
    if form.faults().is_some() {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let id = AppId::parse(&app).ok_or(Refusal::NotFound)?;
    match name_app(&state.store, &visit.actor, workspace.clone(), id, &name).await {
        Ok(()) => redirect_saying(&visit.session, Done::AppNamed, &format!("/w/{slug}/apps{}", asked.with(&[]))).await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let mut view = state.store.view(&visit.actor, workspace, Permission::SeeInputs).await?;
            let mut page = model(&mut view, &visit, &asked).await?;
            let problem = faults.first().map_or(Problem::Missing, |fault| fault.problem);
            for row in page.rows.iter_mut().filter(|row| row.id == app) {
                (row.name, row.problem) = (name.clone(), Some(problem));
            }
            Ok(render(&state, Page::Apps(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

async fn model(view: &mut View, visit: &SignedInPerson, asked: &PageQuery) -> Result<Apps> {
    let frame = frame(view, &visit.person, NavPage::Apps, Environment::Production).await?;
    let row = |app: App| AppRow { id: app.id.to_string(), bundle: app.bundle, name: app.name, problem: None };
    let words = |app: &App| format!("{} {}", app.name, app.bundle.as_deref().unwrap_or_default());
    let (apps, pager) = part(asked, view.apps().await?, words);
    Ok(Apps {
        rows: apps.into_iter().map(row).collect(),
        pager,
        may_manage: frame.may(Permission::ManageInputs),
        done: None,
        frame,
    })
}
