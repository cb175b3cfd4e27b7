//! The figures of a view as a file: CSV for a spreadsheet, JSON for a script.

use super::super::PageQuery;
use super::asked::Asked;
use super::bar::FileFormat;
use super::flow::{Happened, times};
use crate::domain::att::{CountedState, Status};
use crate::domain::error::Refusal;
use crate::domain::metric::{Basis, Figures, Rate};
use crate::domain::permission::Permission;
use crate::domain::rounding::Shown;
use crate::server::calendar;
use crate::server::error::{Error, Result};
use crate::server::http::caller::InWorkspace;
use crate::server::services::breakdown::breakdown;
use crate::server::services::csv_record::record;
use crate::server::services::trend::trend;
use crate::server::store::View;
use crate::server::store::data_problem::ProblemPlace;
use crate::ui::pages::metric::MetricView;
use crate::ui::words;
use axum::extract::{Path, RawQuery};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// A view as a table: each row has a value for each column.
struct Table {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

/// `GET metrics/{view}/file`.
pub async fn file(
    InWorkspace { visit, state, workspace, .. }: InWorkspace,
    Path((_, shown)): Path<(String, String)>,
    query: RawQuery,
) -> Result<Response> {
    let shown = MetricView::parse(&shown).ok_or(Refusal::NotFound)?;
    let query = PageQuery::new(query);
    let mut view = state.store.view(&visit.actor, workspace, Permission::ExportMetrics).await?;
    let format = query.parsed("format", FileFormat::parse)?.unwrap_or(FileFormat::Csv);
    let asked = Asked::read(&mut view, &query, shown, state.config.retention.keep_daily_days).await?;
    if let Some((field, problem)) = asked.period.faults.0.first() {
        return Err(Error::invalid(if field == "to" { "to" } else { "from" }, *problem));
    }
    let table = match shown {
        MetricView::Now => now(&mut view, &asked).await?,
        MetricView::OverTime => over_time(&mut view, &asked).await?,
        MetricView::By => by(&mut view, &asked).await?,
        MetricView::Flow => flow(&mut view, &asked).await?,
        MetricView::Quality => quality(&mut view, &asked).await?,
    };
    let about = about(&view, &asked, shown);
    let (body, kind) = match format {
        FileFormat::Csv => (csv(&table, &about)?, "text/csv; charset=utf-8"),
        FileFormat::Json => (to_json(&table, &about)?, "application/json"),
    };
    let name = format!("attest-{}-{}.{}", view.workspace.slug, shown.as_str(), format.as_str());
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    Ok((headers, body).into_response())
}

fn count(shown: Shown) -> Value {
    shown.figure().map_or(Value::Null, Value::from)
}

/// The columns of counts and rates.
fn figure_columns() -> impl Iterator<Item = &'static str> {
    let counts = CountedState::ALL.into_iter().map(CountedState::as_str).chain(["total"]);
    let rates = Rate::ALL.into_iter().flat_map(|rate| {
        let [low, high] = bounds(rate);
        [rate.as_str(), low, high]
    });
    counts.chain(rates)
}

/// The columns of where a rate's interval begins and ends.
fn bounds(rate: Rate) -> [&'static str; 2] {
    match rate {
        Rate::Consent => ["consent_rate_low", "consent_rate_high"],
        Rate::Addressable => ["addressable_rate_low", "addressable_rate_high"],
        Rate::PromptCoverage => ["prompt_coverage_low", "prompt_coverage_high"],
        Rate::Restricted => ["restricted_rate_low", "restricted_rate_high"],
        Rate::ReportedShare => ["reported_share_low", "reported_share_high"],
    }
}

/// The cells of those columns.
fn figure_cells(figures: &Figures) -> impl Iterator<Item = Value> {
    let counts = CountedState::ALL.into_iter().map(|state| count(figures.of(state)));
    let rates = Rate::ALL.into_iter().flat_map(|rate| {
        let fraction = figures.fraction(rate);
        let interval = fraction.interval();
        [fraction.share(), interval.map(|interval| interval.low), interval.map(|interval| interval.high)]
            .map(|value| value.map_or(Value::Null, Value::from))
    });
    counts.chain([count(figures.all())]).chain(rates).collect::<Vec<_>>().into_iter()
}

async fn now(view: &mut View, asked: &Asked) -> Result<Table> {
    let counts = view.counts_of(asked.selection()).await?;
    let default = view.settings().await?.default;
    let row = |basis: Basis| {
        let figures = Figures::new([counts], (basis, default), view.precision);
        [Value::from(basis.as_str())].into_iter().chain(figure_cells(&figures)).collect()
    };
    Ok(Table { columns: ["basis"].into_iter().chain(figure_columns()).collect(), rows: Basis::ALL.map(row).into() })
}

