//! What is chosen on a page of metrics, and what else may be.

use super::super::PageQuery;
use super::super::period::PARAMETERS;
use super::asked::Asked;
use crate::domain::closed_list::closed_list;
use crate::domain::count::{Dimension, Unit};
use crate::domain::environment::Environment;
use crate::domain::metric::{Basis, Rate};
use crate::domain::permission::{Permission, may};
use crate::domain::platform::Platform;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::services::breakdown::BreakdownBy;
use crate::server::services::trend::Step;
use crate::server::store::View;
use crate::ui::pages::metric::MetricView;
use crate::ui::pages::metric::bar::{Chip, Choice, MetricBar, Select};
use crate::ui::words;

closed_list! {
    /// What the figures of a view are got as.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum FileFormat {
        Csv => "csv",
        Json => "json",
    }
}

/// The most apps that the choice offers: the first ones by name, and the one that is chosen.
const MOST_OFFERED: usize = 200;

/// The views with the filters that all of them have.
pub fn tabs(slug: &str, asked: &Asked, query: &PageQuery) -> Vec<(MetricView, String)> {
    let address = |view: MetricView| {
        // Of active devices there are figures over time only.
        let unit = if view == MetricView::OverTime || asked.unit.of_now() { query.of("unit") } else { None };
        let by = query.of("by").filter(|_| view == MetricView::By);
        let changes = [("unit", unit.unwrap_or_default()), ("by", by.unwrap_or_default()), ("sort", ""), ("step", "")];
        format!("{}{}", path(slug, view), query.with(&changes))
    };
    MetricView::ALL.map(|view| (view, address(view))).into()
}

fn path(slug: &str, view: MetricView) -> String {
    let view = if view == MetricView::Now { String::new() } else { format!("/{}", view.as_str()) };
    format!("/w/{slug}/metrics{view}")
}

