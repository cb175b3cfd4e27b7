//! What is chosen on a page of metrics, and what else may be.

use super::super::{PageQuery, WITHOUT};
use super::asked::Asked;
use crate::domain::app::App;
use crate::domain::closed_list::closed_list;
use crate::domain::count::{Dimension, OVERFLOW, Unit};
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::metric::{Basis, Rate};
use crate::domain::permission::Permission;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::services::trend::Step;
use crate::server::services::version_order::by_version;
use crate::server::store::View;
use crate::ui::pages::metric::bar::{Chip, MetricBar};
use crate::ui::pages::metric::{MetricContent, MetricView};
use crate::ui::parts::chart::picture::Chart;
use crate::ui::parts::filter::{Choice, Select};
use crate::ui::words;

closed_list! {
    /// What the figures of a view are got as.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum FileFormat {
        Csv => "csv",
        Json => "json",
        Xlsx => "xlsx",
    }
}

/// The most apps that the choice offers: the first ones by name, and the one that is chosen.
pub const MOST_OFFERED: usize = 200;

/// By what the page was filtered that the reader came from, and this one is not.
pub fn lost(query: &PageQuery, asked: &Asked) -> Option<String> {
    let said: Vec<&str> = query.of(WITHOUT)?.split(',').collect();
    let is_asked = |dimension: Dimension| asked.slices.iter().any(|slice| slice.dimension == dimension);
    let lost = Dimension::ASKED.into_iter().filter(|one| said.contains(&one.as_str()) && !is_asked(*one));
    let lost: Vec<&str> = lost.map(words::dimension).collect();
    (!lost.is_empty()).then(|| format!("These figures are not filtered by {}.", lost.join(" and ")))
}

/// The views with the filters that they have.
pub fn tabs(view: &View, asked: &Asked, query: &PageQuery) -> Vec<(MetricView, String)> {
    let slug = view.workspace.slug.as_str();
    let address = |view: MetricView| {
        // Of several values a view that has one takes the first.
        let further = if view.has_slices() { &[] } else { asked.slices.get(1..).unwrap_or_default() };
        let is_further = |name: &str| further.iter().any(|slice| slice.dimension.as_str() == name);
        // What is counted together cannot be looked through.
        let is_other = |name: &str| view.has_slices() && query.of(name) == Some(OVERFLOW);
        let has = |name: &str| {
            view.takes(name) && !is_further(name) && !is_other(name) && (name != "unit" || view.has_unit(asked.unit))
        };
        let lost: Vec<&str> =
            asked.slices.iter().map(|slice| slice.dimension.as_str()).filter(|name| !has(name)).collect();
        format!("{}{}", path(slug, view), query.only_with(has, &[(WITHOUT, &lost.join(","))]))
    };
    let may_open = |shown: &MetricView| view.may(shown.permission());
    MetricView::ALL.into_iter().filter(may_open).map(|view| (view, address(view))).collect()
}

/// The path of a view.
pub fn path(slug: &str, view: MetricView) -> String {
    let view = if view == MetricView::Now { String::new() } else { format!("/{}", view.as_str()) };
    format!("/w/{slug}/metrics{view}")
}

/// What is chosen, for paper and pictures.
pub fn in_words(asked: &Asked, query: &PageQuery, shown: MetricView) -> String {
    let days = shown.has_period().then(|| asked.period.choice(query).words);
    let all: Vec<String> = days.into_iter().chain(chips(asked, query).into_iter().map(|chip| chip.words)).collect();
    all.join(" · ")
}

/// The bar of a view that shows this.
pub async fn bar(
    view: &mut View,
    asked: &Asked,
    query: &PageQuery,
    shown: MetricView,
    content: &MetricContent,
    public_url: &str,
) -> Result<MetricBar> {
    let slug = view.workspace.slug.to_string();
    let mut selects = if view.may(shown.permission()) { selects(asked, shown) } else { Vec::new() };
    if shown.has_slices() && !selects.is_empty() {
        // The environment stays the last.
        let last = selects.pop();
        selects.extend(value_selects(view, asked).await?);
        selects.extend(last);
    }
    let own: Vec<&str> = selects.iter().map(|select| select.name).collect();
    // Within an app there is no breakdown by app.
    let kept = query.others(&own).into_iter().filter(|(name, value)| (name.as_str(), value.as_str()) != ("by", "app"));
    let kept = kept.collect();
    let may_export = view.may(Permission::ExportMetrics);
    let files = FileFormat::ALL.into_iter().filter(|_| may_export && content.has_files()).map(|format| {
        let words = match format {
            FileFormat::Csv => "CSV",
            FileFormat::Json => "JSON",
            FileFormat::Xlsx => "XLSX",
        };
        let address = query.with(&[("format", format.as_str())]);
        (words, format!("/w/{slug}/metrics/{}/file{address}", shown.as_str()))
    });
    let picture = |chart: &Chart<'_>| {
        let address = query.with(&[("chart", chart.name())]);
        (chart.title(), format!("/w/{slug}/metrics/{}/picture{address}", shown.as_str()))
    };
    let pictures = content.charts().iter().filter(|_| may_export).map(picture).collect();
    Ok(MetricBar {
        period: shown.has_period().then(|| asked.period.choice(query)),
        selects,
        kept,
        chips: chips(asked, query),
        lost: None,
        printed: in_words(asked, query, shown),
        files: files.collect(),
        pictures,
        saved: format!("/w/{slug}/metrics/views{}", query.with(&[("view", shown.as_str())])),
        link: format!("{public_url}{}{}", path(&slug, shown), query.with(&[])),
        curl: curl(asked, shown, public_url, &slug),
    })
}

