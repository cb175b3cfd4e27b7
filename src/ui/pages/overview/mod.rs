//! Overview: counts and shares of the five states, reported beside effective.

use crate::domain::att::CountedState;
use crate::domain::count::Unit;
use crate::ui::frame::{Frame, NavPage, frame};
use crate::ui::islands::live::LiveCounts;
use crate::ui::islands::reading::ChartReading;
use crate::ui::parts::bars::{Bars, bars, small_bar};
use crate::ui::parts::field::moment;
use crate::ui::parts::status;
use crate::ui::prerender::Prerender;
use crate::ui::words::{self, Moment};
use leptos::prelude::*;

/// The element whose content the island replaces.
const COUNTS: &str = "counts";

#[derive(Clone, Debug)]
pub struct Overview {
    pub frame: Frame,
    pub filter: Filter,
    pub counts: Counts,
    pub live: Option<Live>,
    /// Whether the person may make an input.
    pub may_add_input: bool,
    pub has_input: bool,
}

/// What is chosen, and what may be chosen.
#[derive(Clone, Debug)]
pub struct Filter {
    pub unit: Unit,
    /// The address of the same page for the other unit.
    pub other_unit: String,
    /// Id, name, and whether it is chosen.
    pub apps: Vec<(String, String, bool)>,
    /// Name on the wire, and whether it is chosen.
    pub platforms: Vec<(String, bool)>,
    pub environment: &'static str,
}

/// Where the island asks, and what the page shows already.
#[derive(Clone, Debug)]
pub struct Live {
    pub address: String,
    pub tag: String,
}

/// A row of the table: all figures as the reader may see them.
#[derive(Clone, Debug)]
pub struct StateRow {
    pub state: CountedState,
    pub explicit: String,
    pub explicit_share: String,
    pub by_default: String,
    pub effective: String,
    pub effective_share: String,
}

/// A rate with its formula in words and figures.
#[derive(Clone, Debug)]
pub struct Rate {
    pub name: &'static str,
    pub value: String,
    pub formula: &'static str,
    pub figures: String,
}

#[derive(Clone, Debug)]
pub struct AppRow {
    pub name: String,
    pub address: String,
    pub platforms: String,
    pub count: String,
    pub shares: Vec<(CountedState, i64)>,
    pub consent_rate: String,
}

/// Everything that follows the server.
#[derive(Clone, Debug)]
pub struct Counts {
    pub unit: Unit,
    pub apple: String,
    pub elsewhere: String,
    pub is_empty: bool,
    pub last_batch: Option<Moment>,
    pub by_default: String,
    pub rows: Vec<StateRow>,
    pub bars: Bars,
    pub rates: Vec<Rate>,
    pub apps: Vec<AppRow>,
    /// How many smaller apps are not among them.
    pub more_apps: usize,
    pub rounded: bool,
}

pub fn overview(page: Overview) -> impl IntoView {
    let inputs = page.frame.address(NavPage::Inputs);
    let live = page.live.clone().map(|live| {
        view! {
            <LiveCounts address=live.address target=COUNTS.to_owned() tag=live.tag />
            <ChartReading />
        }
    });
    let empty = page.counts.is_empty.then(|| empty(&page, &inputs));
    let content = view! {
        <div class="head">
            <h1>"Overview"</h1>
            {live}
            {filters(&page.filter)}
        </div>
        {empty}
        <div id=COUNTS class="stack">{counts(page.counts)}</div>
    };
    frame(page.frame, content)
}

fn empty(page: &Overview, inputs: &str) -> impl IntoView + use<> {
    let advice = match (page.has_input, page.may_add_input) {
        (true, _) => view! {
            <p>"Send the first event with the input's curl; this page follows within two seconds."</p>
            <p><a class="button primary" href=inputs.to_owned()>"Open the inputs"</a></p>
        }
        .prerender(),
        (false, true) => view! {
            <p>"Attest learns statuses from your app's events. Make an input: it has a key, a secret and a curl that works as it stands."</p>
            <p><a class="button primary" href=inputs.to_owned()>"Create input"</a></p>
        }
        .prerender(),
        (false, false) => view! { <p>"Attest learns statuses from your app's events. An Admin has to make an input first."</p> }.prerender(),
    };
    view! { <section class="card empty"><h2>"Nothing has been counted here yet"</h2>{advice}</section> }
}

