//! By.

use super::super::PageQuery;
use super::asked::{Asked, Sort};
use crate::domain::count::{BreakdownBy, MOST_VALUES};
use crate::domain::id::AppId;
use crate::domain::metric::{Figures, Meaning, Rate};
use crate::server::error::Result;
use crate::server::services::breakdown::{BreakdownPart, breakdown, default_at_end};
use crate::server::services::version_order::by_version;
use crate::server::store::View;
use crate::ui::pages::metric::by::{By, ByRow, Groups, Head};
use crate::ui::parts::rate::Change;
use crate::ui::words;
use std::cmp::Ordering;

/// How many rows are shown; files and the API have all.
const MOST_SHOWN: usize = 200;

/// A row before it is put into words.
pub struct Row {
    pub name: String,
    pub address: Option<String>,
    /// Whether it has a value, by whose name it is sorted; the others stand at the end.
    pub has_value: bool,
    pub now: Figures,
    /// Before the period, where its days are kept.
    pub before: Option<Figures>,
}

impl Row {
    /// The values that have no row of their own, together.
    pub fn other(now: Figures) -> Self {
        let name = format!("Other, beyond {} values", words::number(MOST_VALUES));
        Self { name, address: None, has_value: false, now, before: None }
    }

    /// Whether it has a status to compare: versions and countries of other platforms have none.
    pub fn is_shown(&self, by: BreakdownBy) -> bool {
        by == BreakdownBy::Platform || self.now.apple().figure() != Some(0)
    }

    fn grew(&self, rate: Rate) -> Option<(f64, Meaning)> {
        self.now.fraction(rate).since(self.before.as_ref()?.fraction(rate), rate)
    }

    /// The share of units that never reported a status.
    fn unknown(&self) -> Option<f64> {
        self.now.fraction(Rate::ReportedShare).share().map(|reported| 1.0 - reported)
    }
}

pub async fn model(view: &mut View, asked: &Asked, query: &PageQuery) -> Result<By> {
    Ok(table(rows(view, asked, query).await?, asked, query, Some(asked.period.length())))
}