pub async fn bar(
    view: &mut View,
    asked: &Asked,
    query: &PageQuery,
    shown: MetricView,
    public_url: &str,
) -> Result<MetricBar> {
    let slug = view.workspace.slug.to_string();
    let selects = selects(asked, shown);
    let own: Vec<&str> = selects.iter().map(|select| select.name).collect();
    let kept = query.others(&own);
    let may_export = view.role.is_some_and(|role| may(role, Permission::ExportMetrics));
    let files = FileFormat::ALL.into_iter().filter(|_| may_export).map(|format| {
        let words = match format {
            FileFormat::Csv => "CSV",
            FileFormat::Json => "JSON",
        };
        let address = query.with(&[("format", format.as_str())]);
        (words, format!("/w/{slug}/metrics/{}/file{address}", shown.as_str()))
    });
    Ok(MetricBar {
        period: shown.has_period().then(|| asked.period.choice(query)),
        selects,
        kept: if shown.has_period() {
            kept
        } else {
            kept.into_iter().filter(|(name, _)| !PARAMETERS.contains(&name.as_str())).collect()
        },
        chips: chips(asked, query, shown),
        files: files.collect(),
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
    if counts_units(shown) {
        let units = Unit::ALL.into_iter().filter(|unit| unit.of_now() || shown == MetricView::OverTime);
        all.push(select(("unit", "What is counted"), units, (asked.unit, Unit::Profiles), |unit| {
            (unit.as_str(), unit_name(unit))
        }));
    }
    if matches!(shown, MetricView::OverTime | MetricView::By) {
        all.push(select(("rate", "Rate"), Rate::ALL, (asked.rate, Rate::Consent), |rate| {
            (rate.as_str(), words::rate(rate))
        }));
        all.push(select(("basis", "Basis"), Basis::ALL, (asked.basis, Basis::Explicit), |basis| {
            (basis.as_str(), basis_name(basis))
        }));
    }
    if shown == MetricView::OverTime {
        let usual = asked.period.usual_step();
        all.push(select(("step", "Step"), Step::ALL, (asked.step, usual), |step| (step.as_str(), step_name(step))));
    }
    let is_chosen = |id| asked.app_id() == Some(id);
    let all_apps = Choice { value: String::new(), name: "All apps".to_owned(), chosen: asked.app.is_none() };
    let offered = asked.apps.iter().enumerate().filter(|(at, app)| *at < MOST_OFFERED || is_chosen(app.id));
    let apps =
        offered.map(|(_, app)| Choice { value: app.id.to_string(), name: app.name.clone(), chosen: is_chosen(app.id) });
    all.push(Select { name: "app", label: "App", choices: [all_apps].into_iter().chain(apps).collect() });
    all.push(select(
        ("environment", "Environment"),
        [Environment::Production, Environment::Development],
        (asked.environment, Environment::Production),
        |environment| (environment.as_str(), words::environment(environment)),
    ));
    all
}

/// Whether a view counts profiles or devices, and not what happened.
fn counts_units(view: MetricView) -> bool {
    !matches!(view, MetricView::Flow | MetricView::Quality)
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
        Basis::Effective => "With the default",
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
fn chips(asked: &Asked, query: &PageQuery, shown: MetricView) -> Vec<Chip> {
    let without = |name: &str| {
        let address = query.with(&[(name, "")]);
        if address.is_empty() { "?".to_owned() } else { address }
    };
    let chip = |name: &str, words: String| Chip { words, without: without(name) };
    let mut chips = Vec::new();
    if asked.unit != Unit::Profiles && counts_units(shown) {
        chips.push(chip("unit", unit_name(asked.unit).to_owned()));
    }
    if asked.environment != Environment::Production {
        chips.push(chip("environment", words::environment(asked.environment).to_owned()));
    }
    if let Some(app) = &asked.app {
        chips.push(chip("app", app.name.clone()));
    }
    if let Some(slice) = asked.slice.as_ref().filter(|_| matches!(shown, MetricView::Now | MetricView::OverTime)) {
        chips.push(chip(slice.dimension.as_str(), slice_name(slice.dimension, &slice.value)));
    }
    if asked.basis != Basis::Explicit && matches!(shown, MetricView::OverTime | MetricView::By) {
        chips.push(chip("basis", basis_name(asked.basis).to_owned()));
    }
    chips
}

/// A value with its dimension, such as "Country SE".
fn slice_name(dimension: Dimension, value: &str) -> String {
    match dimension {
        Dimension::Platform => {
            Platform::parse(value).map_or_else(|| value.to_owned(), |known| words::platform(known).to_owned())
        }
        Dimension::OsVersion if value.starts_with(|first: char| first.is_ascii_digit()) => format!("iOS {value}"),
        Dimension::OsVersion => value.to_owned(),
        Dimension::AppVersion => format!("Version {value}"),
        Dimension::Country => format!("Country {value}"),
        Dimension::Idfa => value.to_owned(),
    }
}

/// What rows of a breakdown are.
pub fn group_name(by: BreakdownBy) -> &'static str {
    match by {
        BreakdownBy::App => "App",
        BreakdownBy::Platform => "Platform",
        BreakdownBy::OsVersion => "OS version",
        BreakdownBy::AppVersion => "App version",
        BreakdownBy::Country => "Country",
    }
}

/// How a script asks for the same figures.
fn curl(asked: &Asked, shown: MetricView, public_url: &str, slug: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let period = asked.period.period;
    let what = match shown {
        MetricView::Now => "distribution",
        MetricView::OverTime => "trend",
        MetricView::By => "breakdown",
        MetricView::Flow => "transitions",
        MetricView::Quality => "data-problems",
    };
    if shown == MetricView::By {
        query.append_pair("by", asked.by.as_str());
    }
    if counts_units(shown) {
        query.append_pair("unit", asked.unit.as_str());
    }
    if matches!(shown, MetricView::OverTime | MetricView::By) {
        query.append_pair("basis", asked.basis.as_str());
    }
    if matches!(shown, MetricView::OverTime | MetricView::Flow | MetricView::Quality) {
        query.append_pair("from", &calendar::date(period.first)).append_pair("to", &calendar::date(period.last));
    }
    if shown == MetricView::OverTime {
        query.append_pair("step", asked.step.as_str());
    }
    query.append_pair("environment", asked.environment.as_str());
    if let Some(app) = &asked.app {
        query.append_pair("app", &app.id.to_string());
    }
    if let Some(slice) = asked.slice.as_ref().filter(|_| matches!(shown, MetricView::Now | MetricView::OverTime)) {
        query.append_pair(slice.dimension.as_str(), &slice.value);
    }
    let query = query.finish();
    format!("curl -H \"Authorization: Bearer $TOKEN\" '{public_url}/api/v1/workspaces/{slug}/{what}?{query}'")
}