fn filters(filter: &Filter) -> impl IntoView + use<> {
    let unit = |unit: Unit, other: &str| {
        let name = if unit == Unit::Profiles { "Profiles" } else { "Devices" };
        if filter.unit == unit {
            view! { <span aria-current="true">{name}</span> }.prerender()
        } else {
            view! { <a href=other.to_owned()>{name}</a> }.prerender()
        }
    };
    let option =
        |(value, name, chosen): (String, String, bool)| view! { <option value=value selected=chosen>{name}</option> };
    let apps = filter.apps.clone().into_iter().map(option).collect_view();
    let platforms = filter.platforms.clone().into_iter();
    let platforms = platforms.map(|(name, chosen)| option((name.clone(), name, chosen))).collect_view();
    let environment = |name: &'static str, words: &'static str| {
        view! { <option value=name selected=filter.environment == name>{words}</option> }
    };
    view! {
        <div class="filters">
            <div class="segments" role="group" aria-label="What is counted">
                {unit(Unit::Profiles, &filter.other_unit)}{unit(Unit::Devices, &filter.other_unit)}
            </div>
            <form method="get" class="filter-form">
                {(filter.unit == Unit::Devices).then(|| view! { <input type="hidden" name="unit" value="devices" /> })}
                <select name="app" aria-label="App"><option value="">"All apps"</option>{apps}</select>
                <select name="platform" aria-label="Platform"><option value="">"All platforms"</option>{platforms}</select>
                <select name="environment" aria-label="Environment">
                    {environment("production", "Production")}{environment("development", "Development")}
                </select>
                <button class="button">"Show"</button>
            </form>
        </div>
    }
}

/// The part that the island replaces; also served by itself.
pub fn counts(counts: Counts) -> impl IntoView {
    let units = words::units(counts.unit);
    let apple_units = words::unit_after(&counts.apple, counts.unit);
    let last_batch = counts.last_batch.map(|at| view! { " Last batch "{moment(at)}"." });
    let rounded = counts.rounded.then(|| {
        view! { <p class="muted">"Your role sees figures rounded to 10, and rates only over at least 100. A total is rounded by itself and need not equal the sum of its parts."</p> }
    });
    let apps = (!counts.apps.is_empty()).then(|| by_app(counts.unit, counts.apps, counts.more_apps));
    let body = (!counts.is_empty).then(|| {
        view! {
            <section class="card">
                <header>
                    <h2>"AppliedReport status, and what the default makes of it"</h2>
                    <p class="muted">"The default decides "<b>{counts.by_default.clone()}</b>" "{words::unit_after(&counts.by_default, counts.unit)}</p>
                </header>
                {bars(&counts.bars)}
                {table(units, &counts.apple, &counts.by_default, counts.rows)}
            </section>
            <section class="cards" aria-label="Rates">{counts.rates.into_iter().map(rate).collect_view()}</section>
            {apps}
        }
    });
    view! {
        <p class="muted lead">
            {format!("{} Apple {apple_units}, and {} on other platforms.", counts.apple, counts.elsewhere)}{last_batch}
        </p>
        {rounded}
        {body}
    }
}

fn table(units: &'static str, apple: &str, by_default: &str, rows: Vec<StateRow>) -> impl IntoView + use<> {
    let row = |row: StateRow| {
        view! {
            <tr>
                <th scope="row">{status::status(row.state)}</th>
                <td class="n">{row.explicit}<small class="share">{row.explicit_share}</small></td>
                <td class="n">{row.by_default}</td>
                <td class="n">{row.effective}<small class="share">{row.effective_share}</small></td>
            </tr>
        }
    };
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Figures by status">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="n">"AppliedReport"<small class="share">"share"</small></th>
                        <th scope="col" class="n">"By default"</th>
                        <th scope="col" class="n">"Effective"<small class="share">"share"</small></th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row">{format!("All Apple {units}")}</th>
                        <td class="n">{apple.to_owned()}<small class="share"></small></td>
                        <td class="n">{by_default.to_owned()}</td>
                        <td class="n">{apple.to_owned()}<small class="share"></small></td>
                    </tr>
                </tfoot>
            </table>
        </div>
    }
}

fn rate(rate: Rate) -> impl IntoView {
    view! {
        <div class="card rate">
            <h2>{rate.name}</h2>
            <p class="big">{rate.value}</p>
            <p class="muted">{rate.formula}<br />{rate.figures}</p>
        </div>
    }
}

fn by_app(unit: Unit, apps: Vec<AppRow>, more: usize) -> impl IntoView {
    let more = (more > 0).then(|| {
        let more = words::number(i64::try_from(more).unwrap_or(i64::MAX));
        view! { <p class="muted">{format!("The largest of them; {more} smaller ones are on the page Apps.")}</p> }
    });
    let units = if unit == Unit::Profiles { "Profiles" } else { "Devices" };
    let note = (unit == Unit::Profiles).then(|| {
        view! { <p class="muted">"A profile counts once in each app it uses, so the apps may sum to more than the total."</p> }
    });
    let row = |row: AppRow| {
        view! {
            <tr>
                <th scope="row"><a href=row.address>{row.name}</a></th>
                <td class="muted wide-only">{row.platforms}</td>
                <td class="n">{row.count}</td>
                <td class="wide-only">{small_bar(&row.shares)}</td>
                <td class="n">{row.consent_rate}</td>
            </tr>
        }
    };
    view! {
        <section class="card">
            <header><h2>"By app"</h2>{note}{more}</header>
            <div class="scroll" tabindex="0" role="group" aria-label="Figures by app">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"App"</th>
                            <th scope="col" class="wide-only">"Platforms"</th>
                            <th scope="col" class="n">{format!("Apple {}", units.to_lowercase())}</th>
                            <th scope="col" class="wide-only">"AppliedReport status"</th>
                            <th scope="col" class="n">"Consent rate"</th>
                        </tr>
                    </thead>
                    <tbody>{apps.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}
