//! The figures of a view as rows and columns, of which its files are made.

use super::asked::Asked;
use super::by::name_of;
use super::explore::answered;
use super::flow::times;
use super::releases::exported;
use crate::domain::app::App;
use crate::domain::att::CountedState;
use crate::domain::count::{BreakdownBy, Counts, OVERFLOW};
use crate::domain::data_problem::DataProblem;
use crate::domain::metric::{Basis, Figures, Fraction, Rate};
use crate::domain::rounding::{Precision, Shown};
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::services::breakdown::{breakdown, default_at_end};
use crate::server::services::flow::Happened;
use crate::server::services::release::{ComparedMilestone, Milestone, MilestoneKind};
use crate::server::services::trend::{Compared, Point, beside, trend};
use crate::server::store::View;
use crate::server::store::data_problem::{MOST_PLACES_TOLD, ProblemPlace};
use crate::ui::pages::metric::MetricView;
use serde_json::Value;

/// A view as a table: each row has a value for each column, which is null where there is none or it may not be shown.
pub struct Table {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<Value>>,
}

/// Reads a view.
pub async fn table(view: &mut View, asked: &Asked, shown: MetricView) -> Result<Table> {
    match shown {
        MetricView::Now => now(view, asked).await,
        MetricView::OverTime => over_time(view, asked).await,
        MetricView::By => by(view, asked).await,
        MetricView::Flow => flow(view, asked).await,
        MetricView::Quality => quality(view, asked).await,
        MetricView::Releases => releases(view, asked).await,
        MetricView::Explore => explored(view, asked).await,
    }
}

/// The column that says, where figures are rounded, whether counts of fewer than ten are missing in a row's sums.
const INCOMPLETE: &str = "incomplete";

fn count(shown: Shown) -> Value {
    shown.figure().map_or(Value::Null, Value::from)
}

/// The columns of counts and rates, as a reader gets them.
fn figure_columns(precision: Precision) -> impl Iterator<Item = &'static str> {
    let counts = CountedState::ALL.into_iter().map(CountedState::as_str).chain(["total", "apple_total"]);
    let rates = Rate::ALL.into_iter().flat_map(|rate| {
        let [low, high] = bounds(rate);
        [rate.as_str(), low, high]
    });
    counts.chain(rates).chain(precision.is_rounded().then_some(INCOMPLETE))
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
fn figure_cells(figures: &Figures, precision: Precision) -> impl Iterator<Item = Value> {
    let counts = CountedState::ALL.into_iter().map(|state| count(figures.of(state)));
    let rates = Rate::ALL.into_iter().flat_map(|rate| {
        let fraction = figures.fraction(rate);
        let interval = fraction.interval();
        [fraction.share(), interval.map(|interval| interval.low), interval.map(|interval| interval.high)]
            .map(|value| value.map_or(Value::Null, Value::from))
    });
    let incomplete = precision.is_rounded().then(|| figures.is_incomplete().into());
    counts
        .chain([figures.all(), figures.apple()].map(count))
        .chain(rates)
        .chain(incomplete)
        .collect::<Vec<_>>()
        .into_iter()
}

async fn now(view: &mut View, asked: &Asked) -> Result<Table> {
    let counts = view.counts_of(asked.selection()).await?;
    let default = view.settings().await?.default;
    let row = |basis: Basis| {
        let figures = Figures::new([(counts, default)], basis, view.precision);
        [Value::from(basis.as_str())].into_iter().chain(figure_cells(&figures, view.precision)).collect()
    };
    Ok(Table {
        columns: ["basis"].into_iter().chain(figure_columns(view.precision)).collect(),
        rows: Basis::ALL.map(row).into(),
    })
}

