//! A chart of a view as a picture of its own.

use super::super::PageQuery;
use super::asked::{Asked, PARAMETERS};
use super::bar::in_words;
use super::content;
use super::releases::Said;
use crate::domain::error::Refusal;
use crate::domain::id::PersonId;
use crate::domain::permission::Permission;
use crate::domain::text::visible;
use crate::server::error::Result;
use crate::server::http::caller::InWorkspace;
use crate::server::services::metric_export::{MetricsSnapshot, export_metrics};
use crate::server::store::View;
use crate::ui::pages::metric::MetricView;
use axum::extract::{Path, RawQuery};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// `GET metrics/{view}/picture`: SVG, which every program for documents and slides takes. It leaves a row in the log, as files do.
pub async fn picture(
    InWorkspace { visit, state, workspace, .. }: InWorkspace,
    Path((_, shown)): Path<(String, String)>,
    query: RawQuery,
) -> Result<Response> {
    let shown = MetricView::parse(&shown).ok_or(Refusal::NotFound)?;
    let query = PageQuery::known(query, &[&PARAMETERS[..], &["chart"]].concat())?;
    // What cannot be drawn leaves no row that says it was.
    let mut view = state.store.view(&visit.actor, workspace.clone(), Permission::ExportMetrics).await?;
    let asked = Asked::read(&mut view, &query, shown, state.config.retention.keep_daily_days).await?;
    let drawn = draw(&mut view, &asked, &query, shown, visit.person.id).await?;
    let slug = view.workspace.slug.clone();
    drop(view);
    let what = MetricsSnapshot { view: shown.as_str(), format: "svg", filters: query.with(&[]) };
    export_metrics(&state.store, &visit.actor, workspace, what).await?;
    let name = format!("attest-{slug}-{}-{}.svg", shown.as_str(), query.of("chart").unwrap_or_default());
    let headers =
        [(CONTENT_TYPE, "image/svg+xml".to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    Ok((headers, drawn).into_response())
}

/// The chart that is asked for, with what was chosen in its words.
///
/// # Errors
/// [`Refusal::NotFound`] where there is no such chart, or nothing in it.
async fn draw(
    view: &mut View,
    asked: &Asked,
    query: &PageQuery,
    shown: MetricView,
    reader: PersonId,
) -> Result<String> {
    asked.period.assert_right()?;
    let (content, _) = content(view, asked, query, shown, reader, Said::default()).await?;
    let about = in_words(asked, query, shown);
    let workspace = &view.workspace.name;
    let about = if about.is_empty() { workspace.clone() } else { format!("{workspace} · {about}") };
    let chart = content.charts().into_iter().find(|chart| query.of("chart") == Some(chart.name()));
    // Names come from outside, and XML has no place for some of what they may hold.
    Ok(chart.and_then(|chart| chart.picture(&about)).map(visible).ok_or(Refusal::NotFound)?)
}