/// A choice from a list, of which one is usual.
fn select<T: Copy + PartialEq>(
    (name, label): (&'static str, &'static str),
    all: impl IntoIterator<Item = T>,
    (chosen, usual): (T, T),
    words: impl Fn(T) -> (&'static str, &'static str),
) -> Select {
    let choice = |one: T| {
        let (value, name) = words(one);
        let value = if one == usual { String::new() } else { value.to_owned() };
        Choice { value, name: name.to_owned(), chosen: one == chosen }
    };
    Select { name, label, choices: all.into_iter().map(choice).collect() }
}

fn selects(asked: &Asked, shown: MetricView) -> Vec<Select> {
    let mut all = Vec::new();
    if shown.counts_units() {
        let units = Unit::ALL.into_iter().filter(|unit| shown.has_unit(*unit));
        all.push(select(("unit", "What is counted"), units, (asked.unit, Unit::Profiles), |unit| {
            (unit.as_str(), unit_name(unit))
        }));
    }
    if shown.has_rate() {
        all.push(select(("rate", "Rate"), Rate::ALL, (asked.rate, Rate::Consent), |rate| {
            (rate.as_str(), words::rate(rate))
        }));
        all.push(select(("basis", "Basis"), Basis::ALL, (asked.basis, Basis::Explicit), |basis| {
            (basis.as_str(), basis_name(basis))
        }));
    }
    if shown.has_step() {
        let usual = asked.period.usual_step();
        all.push(select(("step", "Step"), Step::ALL, (asked.step, usual), |step| (step.as_str(), step_name(step))));
    }
    if shown.has_problems() {
        let problems = [None].into_iter().chain(DataProblem::ALL.map(Some));
        all.push(select(("problem", "Data problem"), problems, (asked.problem, None), |problem| {
            problem.map_or(("", "All data problems"), |problem| (problem.as_str(), words::data_problem(problem)))
        }));
    }
    all.push(app_select(asked, ("app", "App", "All apps"), asked.app.as_ref()));
    if shown.has_step() && asked.apps.len() > 1 {
        all.push(app_select(asked, ("compare", "Compare with", "vs. the days before"), asked.compare.as_ref()));
    }
    all.push(select(
        ("environment", "Environment"),
        [Environment::Production, Environment::Development],
        (asked.environment, Environment::Production),
        |environment| (environment.as_str(), words::environment(environment)),
    ));
    all
}