/// The steps of a trend, and where it is held against another app, the same of that below, with which app each row is of.
async fn over_time(view: &mut View, asked: &Asked) -> Result<Table> {
    let question = asked.trend(asked.step);
    let mut apps = Vec::new();
    match &asked.compare {
        Some(other) => {
            let Compared { points, before, .. } = beside(view, &question, other.id).await?;
            apps.extend([(asked.app.as_ref(), points), (Some(other), before)]);
        }
        None => apps.push((asked.app.as_ref(), trend(view, &question).await?)),
    }
    let (precision, has_apps) = (view.precision, apps.len() > 1);
    let row = |app: Option<&App>, point: &Point| {
        let app = has_apps.then(|| app.map_or(Value::Null, |app| app.name.as_str().into()));
        let days = [calendar::date(point.first), calendar::date(point.last)].map(Value::from);
        let default = point.default.map_or(Value::Null, |default| default.as_str().into());
        let figures = point.figures(asked.basis, precision);
        app.into_iter().chain(days).chain([default]).chain(figure_cells(&figures, precision)).collect()
    };
    let rows = apps.iter().flat_map(|(app, points)| points.iter().map(|point| row(*app, point))).collect();
    let columns = has_apps.then_some("of_app").into_iter().chain(["from", "to", "default"]);
    Ok(Table { columns: columns.chain(figure_columns(precision)).collect(), rows })
}

async fn by(view: &mut View, asked: &Asked) -> Result<Table> {
    let default = default_at_end(view, asked.period.period.last).await?;
    let period = Some(asked.period.period);
    let parts = breakdown(view, asked.by, asked.environment, asked.unit, asked.app_id(), period).await?;
    let precision = view.precision;
    let figures = |counts| Figures::new([(counts, default)], asked.basis, precision);
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for part in parts.parts {
        let app = part.app.and_then(|app| asked.name_of_app(app.id));
        let name = app.map(str::to_owned).or(part.value).map_or(Value::Null, Value::from);
        rows.push([name].into_iter().chain(figure_cells(&figures(part.counts), precision)).collect());
    }
    if let Some((counts, _)) = parts.other {
        rows.push([Value::from(OVERFLOW)].into_iter().chain(figure_cells(&figures(counts), precision)).collect());
    }
    Ok(Table { columns: [asked.by.as_str()].into_iter().chain(figure_columns(precision)).collect(), rows })
}

/// An answer, with when the first and the last device was counted in each row.
async fn explored(view: &mut View, asked: &Asked) -> Result<Table> {
    let (explored, (begun, ended), default) = answered(view, asked).await?;
    let precision = view.precision;
    let row = |name: Value, counts: Counts| {
        let figures = Figures::new([(counts, default)], asked.basis, precision);
        let times = [Value::from(begun.0), Value::from(ended.0)];
        [name].into_iter().chain(times).chain(figure_cells(&figures, precision)).collect()
    };
    let name = |value: &str| match asked.by {
        _ if value.is_empty() => Value::Null,
        BreakdownBy::App => name_of(asked, value).into(),
        _ => value.into(),
    };
    let mut rows: Vec<Vec<Value>> = explored.values.iter().map(|(value, counts)| row(name(value), *counts)).collect();
    if explored.other.all() > 0 {
        rows.push(row(OVERFLOW.into(), explored.other));
    }
    let columns = [asked.by.as_str(), "counted_from_ms", "counted_until_ms"];
    Ok(Table { columns: columns.into_iter().chain(figure_columns(precision)).collect(), rows })
}

/// What happened, one row for each figure: changes, first answers by how long they took, and sums of each day.
async fn flow(view: &mut View, asked: &Asked) -> Result<Table> {
    let happened = Happened::read(view, asked.environment, asked.app_id(), asked.period.period).await?;
    let is_rounded = view.precision.is_rounded();
    let row = |what: &str, day: Value, from: Value, to: Value, n: Shown| {
        let incomplete = is_rounded.then(|| n.is_incomplete().into());
        [what.into(), day, from, to, count(n)].into_iter().chain(incomplete).collect()
    };
    let mut rows = Vec::new();
    for (from, to, n) in happened.changes() {
        rows.push(row("change", Value::Null, from.as_str().into(), to.as_str().into(), n));
    }
    for (class, n) in times(&happened) {
        let (from, below) = class.bounds();
        rows.push(row("first_answer_within_ms", Value::Null, from.into(), below.into(), n));
    }
    for (day, flows) in &happened.days {
        let sums = [
            ("first_answers", flows.sums.first_answers),
            ("first_authorized", flows.sums.first_authorized),
            ("withdrawals", flows.withdrawals()),
            ("installs", flows.sums.installs),
            ("limited_installs", flows.sums.limited_installs),
        ];
        for (what, n) in sums {
            rows.push(row(what, calendar::date(*day).into(), Value::Null, Value::Null, view.precision.shown(n)));
        }
    }
    let columns = ["figure", "day", "from", "to", "count"].into_iter().chain(is_rounded.then_some(INCOMPLETE));
    Ok(Table { columns: columns.collect(), rows })
}

