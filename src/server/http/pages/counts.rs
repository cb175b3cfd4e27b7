//! The Overview's counts, as their reader may see them.

use super::period::AskedPeriod;
use super::rate::{Against, Reading};
use super::states::States;
use super::{PageQuery, WITHOUT};
use crate::domain::app::App;
use crate::domain::att::CountedState;
use crate::domain::count::{Cell, Dimension, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use crate::domain::metric::{Basis, Rate};
use crate::domain::platform::Platform;
use crate::domain::rounding::share;
use crate::server::http::moment::{day_words, minute};
use crate::server::services::distribution::{Distribution, DistributionQuery};
use crate::server::services::trend::Compared;
use crate::ui::pages::overview::filter::OverviewFilter;
use crate::ui::pages::overview::{AppRow, Consent, Content, Counts, Empty, Figures, Happening};
use crate::ui::parts::chart::line::Marks;
use crate::ui::parts::filter::{Choice, Select};
use crate::ui::words;
use std::collections::BTreeSet;

/// What the address asks for, and what was read for it.
pub struct Read {
    pub question: DistributionQuery,
    pub distribution: Distribution,
    /// What to say while nothing was counted.
    pub empty: Option<Empty>,
    pub period: AskedPeriod,
    pub compared: Compared,
    pub marks: Marks,
    /// Alerts of the workspace that hold.
    pub alerts: Vec<Happening>,
    pub happenings: Vec<Happening>,
}

/// How many apps the table shows, and how many the filter offers: the largest ones.
const MOST_SHOWN: usize = 50;
const MOST_OFFERED: usize = 200;
/// The table of the consent rate.
const TABLE: &str = "consent-table";
/// The platforms that are offered to roles that may not know which there are.
const COMMON: [Platform; 3] = [Platform::Ios, Platform::Tvos, Platform::Android];

fn filter(read: &Read, asked: &PageQuery, largest: &[&App]) -> OverviewFilter {
    let DistributionQuery { unit, app, platform, environment } = read.question;
    let other = if unit == Unit::Profiles { "devices" } else { "" };
    let apps = read.distribution.apps.iter();
    let offered: BTreeSet<AppId> = largest.iter().take(MOST_OFFERED).map(|app| app.id).chain(app).collect();
    let all = |name: &str, chosen| Choice { value: String::new(), name: name.to_owned(), chosen };
    let apps = apps.filter(|known| offered.contains(&known.id)).map(|known| Choice {
        value: known.id.to_string(),
        name: known.name.clone(),
        chosen: app == Some(known.id),
    });
    let apps = [all("All apps", app.is_none())].into_iter().chain(apps).collect();
    let counted = read.distribution.cells.keys().filter_map(platform_of);
    // Which platforms there are would tell rounded roles of single units: they are offered the common ones, seen or not.
    let rounded = read.distribution.precision.is_rounded();
    let counted = counted.filter(|_| !rounded).chain(COMMON.into_iter().filter(|_| rounded));
    let offered: BTreeSet<Platform> = counted.chain(platform).collect();
    let choice = |known: Platform| Choice {
        value: known.as_str().to_owned(),
        name: words::platform(known).to_owned(),
        chosen: platform == Some(known),
    };
    let platforms = [all("All platforms", platform.is_none())].into_iter().chain(offered.into_iter().map(choice));
    let environments = [Environment::Production, Environment::Development].map(|known| Choice {
        value: known.as_str().to_owned(),
        name: words::environment(known).to_owned(),
        chosen: known == environment,
    });
    OverviewFilter {
        unit,
        other_unit: asked.with(&[("unit", other)]),
        selects: vec![
            Select { name: "app", label: "App", choices: apps },
            Select { name: "platform", label: "Platform", choices: platforms.collect() },
            Select { name: "environment", label: "Environment", choices: environments.into() },
        ],
        period: read.period.choice(asked),
        kept: asked.others(&["app", "platform", "environment"]),
    }
}

fn platform_of(cell: &Cell) -> Option<Platform> {
    let slice = cell.slice.as_ref().filter(|slice| slice.dimension == Dimension::Platform)?;
    Platform::parse(&slice.value)
}

/// Everything that follows the server, its filter too.
pub fn counts(read: &Read, asked: &PageQuery) -> Counts {
    let Read { question, distribution, empty, .. } = read;
    let shown = |n| words::count(distribution.shown(n));
    let apple = distribution.apple(question);
    let chosen = question.platform.filter(|platform| !platform.is_apple());
    let nobody = !distribution.precision.is_rounded() && apple == 0;
    let largest = largest(read);
    Counts {
        unit: question.unit,
        filter: Some(filter(read, asked, &largest)),
        apple: words::count(distribution.figures(question).apple()),
        elsewhere: shown(distribution.explicit(question, CountedState::NotApplicable)),
        // Not how long ago: that changes each minute, and would draw the page anew though nothing came.
        last_batch: distribution.last_batch(question).map(minute),
        rounded: distribution.precision.is_rounded(),
        alerts: read.alerts.clone(),
        content: match empty {
            Some(empty) => Content::Empty(empty.clone()),
            None if chosen.is_some() || nobody && question.platform.is_none() => Content::NoApple(chosen),
            None => Content::Figures(Box::new(figures(read, asked, &largest))),
        },
    }
}

fn figures(read: &Read, asked: &PageQuery, largest: &[&App]) -> Figures {
    let Read { question, distribution, compared, .. } = read;
    let (default, precision) = (distribution.settings.default, distribution.precision);
    let States { whole, unknown, by_default, rows, bars, .. } =
        States::new((distribution.counts(question), default), question.unit, precision);
    let reading = Reading {
        basis: Basis::Explicit,
        precision,
        units: words::units(question.unit),
        adds_up: false,
        against: Against::Before(read.period.length()),
    };
    let (apps, more_apps) = apps(read, asked, largest);
    let consent = reading.chart(Rate::Consent, compared, read.marks.clone(), TABLE);
    let is_past = read.period.span.is_none();
    let ends = compared.points.last().filter(|_| is_past).map(|last| day_words(last.last));
    Figures {
        unknown: words::count(unknown),
        unknown_share: words::share(share(unknown, whole)),
        has_default: default.is_some(),
        by_default: words::count(by_default),
        bars,
        rows,
        rates: Rate::ALL.map(|rate| reading.card(rate, compared)).into(),
        rates_at: ends,
        consent: Consent {
            now: reading.headline(Rate::Consent, compared),
            chart: consent,
            table: reading.table(Rate::Consent, compared, TABLE),
            links: details(read, asked, largest),
        },
        happenings: read.happenings.clone(),
        apps,
        more_apps,
    }
}

/// The views that say more of the same, as far as they have what is chosen.
fn details(read: &Read, asked: &PageQuery, largest: &[&App]) -> Vec<(String, String)> {
    let question = &read.question;
    let over_time = ("Rates over time".to_owned(), format!("metrics/over-time{}", asked.with(&[])));
    // A breakdown is of all platforms, and says so.
    let without = asked.of("platform").map_or("", |_| "platform");
    let by = |(words, by): (&str, &str)| {
        (words.to_owned(), format!("metrics/by{}", asked.with(&[("platform", ""), ("by", by), (WITHOUT, without)])))
    };
    let breakdowns = [
        ("By app version", "app_version"),
        ("By OS version", "os_version"),
        ("By country", "country"),
        ("By app", "app"),
    ];
    let of_app = usize::from(question.app.is_some());
    let all = breakdowns.len() - of_app;
    // The summary is of the whole workspace in production.
    let week = question.is_of_all_in_production() && question.platform.is_none();
    let week = week.then(|| ("Last week on one page".to_owned(), "week".to_owned()));
    let breakdowns = breakdowns.into_iter().take(all).map(by);
    [over_time].into_iter().chain(week).chain(breakdowns).chain(two_apps(read, asked, largest)).collect()
}

/// The chosen app, or else the largest, over time beside the largest other one.
fn two_apps(read: &Read, asked: &PageQuery, largest: &[&App]) -> Option<(String, String)> {
    let chosen = read.question.app.and_then(|id| read.distribution.apps.iter().find(|app| app.id == id));
    let others = with_somebody(read, largest).filter(|app| read.question.app != Some(app.id));
    let mut two = chosen.into_iter().chain(others);
    let (one, other) = (two.next()?, two.next()?);
    let query = asked.with(&[("app", &one.id.to_string()), ("compare", &other.id.to_string())]);
    Some((format!("{} beside {} over time", one.name, other.name), format!("metrics/over-time{query}")))
}

/// Those of these apps that have somebody. For rounded roles all: not even whether an app has anybody may be shown.
fn with_somebody<'a>(read: &'a Read, apps: &'a [&'a App]) -> impl Iterator<Item = &'a App> {
    let Read { question, distribution, .. } = read;
    let has_somebody = |app: &App| distribution.all(&DistributionQuery { app: Some(app.id), ..*question }) > 0;
    apps.iter().copied().filter(move |app| distribution.precision.is_rounded() || has_somebody(app))
}

