//! Metrics: the views, each of one consistent read.

mod asked;
mod bar;
mod by;
mod file;
mod flow;
mod now;
mod over_time;
mod quality;
mod spreadsheet;
mod table;

pub use file::{file, no_file};

use super::{PageQuery, frame};
use crate::domain::permission::Permission;
use crate::server::error::Result;
use crate::server::http::caller::InWorkspace;
use crate::server::http::render::render;
use crate::ui::frame::NavPage;
use crate::ui::pages::Page;
use crate::ui::pages::metric::{MetricContent, MetricPage, MetricView};
use asked::Asked;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

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

async fn show(
    InWorkspace { visit, state, workspace, .. }: InWorkspace,
    query: RawQuery,
    shown: MetricView,
) -> Result<Response> {
    let query = PageQuery::known(query, &asked::PARAMETERS)?;
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let asked = Asked::read(&mut view, &query, shown, state.config.retention.keep_daily_days).await?;
    let content = match shown {
        MetricView::Now => MetricContent::Now(now::model(&mut view, &asked).await?),
        MetricView::OverTime => MetricContent::OverTime(over_time::model(&mut view, &asked, &query).await?),
        MetricView::By => MetricContent::By(by::model(&mut view, &asked, &query).await?),
        MetricView::Flow => MetricContent::Flow(flow::model(&mut view, &asked).await?),
        MetricView::Quality => MetricContent::Quality(quality::model(&mut view, &asked).await?),
    };
    let bar = bar::bar(&view, &asked, &query, shown, &state.config.public_url());
    let page = MetricPage {
        view: shown,
        tabs: bar::tabs(view.workspace.slug.as_str(), &asked, &query),
        bar,
        rounded: view.precision.is_rounded(),
        content,
        frame: frame(&mut view, &visit.person, NavPage::Metrics, asked.environment).await?,
    };
    let status = if asked.period.fault.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(render(&state, Page::Metric(Box::new(page)), status))
}