/// The table of these rows, with how they changed in so many days, if that is known.
pub fn table(mut rows: Vec<Row>, asked: &Asked, query: &PageQuery, days: Option<i64>) -> By {
    let (by, rate) = (asked.by, asked.rate);
    sort(&mut rows, asked);
    let longest = rows.iter().filter_map(|row| row.now.apple().figure()).max().unwrap_or_default().max(1);
    let cut = (rows.len() > MOST_SHOWN).then(|| {
        let all = words::number(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        format!("The first {MOST_SHOWN} of {all} rows. The files have all of them.")
    });
    let mixed = by == BreakdownBy::AppVersion && asked.app.is_none() && asked.apps.len() > 1;
    let mixed = mixed.then(|| "Versions of all apps together. Choose an app for its own.".to_owned());
    let row = |row: Row| {
        let (apple, now) = (row.now.apple(), row.now.fraction(rate));
        let grew = row.grew(rate);
        ByRow {
            count: words::count(apple),
            bar: apple.figure().unwrap_or_default() * 100 / longest,
            rate: words::share(now.share()),
            half: words::half(now.share(), now.interval()),
            change: grew.map(|(grew, meaning)| Change { words: words::points(grew), span: String::new(), meaning }),
            unknown: words::share(row.unknown()),
            name: row.name,
            address: row.address,
        }
    };
    By {
        what: group_name(by),
        groups: groups(asked, query),
        units: words::units(asked.unit),
        rate,
        days,
        heads: Sort::ALL.map(|sort| head(sort, asked, query)),
        rows: rows.into_iter().take(MOST_SHOWN).map(row).collect(),
        notes: cut.into_iter().chain(mixed).collect(),
    }
}

/// What the rows can be grouped by: within an app not by app.
pub fn groups(asked: &Asked, query: &PageQuery) -> Groups {
    let groups = BreakdownBy::ALL.into_iter().filter(|by| *by != BreakdownBy::App || asked.app.is_none());
    let group = |group: BreakdownBy| {
        let address = query.with(&[("by", group.as_str()), ("sort", "")]);
        (group_name(group), address, group == asked.by)
    };
    groups.map(group).collect()
}

/// All rows.
async fn rows(view: &mut View, asked: &Asked, query: &PageQuery) -> Result<Vec<Row>> {
    let (by, basis, precision) = (asked.by, asked.basis, view.precision);
    let default = default_at_end(view, asked.period.period.last).await?;
    let period = asked.period.period;
    let parts = breakdown(view, by, asked.environment, asked.unit, asked.app_id(), Some(period)).await?;
    let figures = |counts| Figures::new([(counts, default)], basis, precision);
    let before = |counts| (period.first > asked.kept.first).then(|| figures(counts));
    let row = |part: BreakdownPart| Row {
        name: name_of(asked, part.value.as_deref().unwrap_or_default()),
        address: part.value.as_deref().map(|value| match by {
            // A click on an app goes on within it.
            BreakdownBy::App => query.with(&[("app", value), ("by", ""), ("sort", "")]),
            _ => format!("over-time{}", query.with(&[(by.as_str(), value), ("by", ""), ("sort", "")])),
        }),
        has_value: part.value.is_some(),
        before: before(part.before),
        now: figures(part.counts),
    };
    let mut rows: Vec<Row> = parts.parts.into_iter().map(row).filter(|row| row.is_shown(by)).collect();
    if let Some((counts, then)) = parts.other {
        rows.push(Row { before: before(then), ..Row::other(figures(counts)) });
    }
    Ok(rows)
}

/// What a value is called; the empty one is that of units that have none.
pub fn name_of(asked: &Asked, value: &str) -> String {
    let app = || AppId::parse(value).and_then(|id| asked.name_of_app(id)).map(str::to_owned);
    match asked.by.dimension() {
        _ if value.is_empty() => "Not sent".to_owned(),
        Some(dimension) => words::dimension_value(dimension, value),
        None => app().unwrap_or_else(|| value.to_owned()),
    }
}

fn sort(rows: &mut [Row], asked: &Asked) {
    let (by, reversed) = asked.sort.unwrap_or((Sort::Count, false));
    let number = |row: &Row| match by {
        Sort::Name => None,
        Sort::Count => row.now.apple().figure().map(|n| n as f64),
        Sort::Rate => row.now.fraction(asked.rate).share(),
        Sort::Change => row.grew(asked.rate).map(|(grew, _)| grew),
        Sort::Unknown => row.unknown(),
    };
    // As many are in the order of their names, whatever their exact numbers are.
    rows.sort_by(|one, other| {
        let by_name = other.has_value.cmp(&one.has_value).then_with(|| in_order(asked.by, &one.name, &other.name));
        let order = match (number(one), number(other)) {
            (None, None) if by == Sort::Name && one.has_value && other.has_value && reversed => by_name.reverse(),
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
        };
        order.then(by_name)
    });
}

/// The order of names: versions begin with the newest, and those of iOS come before other platforms'.
fn in_order(by: BreakdownBy, one: &str, other: &str) -> Ordering {
    fn platform(name: &str) -> Option<&str> {
        name.split_once(' ').map(|(platform, _)| platform).filter(|platform| *platform != "iOS")
    }
    match by {
        BreakdownBy::OsVersion => platform(one).cmp(&platform(other)).then_with(|| by_version(other, one)),
        BreakdownBy::AppVersion => by_version(other, one),
        _ => by_version(one, other),
    }
}

/// What the rows are.
fn group_name(by: BreakdownBy) -> &'static str {
    match by {
        BreakdownBy::App => "app",
        BreakdownBy::Platform => "platform",
        BreakdownBy::OsVersion => "OS version",
        BreakdownBy::AppVersion => "app version",
        BreakdownBy::Country => "country",
    }
}

/// A column's head: the first click sorts by it, another one the other way round.
fn head(sort: Sort, asked: &Asked, query: &PageQuery) -> Head {
    let (now, reversed) = asked.sort.unwrap_or((Sort::Count, false));
    let is_now = now == sort;
    let next = if is_now && !reversed { format!("-{}", sort.as_str()) } else { sort.as_str().to_owned() };
    // Names begin with the first one, versions with the newest, numbers with the greatest.
    let is_of_versions = matches!(asked.by, BreakdownBy::OsVersion | BreakdownBy::AppVersion);
    let ascends = (sort == Sort::Name && !is_of_versions) != reversed;
    let sorted = is_now.then_some(if ascends { "ascending" } else { "descending" });
    Head { address: query.with(&[("sort", &next)]), sorted }
}
