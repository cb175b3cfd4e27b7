//! Over time.

use super::super::PageQuery;
use super::super::rate::marks;
use super::asked::Asked;
use super::nearest::nearest;
use crate::domain::att::CountedState;
use crate::domain::count::Unit;
use crate::domain::metric::Figures;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::moment::{day_words, days_words, short_day};
use crate::server::services::trend::{Point, Step, beside, compared};
use crate::server::store::View;
use crate::ui::pages::metric::over_time::{CountRow, OverTime};
use crate::ui::parts::chart::stack::{Stack, StackPoint};
use crate::ui::words;

/// The table of the rate.
const TABLE: &str = "rate-table";

pub async fn model(view: &mut View, asked: &Asked, query: &PageQuery) -> Result<OverTime> {
    let question = asked.trend(asked.step);
    let compared = match &asked.compare {
        Some(other) => beside(view, &question, other.id).await?,
        None => compared(view, &question, asked.kept.first).await?,
    };
    let marks = marks(view, &compared, &asked.apps, asked.environment, asked.app_id()).await?;
    let (rate, reading) = (asked.rate, asked.reading(view.precision));
    let figures: Vec<(&Point, Figures)> =
        compared.points.iter().map(|point| (point, point.figures(asked.basis, view.precision))).collect();
    let stacked = |(point, figures): &(&Point, Figures)| StackPoint {
        label: short_day(point.last),
        counts: figures.proportions().unwrap_or_default(),
    };
    let row = |(point, figures): &(&Point, Figures)| CountRow {
        days: days_words(point.first, point.last),
        counts: CountedState::OF_APPLE.map(|state| words::count(figures.of(state))).into(),
        total: words::count(figures.apple()),
    };
    let first = figures.iter().position(|(_, figures)| figures.all().figure().unwrap_or_default() > 0);
    let (since, nearest) = match first {
        // Whether there is anybody on a day is not told to those who see rounded figures.
        _ if view.precision.is_rounded() => (None, None),
        None => (None, nearest(view.daily(asked.selection(), asked.kept.first).await?.into_keys(), asked, query)),
        Some(0) => (None, None),
        Some(first) => (Some(since_then(figures[first].0.first, asked, query)), None),
    };
    let line = match (&asked.compare, &asked.app) {
        (Some(_), Some(app)) => app.name.clone(),
        (Some(_), None) => "All apps".to_owned(),
        (None, _) => words::rate(rate).to_owned(),
    };
    Ok(OverTime {
        rate,
        line,
        chart: reading.chart(rate, &compared, marks, TABLE),
        table: reading.table(rate, &compared, TABLE),
        now: reading.headline(rate, &compared),
        stack: Stack {
            id: "shares",
            title: format!(
                "Shares of the statuses, {}",
                compared.period().map(|period| days_words(period.first, period.last)).unwrap_or_default()
            ),
            points: figures.iter().map(stacked).collect(),
        },
        rows: figures.iter().rev().map(row).collect(),
        counted: counted(asked.unit, asked.step),
        since,
        nearest,
    })
}

fn counted(unit: Unit, step: Step) -> String {
    let step = match step {
        Step::Day => "day",
        Step::Week => "week",
        Step::Month => "month",
    };
    match unit {
        Unit::ActiveDevices => format!("Devices by their first batch of a day, added up by {step}."),
        _ => format!("Apple {} at the end of each {step}.", words::units(unit)),
    }
}

/// Where the first days have nobody: since when there is somebody, and the address of the days since then.
fn since_then(first: Day, asked: &Asked, query: &PageQuery) -> (String, String) {
    let (from, to) = (calendar::date(first), calendar::date(asked.period.period.last));
    (day_words(first), query.with(&[("days", ""), ("from", &from), ("to", &to)]))
}
