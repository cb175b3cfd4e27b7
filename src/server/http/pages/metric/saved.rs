//! Saved views: the list, and the form that gives the view one comes from a name.

use super::super::remembered::{redirect_saying, take_message};
use super::super::{PageQuery, frame};
use super::asked::{Asked, PARAMETERS};
use super::bar::path;
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::id::SavedViewId;
use crate::domain::permission::Permission;
use crate::domain::saved_view::SavedView;
use crate::server::error::{Error, Result};
use crate::server::http::caller::InWorkspace;
use crate::server::http::form::{Form, shown as shown_faults};
use crate::server::http::render::render;
use crate::server::services::saved_view::{
    NewSavedView, remove_own_view, remove_shared_view, save_own_view, save_shared_view,
};
use crate::ui::frame::NavPage;
use crate::ui::pages::Page;
use crate::ui::pages::metric::MetricView;
use crate::ui::pages::metric::saved::{SaveForm, SavedRow, SavedViews, USEFUL};
use crate::ui::words::Done;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET metrics/views`.
pub async fn show(inside: InWorkspace, query: RawQuery) -> Result<Response> {
    let done = take_message(&inside.visit.session, &inside.visit.page).await?;
    page(inside, query, SaveForm::default(), done).await
}

/// `POST metrics/views`: saves the view that one comes from, or removes one.
pub async fn change(inside: InWorkspace, query: RawQuery, mut form: Form) -> Result<Response> {
    let InWorkspace { visit, state, slug, workspace } = &inside;
    let mut view = state.store.view(&visit.actor, workspace.clone(), Permission::SeeMetrics).await?;
    let id = view.workspace.id;
    let (act, is_shared) = (form.text("act"), form.optional("shared") == "yes");
    let (name, removed) = (form.optional("name"), form.optional("saved"));
    if form.faults().is_some() {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let (done, result) = match act.as_str() {
        "save" => {
            let came_from = CameFrom::read(&RawQuery(query.0.clone()))?.ok_or(Refusal::BadRequest(vec![]))?;
            // What does not open is not saved.
            let chosen = PageQuery::known(RawQuery(Some(came_from.query.clone())), &PARAMETERS)?;
            let asked = Asked::read(&mut view, &chosen, came_from.view, state.config.retention.keep_daily_days).await?;
            asked.period.assert_right()?;
            drop(view);
            let new = NewSavedView { name: name.clone(), view: came_from.view.as_str(), query: came_from.query };
            let result = match is_shared {
                true => save_shared_view(&state.store, &visit.actor, workspace.clone(), &new).await,
                false => save_own_view(&state.services, id, visit.person.id, &new).await,
            };
            (Done::ViewSaved, result)
        }
        "remove" => {
            drop(view);
            let removed = SavedViewId::parse(&removed).ok_or(Refusal::NotFound)?;
            let result = match is_shared {
                true => remove_shared_view(&state.store, &visit.actor, workspace.clone(), removed).await,
                false => remove_own_view(&state.services, id, visit.person.id, removed).await,
            };
            (Done::ViewRemoved, result)
        }
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    };
    match result {
        Ok(()) => redirect_saying(&visit.session, done, &format!("/w/{slug}/metrics/views")).await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let typed = SaveForm { name, is_shared, faults: shown_faults(&faults), ..SaveForm::default() };
            page(inside, query, typed, None).await
        }
        Err(error) => Err(error),
    }
}

/// The view that a link led here from, with what was chosen there.
struct CameFrom {
    view: MetricView,
    query: String,
}

impl CameFrom {
    fn read(query: &RawQuery) -> Result<Option<Self>> {
        let view = PageQuery::known(RawQuery(query.0.clone()), &["view"])?.parsed("view", MetricView::parse)?;
        let chosen = PageQuery::known(RawQuery(query.0.clone()), &PARAMETERS)?;
        Ok(view.map(|view| {
            let query = chosen.only_with(|name| view.takes(name), &[]);
            Self { view, query: query.trim_start_matches('?').to_owned() }
        }))
    }
}

async fn page(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    query: RawQuery,
    typed: SaveForm,
    done: Option<Done>,
) -> Result<Response> {
    let came_from = CameFrom::read(&query)?;
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let frame = frame(&mut view, &visit.person, NavPage::Metrics, Environment::Production).await?;
    let may_share = frame.may(Permission::ManageInputs);
    let address = |view: MetricView, query: &str| {
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        format!("{}{query}", path(&slug, view))
    };
    // A view that only newer code has is not shown.
    let row = |saved: SavedView| {
        let view = MetricView::parse(&saved.view)?;
        let is_removable = may_share || !saved.is_shared;
        Some(SavedRow {
            address: address(view, &saved.query),
            name: saved.name,
            view,
            is_shared: saved.is_shared,
            removable: is_removable.then(|| saved.id.to_string()),
        })
    };
    let rows = view.saved_views(visit.person.id).await?.into_iter().filter_map(row).collect();
    let useful = USEFUL.map(|(name, view, query)| (name, address(view, query)));
    let is_right = typed.faults.0.is_empty();
    let form = came_from.map(|CameFrom { view, query }| SaveForm {
        what: view.title(),
        back: address(view, &query),
        address: format!("/w/{slug}/metrics/views?view={}&{query}", view.as_str()),
        may_share,
        ..typed
    });
    let page = SavedViews { rows, useful: useful.into(), form, done, frame };
    let status = if is_right { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(render(&state, Page::SavedViews(Box::new(page)), status))
}