async fn over_time(view: &mut View, asked: &Asked) -> Result<Table> {
    let points = trend(view, &asked.trend(asked.step)).await?;
    let rows = points.iter().map(|point| {
        let days = [calendar::date(point.first), calendar::date(point.last)].map(Value::from);
        let default = point.default.map_or(Value::Null, |default| default.as_str().into());
        let figures = point.figures(asked.basis, view.precision);
        days.into_iter().chain([default]).chain(figure_cells(&figures)).collect()
    });
    let columns = ["from", "to", "default"].into_iter().chain(figure_columns()).collect();
    Ok(Table { columns, rows: rows.collect() })
}

async fn by(view: &mut View, asked: &Asked) -> Result<Table> {
    let default = view.settings().await?.default;
    let precision = view.precision;
    let parts = breakdown(view, asked.by, asked.environment, asked.unit, asked.app_id(), None).await?;
    let figures = |counts| Figures::new([counts], (asked.basis, default), precision);
    // A value that few units have would show single units to rounded roles.
    let shown = parts.parts.into_iter().filter(|part| part.counts.all() >= precision.step());
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for part in shown {
        let name = part.app.map(|app| app.name).or(part.value).unwrap_or_default();
        rows.push([Value::from(name)].into_iter().chain(figure_cells(&figures(part.counts))).collect());
    }
    if let Some((counts, _)) = parts.other {
        rows.push([Value::from("(other)")].into_iter().chain(figure_cells(&figures(counts))).collect());
    }
    Ok(Table { columns: [asked.by.as_str()].into_iter().chain(figure_columns()).collect(), rows })
}

/// What happened, one row for each figure: changes, first answers by how long they took, and sums of each day.
async fn flow(view: &mut View, asked: &Asked) -> Result<Table> {
    let happened = Happened::read(view, asked).await?;
    let row = |what: &str, day: Value, from: Value, to: Value, n: Shown| vec![what.into(), day, from, to, count(n)];
    let mut rows = Vec::new();
    for (from, to) in CountedState::OF_APPLE.into_iter().flat_map(|from| Status::ALL.map(|to| (from, to))) {
        if from != CountedState::Known(to) {
            let n = happened.changes(from, to);
            rows.push(row("change", Value::Null, from.as_str().into(), to.as_str().into(), n));
        }
    }
    for (class, n) in times(&happened) {
        let (from, below) = class.bounds();
        rows.push(row("first_answer_within_ms", Value::Null, from.into(), below.into(), n));
    }
    for (day, flows) in &happened.days {
        let sums = [
            ("first_answers", flows.sums.first_answers),
            ("first_authorized", flows.sums.first_authorized),
            ("withdrawals", Happened::withdrawals_of(flows)),
            ("installs", flows.sums.installs),
        ];
        for (what, n) in sums {
            rows.push(row(what, calendar::date(*day).into(), Value::Null, Value::Null, view.precision.shown(n)));
        }
    }
    Ok(Table { columns: vec!["figure", "day", "from", "to", "count"], rows })
}

/// How often each kind of data problem came from each version of each app.
async fn quality(view: &mut View, asked: &Asked) -> Result<Table> {
    let period = asked.period.period;
    let places = view.data_problem_places(asked.environment, asked.app_id(), (period.first, period.last)).await?;
    let row = |place: ProblemPlace| {
        let app = asked.apps.iter().find(|app| app.id == place.app_id);
        let name = app.map_or(Value::Null, |app| app.name.clone().into());
        vec![place.kind.as_str().into(), name, place.app_version.into(), place.n.into()]
    };
    Ok(Table { columns: vec!["problem", "app", "app_version", "times"], rows: places.into_iter().map(row).collect() })
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
    if !matches!(shown, MetricView::Flow | MetricView::Quality) {
        say("unit", asked.unit.as_str().into());
    }
    if matches!(shown, MetricView::OverTime | MetricView::By) {
        say("basis", asked.basis.as_str().into());
    }
    if matches!(shown, MetricView::OverTime | MetricView::Flow | MetricView::Quality) {
        let period = asked.period.period;
        say("from", calendar::date(period.first).into());
        say("to", calendar::date(period.last).into());
    }
    if shown == MetricView::OverTime {
        say("step", asked.step.as_str().into());
    }
    if let Some(app) = &asked.app {
        say("app", app.name.clone().into());
    }
    if let Some(slice) = asked.slice.as_ref().filter(|_| matches!(shown, MetricView::Now | MetricView::OverTime)) {
        say(slice.dimension.as_str(), slice.value.clone().into());
    }
    if view.precision.is_rounded() {
        say("rounded", true.into());
    }
    if !matches!(shown, MetricView::Flow | MetricView::Quality) {
        let formulas = Rate::ALL.map(|rate| format!("{} = {}", rate.as_str(), words::formula(rate)));
        say("formulas", format!("{}. {}", formulas.join("; "), words::INTERVAL).into());
    }
    about
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
