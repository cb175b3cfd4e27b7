//! By.

use super::super::PageQuery;
use super::asked::{Asked, Sort};
use super::bar::group_name;
use crate::domain::count::MOST_VALUES;
use crate::domain::metric::{Figures, Fraction, Period, Rate, difference};
use crate::domain::platform::Platform;
use crate::domain::rounding::share;
use crate::server::error::Result;
use crate::server::services::breakdown::{BreakdownBy, BreakdownPart, breakdown};
use crate::server::services::version_order::by_version;
use crate::server::store::View;
use crate::ui::pages::metric::by::{By, ByRow, Head};
use crate::ui::parts::rate::{Change, ChangeTone};
use crate::ui::words;
use std::cmp::Ordering;

/// How many rows are shown; files and the API have all.
const MOST_SHOWN: usize = 200;

/// A row before it is put into words.
struct Row {
    name: String,
    address: Option<String>,
    /// What it is sorted by under its name.
    value: Option<String>,
    now: Figures,
    before: Option<Figures>,
}

pub async fn model(view: &mut View, asked: &Asked, query: &PageQuery) -> Result<By> {
    let Period { first, .. } = asked.period.period;
    let rows = rows(view, asked, query).await?;
    let (by, rate) = (asked.by, asked.rate);
    let count = rows.len();
    let mut sorted = rows;
    sort(&mut sorted, asked);
    let longest = sorted.iter().filter_map(|row| row.now.apple().figure()).max().unwrap_or_default().max(1);
    let has_before = first > asked.kept.first;
    let row = |row: Row| {
        let apple = row.now.apple();
        let now = row.now.fraction(rate);
        let before = row.before.as_ref().filter(|_| has_before).map(|before| before.fraction(rate));
        let unknown = row.now.fraction(Rate::ReportedShare);
        ByRow {
            name: row.name,
            address: row.address,
            count: words::count(apple),
            bar: apple.figure().unwrap_or_default() * 100 / longest,
            rate: words::share(now.share()),
            half: words::half(now.interval()),
            change: before.and_then(|before| change(rate.is_better_higher(), before, now)),
            unknown: words::share(unknown.share().map(|reported| 1.0 - reported)),
        }
    };
    let groups = BreakdownBy::ALL.into_iter().filter(|by| *by != BreakdownBy::App || asked.app.is_none());
    let note = (count > MOST_SHOWN).then(|| {
        format!("The first {MOST_SHOWN} of {} rows. The files have all of them.", words::number(count as i64))
    });
    Ok(By {
        what: group_name(by),
        groups: groups
            .map(|group| (group_name(group), query.with(&[("by", group.as_str()), ("sort", "")]), group == by))
            .collect(),
        units: words::units(asked.unit),
        rate,
        days: asked.period.length(),
        heads: Sort::ALL.map(|sort| head(sort, asked, query)),
        rows: sorted.into_iter().take(MOST_SHOWN).map(row).collect(),
        note,
    })
}

/// All rows in the order of their counts as they are shown.
async fn rows(view: &mut View, asked: &Asked, query: &PageQuery) -> Result<Vec<Row>> {
    let (by, basis, precision) = (asked.by, asked.basis, view.precision);
    let default = view.settings().await?.default;
    let since = asked.period.period.first;
    let parts = breakdown(view, by, asked.environment, asked.unit, asked.app_id(), Some(since)).await?;
    let figures = |counts| Figures::new([counts], (basis, default), precision);
    let row = |part: BreakdownPart| {
        let name = match (&part.app, &part.value) {
            (Some(app), _) => app.name.clone(),
            (None, Some(value)) if by == BreakdownBy::Platform => {
                Platform::parse(value).map_or_else(|| value.clone(), |known| words::platform(known).to_owned())
            }
            (None, Some(value)) => value.clone(),
            (None, None) => "Not told".to_owned(),
        };
        let parameter = by.as_str();
        let address = part.value.as_deref().map(|value| match by {
            // A click on an app goes on within it.
            BreakdownBy::App => query.with(&[("app", value), ("by", ""), ("sort", "")]),
            _ => format!("over-time{}", query.with(&[(parameter, value), ("by", ""), ("sort", "")])),
        });
        Row {
            name,
            address,
            value: part.value,
            before: Some(figures(part.counts.minus(part.added))),
            now: figures(part.counts),
        }
    };
    let mut rows: Vec<Row> = parts.parts.into_iter().map(row).collect();
    if let Some((counts, added)) = parts.other {
        rows.push(Row {
            name: format!("Other, beyond {} values", words::number(MOST_VALUES)),
            address: None,
            value: None,
            now: figures(counts),
            before: Some(figures(counts.minus(added))),
        });
    }
    Ok(rows)
}

fn sort(rows: &mut [Row], asked: &Asked) {
    let Some((by, reversed)) = asked.sort else { return };
    let number = |row: &Row| match by {
        Sort::Name => None,
        Sort::Count => row.now.apple().figure().map(|n| n as f64),
        Sort::Rate => row.now.fraction(asked.rate).share(),
        Sort::Change => {
            let (now, before) =
                (row.now.fraction(asked.rate).share(), row.before.as_ref()?.fraction(asked.rate).share());
            Some(now? - before?)
        }
        Sort::Unknown => row.now.fraction(Rate::ReportedShare).share().map(|reported| 1.0 - reported),
    };
    let in_order = |one: &Row, other: &Row| match by {
        Sort::Name => match (&one.value, &other.value) {
            // Those without a value stay at the end.
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
            (Some(_), Some(_)) => {
                let order = by_version(&one.name, &other.name);
                if reversed { order.reverse() } else { order }
            }
        },
        _ => match (number(one), number(other)) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
            // The greatest first, unless it is the other way round.
            (Some(one), Some(other)) => {
                if reversed {
                    one.total_cmp(&other)
                } else {
                    other.total_cmp(&one)
                }
            }
        },
    };
    rows.sort_by(in_order);
}

/// A column's head: the first click sorts by it, another one the other way round.
fn head(sort: Sort, asked: &Asked, query: &PageQuery) -> Head {
    let (now, reversed) = asked.sort.unwrap_or((Sort::Count, false));
    let is_now = now == sort;
    let next = if is_now && !reversed { format!("-{}", sort.as_str()) } else { sort.as_str().to_owned() };
    // Names begin with the first one, numbers with the greatest.
    let ascends = (sort == Sort::Name) != reversed;
    let sorted = is_now.then_some(if ascends { "ascending" } else { "descending" });
    Head { address: query.with(&[("sort", &next)]), sorted }
}

fn change(is_better_higher: bool, before: Fraction, now: Fraction) -> Option<Change> {
    let interval = difference(before.figures()?, now.figures()?)?;
    let grew = share(now.part, now.whole)? - share(before.part, before.whole)?;
    let tone = match interval {
        interval if interval.may_be_chance() => ChangeTone::Chance,
        _ if (grew > 0.0) == is_better_higher => ChangeTone::Better,
        _ => ChangeTone::Worse,
    };
    Some(Change { words: words::points(grew), span: String::new(), tone })
}
