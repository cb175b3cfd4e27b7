//! The figures of a view as a file: CSV and XLSX for a spreadsheet, JSON for a script.

use super::super::PageQuery;
use super::asked::{Asked, PARAMETERS};
use super::bar::FileFormat;
use super::explore::answered;
use super::spreadsheet::{SPREADSHEET, spreadsheet};
use super::table::{Table, table};
use crate::domain::error::Refusal;
use crate::domain::metric::Rate;
use crate::domain::permission::Permission;
use crate::server::calendar;
use crate::server::error::{Error, Result};
use crate::server::http::caller::InWorkspace;
use crate::server::services::csv_record::record;
use crate::server::services::metric_export::{MetricsSnapshot, export_metrics};
use crate::server::store::View;
use crate::ui::pages::metric::MetricView;
use crate::ui::words;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// `GET metrics/{view}/file`.
pub async fn file(
    InWorkspace { visit, state, workspace, .. }: InWorkspace,
    Path((_, shown)): Path<(String, String)>,
    query: RawQuery,
) -> Result<Response> {
    let shown = MetricView::parse(&shown).ok_or(Refusal::NotFound)?;
    let query = PageQuery::known(query, &[&PARAMETERS[..], &["format"]].concat())?;
    let format = query.parsed("format", FileFormat::parse)?.unwrap_or(FileFormat::Csv);
    // What cannot be exported leaves no row that says it was.
    let mut view = state.store.view(&visit.actor, workspace.clone(), Permission::ExportMetrics).await?;
    let asked = Asked::read(&mut view, &query, shown, state.config.retention.keep_daily_days).await?;
    asked.period.assert_right()?;
    if shown == MetricView::Explore {
        answered(&mut view, &asked).await?;
    }
    drop(view);
    let what =
        MetricsSnapshot { view: shown.as_str(), format: format.as_str(), filters: query.with(&[("format", "")]) };
    let mut view = export_metrics(&state.store, &visit.actor, workspace, what).await?;
    let table = table(&mut view, &asked, shown).await?;
    let about = about(&view, &asked, shown);
    let (body, kind) = match format {
        FileFormat::Csv => (csv(&table, &about)?, "text/csv; charset=utf-8"),
        FileFormat::Json => (to_json(&table, &about)?, "application/json"),
        FileFormat::Xlsx => (spreadsheet(&table, &about, view.now)?, SPREADSHEET),
    };
    let by = if shown.has_rows() { format!("-{}", asked.by.as_str()) } else { String::new() };
    let name = format!("attest-{}-{}{by}.{}", view.workspace.slug, shown.as_str(), format.as_str());
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    Ok((headers, body).into_response())
}

/// `HEAD metrics/{view}/file` and `HEAD metrics/{view}/picture`: a row of the log says that figures were taken out, and nothing is.
pub async fn no_file() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]).into_response()
}

/// What the figures are of: every filter, and the formulas.
fn about(view: &View, asked: &Asked, shown: MetricView) -> Map<String, Value> {
    let mut about = Map::new();
    let mut say = |name: &str, value: Value| about.insert(name.to_owned(), value);
    say("workspace", view.workspace.slug.to_string().into());
    say("view", shown.as_str().into());
    say("as_of_ms", view.now.0.into());
    say("time_zone", view.workspace.time_zone.clone().into());
    say("environment", asked.environment.as_str().into());
    if shown.counts_units() {
        say("unit", asked.unit.as_str().into());
    }
    if shown.has_rate() {
        say("basis", asked.basis.as_str().into());
    }
    if shown.has_period() {
        let period = asked.period.period;
        say("from", calendar::date(period.first).into());
        say("to", calendar::date(period.last).into());
    }
    if shown.has_step() {
        say("step", asked.step.as_str().into());
    }
    if let Some(app) = &asked.app {
        say("app", app.name.clone().into());
    }
    if let Some(other) = &asked.compare {
        say("compared_with", other.name.clone().into());
    }
    if let Some(problem) = asked.problem {
        say("problem", problem.as_str().into());
    }
    for slice in &asked.slices {
        say(slice.dimension.as_str(), slice.value.clone().into());
    }
    if view.precision.is_rounded() {
        say("rounded", true.into());
    }
    // Programs for tables take a CSV for older encodings than UTF-8.
    say("formulas", formulas(shown).replace('÷', "/").replace('’', "'").into());
    about
}

/// How the figures of a view are made.
fn formulas(shown: MetricView) -> String {
    match shown {
        MetricView::Releases => {
            format!("first_answer_consent = {}. {}", words::FIRST_ANSWER_CONSENT, words::DIFFERENCE_INTERVAL)
        }
        MetricView::Flow => words::FLOW_FIGURES.to_owned(),
        MetricView::Quality => words::QUALITY_FIGURES.to_owned(),
        MetricView::Now | MetricView::OverTime | MetricView::By | MetricView::Explore => {
            let formulas = Rate::ALL.map(|rate| format!("{} = {}", rate.as_str(), words::formula(rate)));
            format!("{}. {}", formulas.join("; "), words::INTERVAL)
        }
    }
}

/// One header line, ISO days, plain numbers; what the figures are of stands behind each row, so that a row says it wherever
/// it is pasted.
fn csv(table: &Table, about: &Map<String, Value>) -> Result<Vec<u8>> {
    let plain = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let said = about.iter().filter(|(name, _)| *name != "formulas");
    let said: Vec<String> = said.map(|(name, value)| format!("{name}={}", plain(value))).collect();
    let tail = [said.join(" "), about.get("formulas").map(plain).unwrap_or_default()];
    let head = table.columns.iter().copied().chain(["filters", "formulas"]).map(str::to_owned);
    let mut lines = record(head)?;
    for row in &table.rows {
        lines.extend(record(row.iter().map(plain).chain(tail.clone()))?);
    }
    Ok(lines)
}

fn to_json(table: &Table, about: &Map<String, Value>) -> Result<Vec<u8>> {
    let row = |row: &Vec<Value>| {
        let named = table.columns.iter().map(|name| (*name).to_owned()).zip(row.iter().cloned());
        Value::Object(named.collect())
    };
    let rows: Vec<Value> = table.rows.iter().map(row).collect();
    serde_json::to_vec(&json!({"about": about, "rows": rows})).map_err(Error::internal)
}
