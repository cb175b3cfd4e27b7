//! Metrics: the views, each of one consistent read.

mod asked;
mod bar;
mod by;
mod explore;
mod file;
mod flow;
mod nearest;
mod now;
mod over_time;
mod picture;
mod quality;
mod releases;
mod saved;
mod spreadsheet;
mod table;

pub use explore::change as change_exploration;
pub use file::{file, no_file};
pub use picture::picture;
pub use saved::{change as change_saved_views, show as saved_views};

use super::remembered::{redirect_saying, take_message};
use super::{PageQuery, frame};
use crate::domain::error::Refusal;
use crate::domain::id::{AnnotationId, PersonId};
use crate::domain::permission::Permission;
use crate::server::error::{Error, Result};
use crate::server::http::caller::InWorkspace;
use crate::server::http::form::{Form, shown as shown_faults};
use crate::server::http::render::render;
use crate::server::services::annotation::{TypedAnnotation, annotate as annotate_day, remove_annotation};
use crate::server::services::exploration::note_waiting;
use crate::server::store::View;
use crate::server::store::exploration::Exploration;
use crate::ui::frame::{NavPage, address};
use crate::ui::pages::Page;
use crate::ui::pages::metric::bar::MetricBar;
use crate::ui::pages::metric::{MetricContent, MetricPage, MetricView};
use crate::ui::words::Done;
use asked::Asked;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use releases::Said;

/// `GET metrics`.
pub async fn now(inside: InWorkspace, query: RawQuery) -> Result<Response> {
    show(inside, query, MetricView::Now).await
}

/// `GET metrics/over-time`.
pub async fn over_time(inside: InWorkspace, query: RawQuery) -> Result<Response> {
    show(inside, query, MetricView::OverTime).await
}

/// `GET metrics/by`.
pub async fn by(inside: InWorkspace, query: RawQuery) -> Result<Response> {
    show(inside, query, MetricView::By).await
}

/// `GET metrics/flow`.
pub async fn flow(inside: InWorkspace, query: RawQuery) -> Result<Response> {
    show(inside, query, MetricView::Flow).await
}

/// `GET metrics/quality`.
pub async fn quality(inside: InWorkspace, query: RawQuery) -> Result<Response> {
    show(inside, query, MetricView::Quality).await
}

/// `GET metrics/releases`.
pub async fn releases(inside: InWorkspace, query: RawQuery) -> Result<Response> {
    show(inside, query, MetricView::Releases).await
}

/// `GET metrics/explore`.
pub async fn explore(inside: InWorkspace, query: RawQuery) -> Result<Response> {
    show(inside, query, MetricView::Explore).await
}

/// `POST metrics/releases`: notes something on a day, or takes that away.
pub async fn annotate(inside: InWorkspace, query: RawQuery, mut form: Form) -> Result<Response> {
    let InWorkspace { visit, state, slug, workspace } = &inside;
    let chosen = PageQuery::known(RawQuery(query.0.clone()), &asked::PARAMETERS)?.with(&[]);
    state.store.assert_may(&visit.actor, workspace, Permission::ManageInputs).await?;
    let act = form.text("act");
    let (typed, removed) = match act.as_str() {
        "add" => (TypedAnnotation { name: form.text("name"), day: form.text("day"), app: form.text("app") }, None),
        "remove" => (TypedAnnotation::default(), Some(form.text("annotation"))),
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    };
    if form.faults().is_some() {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let (done, result) = match removed {
        Some(id) => {
            let id = AnnotationId::parse(&id).ok_or(Refusal::NotFound)?;
            (Done::AnnotationRemoved, remove_annotation(&state.store, &visit.actor, workspace.clone(), id).await)
        }
        None => (Done::AnnotationAdded, annotate_day(&state.store, &visit.actor, workspace.clone(), &typed).await),
    };
    match result {
        Ok(()) => {
            let address = format!("{}{chosen}", bar::path(slug, MetricView::Releases));
            redirect_saying(&visit.session, done, &address).await
        }
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let said = Said { typed, faults: shown_faults(&faults), ..Said::default() };
            page(inside, query, MetricView::Releases, said).await
        }
        Err(error) => Err(error),
    }
}

async fn show(inside: InWorkspace, query: RawQuery, shown: MetricView) -> Result<Response> {
    // Only there is anything done.
    let done = match shown {
        MetricView::Releases => take_message(&inside.visit.session, &inside.visit.page).await?,
        _ => None,
    };
    page(inside, query, shown, Said { done, ..Said::default() }).await
}

async fn page(
    InWorkspace { visit, state, workspace, .. }: InWorkspace,
    query: RawQuery,
    shown: MetricView,
    said: Said,
) -> Result<Response> {
    let led_here = PageQuery::new(RawQuery(query.0.clone()));
    let query = PageQuery::known(query, &asked::PARAMETERS)?;
    let is_wrong = !said.faults.0.is_empty();
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let asked = Asked::read(&mut view, &query, shown, state.config.retention.keep_daily_days).await?;
    let (content, waits_for) = content(&mut view, &asked, &query, shown, visit.person.id, said).await?;
    let bar = bar::bar(&mut view, &asked, &query, shown, &content, &state.config.public_url()).await?;
    let page = MetricPage {
        view: shown,
        tabs: bar::tabs(&view, &asked, &query),
        bar: MetricBar { lost: bar::lost(&led_here, &asked), ..bar },
        rounded: view.precision.is_rounded(),
        // What was noted on days is there from the beginning.
        beginning: (asked.apps.is_empty() && shown != MetricView::Releases)
            .then(|| address(view.workspace.slug.as_str(), NavPage::Overview, asked.environment)),
        content,
        frame: frame(&mut view, &visit.person, NavPage::Metrics, asked.environment).await?,
    };
    let (id, now) = (view.workspace.id, view.now);
    drop(view);
    if let Some(exploration) = waits_for {
        note_waiting(&state.services, id, &exploration, now).await?;
    }
    let is_right = asked.period.fault.is_none() && !is_wrong;
    let status = if is_right { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(render(&state, Page::Metric(Box::new(page)), status))
}

/// What a view shows, and the exploration that its reader waits for.
async fn content(
    view: &mut View,
    asked: &Asked,
    query: &PageQuery,
    shown: MetricView,
    reader: PersonId,
    said: Said,
) -> Result<(MetricContent, Option<Exploration>)> {
    let content = match shown {
        MetricView::Now => MetricContent::Now(now::model(view, asked).await?),
        MetricView::OverTime => MetricContent::OverTime(Box::new(over_time::model(view, asked, query).await?)),
        MetricView::By => MetricContent::By(by::model(view, asked, query).await?),
        MetricView::Flow => MetricContent::Flow(flow::model(view, asked, query).await?),
        MetricView::Quality => MetricContent::Quality(quality::model(view, asked, query).await?),
        MetricView::Releases => {
            let address = format!("{}{}", bar::path(view.workspace.slug.as_str(), shown), query.with(&[]));
            MetricContent::Releases(releases::model(view, asked, said, address).await?)
        }
        MetricView::Explore => {
            let (explore, exploration) = explore::model(view, asked, query, reader).await?;
            return Ok((MetricContent::Explore(explore), exploration));
        }
    };
    Ok((content, None))
}