/// How often each kind of data problem came on each day, and the same once more from each version of each app.
async fn quality(view: &mut View, asked: &Asked) -> Result<Table> {
    let period = asked.period.period;
    let by_day = view.data_problems_by_day(asked.environment, asked.app_id(), period).await?;
    let precision = view.precision;
    let by_day = by_day.into_iter().filter(|(kind, _, n)| asked.asks_for(*kind) && *n >= precision.step());
    let of_day = |(kind, day, n): (DataProblem, Day, i64)| {
        let day = calendar::date(day).into();
        vec!["day".into(), kind.as_str().into(), day, Value::Null, Value::Null, count(precision.shown(n))]
    };
    let of_place = |place: ProblemPlace| {
        let name = asked.name_of_app(place.app_id).map_or(Value::Null, Value::from);
        vec!["place".into(), place.kind.as_str().into(), Value::Null, name, place.app_version.into(), place.n.into()]
    };
    let places =
        view.data_problem_places(asked.environment, asked.app_id(), period, (asked.problem, MOST_PLACES_TOLD)).await?;
    let rows = by_day.map(of_day).chain(places.into_iter().map(of_place)).collect();
    Ok(Table { columns: vec!["figure", "problem", "day", "app", "app_version", "times"], rows })
}

/// The versions that came out and what was noted, with consent at the first answer among the devices first seen before and after.
async fn releases(view: &mut View, asked: &Asked) -> Result<Table> {
    let is_rounded = view.precision.is_rounded();
    let columns = [
        "day",
        "app",
        "version",
        "annotation",
        "days_after",
        "before_authorized",
        "before_answered",
        "before_first_answer_consent",
        "after_authorized",
        "after_answered",
        "after_first_answer_consent",
        "difference_low",
        "difference_high",
    ];
    let columns: Vec<&str> = columns.into_iter().chain(is_rounded.then_some(INCOMPLETE)).collect();
    let or_null = |value: Option<f64>| value.map_or(Value::Null, Value::from);
    let row = |ComparedMilestone { milestone, cohorts }: ComparedMilestone| {
        let Milestone { day, app, kind } = milestone;
        let (version, annotation) = match kind {
            MilestoneKind::Release(version) => (version.into(), Value::Null),
            MilestoneKind::Annotation { name, .. } => (Value::Null, name.into()),
        };
        let app = app.map_or(Value::Null, |app| app.name.into());
        let mut cells = vec![calendar::date(day).into(), app, version, annotation];
        let Some((before, after)) = cohorts else {
            cells.resize(columns.len(), Value::Null);
            return cells;
        };
        cells.push(after.days.days().into());
        let fractions = [before, after].map(|cohort| cohort.first_answer_consent);
        for fraction in fractions {
            cells.extend([count(fraction.part), count(fraction.whole), or_null(fraction.share())]);
        }
        let interval = fractions[1].grown_since(fractions[0]);
        cells.extend([interval.map(|interval| interval.low), interval.map(|interval| interval.high)].map(or_null));
        let is_incomplete = |fraction: Fraction| fraction.part.is_incomplete() || fraction.whole.is_incomplete();
        cells.extend(is_rounded.then(|| fractions.into_iter().any(is_incomplete).into()));
        cells
    };
    let rows = exported(view, asked).await?.into_iter().map(row).collect();
    Ok(Table { columns, rows })
}
