//! Quality.

use super::super::PageQuery;
use super::asked::Asked;
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::permission::Permission;
use crate::domain::rounding::{Precision, Shown};
use crate::domain::time::Day;
use crate::server::error::Result;
use crate::server::http::moment::{day_words, short_day};
use crate::server::store::View;
use crate::server::store::data_problem::{MOST_SHOWN, ProblemPlace};
use crate::ui::frame::{NavPage, address};
use crate::ui::pages::metric::quality::{ProblemCard, Quality};
use crate::ui::parts::chart::columns::{Column, Columns};
use crate::ui::words;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many days of each kind are listed below its chart, which has all of them.
const MOST_DAYS: usize = 31;

/// Where each came from is shown of one kind alone: it is a figure for each version of each app.
pub async fn model(view: &mut View, asked: &Asked, query: &PageQuery) -> Result<Quality> {
    let period = asked.period.period;
    let by_day = view.data_problems_by_day(asked.environment, asked.app_id(), period).await?;
    let places = match asked.problem {
        Some(_) => {
            view.data_problem_places(asked.environment, asked.app_id(), period, (asked.problem, MOST_SHOWN)).await?
        }
        None => Vec::new(),
    };
    let mut kinds: BTreeMap<DataProblem, BTreeMap<Day, i64>> = BTreeMap::new();
    for (kind, day, n) in by_day.into_iter().filter(|(kind, ..)| asked.asks_for(*kind)) {
        *kinds.entry(kind).or_default().entry(day).or_default() += n;
    }
    // Whoever sees rounded figures is told no places.
    let leads_to_places = asked.problem.is_none() && !view.precision.is_rounded();
    let of_kind = |(kind, days): (&DataProblem, &BTreeMap<Day, i64>)| {
        let by_version = leads_to_places.then(|| query.with(&[("problem", kind.as_str())]));
        let (times, card) = card(*kind, days, &places, asked, view.precision)?;
        Some((times, ProblemCard { by_version, ..card }))
    };
    let mut problems: Vec<(i64, ProblemCard)> = kinds.iter().filter_map(of_kind).collect();
    problems.sort_by_key(|(times, _)| Reverse(*times));
    let may_see = view.may(Permission::LookUpProfiles);
    Ok(Quality {
        is_rounded: view.precision.is_rounded(),
        is_of_one: asked.problem.is_some(),
        problems: problems.into_iter().map(|(_, card)| card).collect(),
        examples: may_see.then(|| address(view.workspace.slug.as_str(), NavPage::Inputs, Environment::Production)),
    })
}

/// `None` where too few are shown to say that there are any.
fn card(
    kind: DataProblem,
    days: &BTreeMap<Day, i64>,
    places: &[ProblemPlace],
    asked: &Asked,
    precision: Precision,
) -> Option<(i64, ProblemCard)> {
    let period = asked.period.period;
    let shown = |day: &Day| precision.shown(days.get(day).copied().unwrap_or_default());
    let all_days: Vec<Day> = (0..period.days()).map(|offset| period.first.plus(offset)).collect();
    let times = Shown::sum(all_days.iter().map(shown))?;
    let count = times.figure()?;
    let column = |day: &Day| Column {
        label: short_day(*day),
        count: shown(day).figure().unwrap_or_default(),
        reading: format!("{}: {}", day_words(*day), words::count(shown(day))),
    };
    let place = |place: &ProblemPlace| {
        let app = asked.name_of_app(place.app_id);
        (words::problem_place(app, &place.app_version), words::number(place.n))
    };
    let with_any = all_days.iter().rev().filter(|day| shown(day).figure().unwrap_or_default() > 0);
    let earlier = with_any.clone().count().saturating_sub(MOST_DAYS);
    let card = ProblemCard {
        said: words::data_problem(kind),
        help: words::data_problem_help(kind),
        times: format!("{} {}", words::count(times), if count == 1 { "time" } else { "times" }),
        chart: Columns {
            id: kind.as_str(),
            title: format!("{}, by day", words::data_problem(kind)),
            columns: all_days.iter().map(column).collect(),
        },
        earlier: i64::try_from(earlier).unwrap_or_default(),
        days: with_any.take(MOST_DAYS).map(|day| (day_words(*day), words::count(shown(day)))).collect(),
        places: places.iter().map(place).collect(),
        more: places.first().map_or(0, |first| first.places - MOST_SHOWN.min(first.places)),
        by_version: None,
    };
    Some((count, card))
}