/// A choice of an app, of which none is usual.
fn app_select(
    asked: &Asked,
    (name, label, none): (&'static str, &'static str, &'static str),
    chosen: Option<&App>,
) -> Select {
    let is_chosen = |id| chosen.is_some_and(|app| app.id == id);
    let none = Choice { value: String::new(), name: none.to_owned(), chosen: chosen.is_none() };
    // Nothing is held against itself.
    let is_offered = |app: &&App| name != "compare" || asked.app_id() != Some(app.id);
    let offered = asked.apps.iter().filter(is_offered).enumerate();
    let offered = offered.filter(|(at, app)| *at < MOST_OFFERED || is_chosen(app.id));
    let named = |app: &App| if name == "compare" { format!("vs. {}", app.name) } else { app.name.clone() };
    let choice = |app: &App| Choice { value: app.id.to_string(), name: named(app), chosen: is_chosen(app.id) };
    Select { name, label, choices: [none].into_iter().chain(offered.map(|(_, app)| choice(app))).collect() }
}

/// The choices of values of each dimension, of which none is usual: those that are there, or have a counter of their own.
async fn value_selects(view: &mut View, asked: &Asked) -> Result<Vec<Select>> {
    let (app, today) = (asked.app_id(), calendar::day(view.now, &view.workspace.time_zone));
    let platforms = view.counts_by(asked.environment, Unit::Devices, app, Dimension::Platform).await?;
    let mut offered = vec![(Dimension::Platform, platforms.into_keys().collect())];
    for dimension in [Dimension::OsVersion, Dimension::AppVersion, Dimension::Country] {
        offered.push((dimension, view.admitted_values(app, dimension, today).await?.into_iter().collect()));
    }
    let select = |(dimension, mut values): (Dimension, Vec<String>)| {
        let chosen = asked.slices.iter().find(|slice| slice.dimension == dimension).map(|slice| slice.value.as_str());
        // The newest version first; countries and platforms by name.
        match dimension {
            Dimension::OsVersion => {
                // Those of iOS come before those that have their platform's name.
                let is_named = |value: &str| !value.starts_with(|first: char| first.is_ascii_digit());
                values.sort_by(|one, other| is_named(one).cmp(&is_named(other)).then_with(|| by_version(other, one)));
            }
            Dimension::AppVersion => values.sort_by(|one, other| by_version(other, one)),
            _ => values.sort_by_cached_key(|value| words::dimension_value(dimension, value)),
        }
        values.truncate(MOST_OFFERED);
        values.extend(chosen.filter(|chosen| !values.iter().any(|value| value == chosen)).map(str::to_owned));
        let (label, none) = match dimension {
            Dimension::OsVersion => ("OS version", "All OS versions"),
            Dimension::AppVersion => ("App version", "All app versions"),
            Dimension::Country => ("Country", "All countries"),
            Dimension::Platform | Dimension::Idfa => ("Platform", "All platforms"),
        };
        let none = Choice { value: String::new(), name: none.to_owned(), chosen: chosen.is_none() };
        let choice = |value: &String| Choice {
            name: words::dimension_value(dimension, value),
            chosen: chosen == Some(value.as_str()),
            value: value.clone(),
        };
        let choices = [none].into_iter().chain(values.iter().map(choice)).collect();
        Select { name: dimension.as_str(), label, choices }
    };
    Ok(offered.into_iter().map(select).collect())
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Profiles => "Profiles",
        Unit::Devices => "Devices",
        Unit::ActiveDevices => "Daily active devices",
    }
}

fn basis_name(basis: Basis) -> &'static str {
    match basis {
        Basis::Explicit => "As reported",
        Basis::Effective => "Effective, with the default",
    }
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Day => "By day",
        Step::Week => "By week",
        Step::Month => "By month",
    }
}

/// What was chosen other than what is usual, each to be taken away.
fn chips(asked: &Asked, query: &PageQuery) -> Vec<Chip> {
    let without = |name: &str| {
        let address = query.with(&[(name, "")]);
        if address.is_empty() { "?".to_owned() } else { address }
    };
    let chip = |name: &str, words: String| Chip { words, without: without(name) };
    let mut chips = Vec::new();
    if asked.unit != Unit::Profiles {
        chips.push(chip("unit", unit_name(asked.unit).to_owned()));
    }
    if asked.environment != Environment::Production {
        chips.push(chip("environment", words::environment(asked.environment).to_owned()));
    }
    if let Some(app) = &asked.app {
        chips.push(chip("app", app.name.clone()));
    }
    for slice in &asked.slices {
        chips.push(chip(slice.dimension.as_str(), words::dimension_value_alone(slice.dimension, &slice.value)));
    }
    if let Some(problem) = asked.problem {
        chips.push(chip("problem", words::data_problem(problem).to_owned()));
    }
    if let Some(other) = &asked.compare {
        chips.push(chip("compare", format!("vs. {}", other.name)));
    }
    if asked.basis != Basis::Explicit {
        chips.push(chip("basis", basis_name(asked.basis).to_owned()));
    }
    chips
}

/// How a script asks for these counts and rates.
fn curl(asked: &Asked, shown: MetricView, public_url: &str, slug: &str) -> Option<String> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let period = asked.period.period;
    let what = match shown {
        MetricView::Now => "distribution",
        MetricView::OverTime => "trend",
        MetricView::By => "breakdown",
        MetricView::Flow => "transitions",
        MetricView::Quality => "data-problems",
        MetricView::Releases => "releases",
        // Its figures are there once somebody waited for them.
        MetricView::Explore => return None,
    };
    if shown == MetricView::By {
        query.append_pair("by", asked.by.as_str());
    }
    if shown.counts_units() {
        query.append_pair("unit", asked.unit.as_str());
    }
    if shown.has_rate() {
        query.append_pair("basis", asked.basis.as_str());
    }
    if shown == MetricView::By {
        query.append_pair("day", &calendar::date(period.last));
    } else if shown.has_period() {
        query.append_pair("from", &calendar::date(period.first)).append_pair("to", &calendar::date(period.last));
    }
    if shown == MetricView::OverTime {
        query.append_pair("step", asked.step.as_str());
    }
    query.append_pair("environment", asked.environment.as_str());
    if let Some(app) = &asked.app {
        query.append_pair("app", &app.id.to_string());
    }
    for slice in &asked.slices {
        query.append_pair(slice.dimension.as_str(), &slice.value);
    }
    let query = query.finish();
    Some(super::super::curl(public_url, slug, &format!("{what}?{query}")))
}