/// The apps with the most units first, by their counts as shown and then by name: an order by exact counts would tell them.
fn largest(read: &Read) -> Vec<&App> {
    let Read { question, distribution, .. } = read;
    let within = |app: &App| distribution.figures(&DistributionQuery { app: Some(app.id), ..*question }).apple();
    let mut apps: Vec<&App> = distribution.apps.iter().collect();
    apps.sort_by_cached_key(|app| std::cmp::Reverse(within(app).figure()));
    apps
}

/// The largest apps, and how many smaller ones there are.
fn apps(read: &Read, asked: &PageQuery, largest: &[&App]) -> (Vec<AppRow>, usize) {
    let Read { question, distribution, .. } = read;
    if question.app.is_some() {
        return (Vec::new(), 0);
    }
    let row = |app: &App| {
        let within = DistributionQuery { app: Some(app.id), ..*question };
        let platforms = distribution.cells.keys().filter(|cell| cell.app == Some(app.id)).filter_map(platform_of);
        let platforms: BTreeSet<&str> = platforms.map(words::platform).collect();
        let figures = distribution.figures(&within);
        AppRow {
            name: app.name.clone(),
            address: asked.with(&[("app", &app.id.to_string())]),
            platforms: (!distribution.precision.is_rounded())
                .then(|| platforms.into_iter().collect::<Vec<_>>().join(", ")),
            count: words::count(figures.apple()),
            shares: figures.proportions(),
            consent_rate: words::share(figures.fraction(Rate::Consent).share()),
        }
    };
    let mut counted = with_somebody(read, largest);
    (counted.by_ref().take(MOST_SHOWN).map(row).collect(), counted.count())
}
