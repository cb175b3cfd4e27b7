//! Overview: counts and shares of the five states, reported beside effective.

mod consent;
mod empty;
pub mod filter;
mod table;

use crate::domain::att::CountedState;
use crate::domain::count::Unit;
use crate::domain::platform::Platform;
use crate::ui::frame::{Frame, frame};
use crate::ui::islands::live::LiveCounts;
use crate::ui::islands::reading::ChartReading;
use crate::ui::parts::bars::{Bars, drawn_bars};
use crate::ui::parts::chart::line::LineChart;
use crate::ui::parts::field::moment;
use crate::ui::parts::rate::{Headline, RateCard, rate_card};
use crate::ui::parts::rate_table::RateTable;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Moment};
use filter::{OverviewFilter, filters};
use leptos::prelude::*;
pub use table::by_state;

/// The element whose content the island replaces.
const COUNTS: &str = "counts";

#[derive(Clone, Debug)]
pub struct Overview {
    pub frame: Frame,
    /// Beside the heading. `None` while no app is known: then it stands among the counts, which follow the server, so that
    /// the first app appears in it.
    pub filter: Option<OverviewFilter>,
    pub counts: Counts,
    pub live: Option<Live>,
}

impl Model for Overview {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn has_island(&self) -> bool {
        self.live.is_some()
    }

    fn has_filters(&self) -> bool {
        true
    }

    fn has_faults(&self) -> bool {
        let filter = self.filter.as_ref().or(self.counts.filter.as_ref());
        filter.is_some_and(|filter| !filter.period.faults.0.is_empty())
    }
}

/// What the island asks for, and what the page shows already.
#[derive(Clone, Debug)]
pub struct Live {
    /// The query of the page's address.
    pub filters: String,
    /// Whether the filter is among the counts.
    pub with_filter: bool,
    pub tag: String,
}

/// Everything that follows the server.
#[derive(Clone, Debug)]
pub struct Counts {
    pub unit: Unit,
    pub filter: Option<OverviewFilter>,
    pub apple: String,
    pub elsewhere: String,
    pub last_batch: Option<Moment>,
    pub rounded: bool,
    /// Alerts of the workspace that hold.
    pub alerts: Vec<Happening>,
    pub content: Content,
}

/// What there is to show.
#[derive(Clone, Debug)]
pub enum Content {
    Empty(Empty),
    /// Nobody on a platform that App Tracking Transparency applies to; the platform that was chosen, if one was.
    NoApple(Option<Platform>),
    Figures(Box<Figures>),
}

/// What to do while nothing was counted.
#[derive(Clone, Debug)]
pub struct Empty {
    /// What is left to do in a workspace to which nothing ever came; none where only what is looked at is empty.
    pub steps: Vec<FirstStep>,
    /// What the other environment has, and the address of its page.
    pub development: Option<(String, String)>,
}

/// A step of setting a workspace up.
#[derive(Clone, Debug)]
pub struct FirstStep {
    pub title: &'static str,
    /// What there is of it, or what it is for.
    pub about: String,
    pub is_done: bool,
    /// Where it is done, for those who may.
    pub address: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Figures {
    /// How many the default alone decides, or would decide.
    pub unknown: String,
    pub unknown_share: String,
    pub has_default: bool,
    pub by_default: String,
    pub rows: Vec<StateRow>,
    pub bars: Bars,
    pub rates: Vec<RateCard>,
    /// The day at whose end the rates are, where that is not today.
    pub rates_at: Option<String>,
    /// The consent rate over the chosen days.
    pub consent: Consent,
    pub happenings: Vec<Happening>,
    pub apps: Vec<AppRow>,
    /// How many smaller apps are not among them.
    pub more_apps: usize,
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

/// The consent rate over the chosen days.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The rate at the end of these days.
    pub now: Headline,
    pub chart: LineChart,
    pub table: RateTable,
    /// Where the same is told in more detail.
    pub links: Vec<(String, String)>,
}

/// Something that is worth a line.
#[derive(Clone, Debug)]
pub struct Happening {
    /// What is read first, such as "612".
    pub first: String,
    pub words: String,
    /// Where more is said of it.
    pub address: Option<String>,
}

#[derive(Clone, Debug)]
pub struct AppRow {
    pub name: String,
    pub address: String,
    /// `None` for roles that may not know of single units.
    pub platforms: Option<String>,
    pub count: String,
    pub shares: Option<[i64; 5]>,
    pub consent_rate: String,
}

pub fn overview(page: Overview) -> impl IntoView {
    let live = page.live.clone().map(|live| {
        view! {
            <LiveCounts
                workspace=page.frame.slug.clone()
                filters=live.filters
                with_filter=live.with_filter
                target=COUNTS.to_owned()
                tag=live.tag
            />
            <ChartReading />
        }
    });
    let content = view! {
        <div class="head">
            <h1>"Overview"</h1>
            {live}
            {page.filter.as_ref().map(filters)}
        </div>
        <div id=COUNTS class="stack">{counts(page.counts)}</div>
    };
    frame(page.frame, content)
}

/// The part that the island replaces; also served by itself.
pub fn counts(counts: Counts) -> impl IntoView {
    let filter = counts.filter.as_ref().map(filters);
    let lead = lead(&counts);
    let last_batch = counts.last_batch.map(|at| view! { " Last batch "{moment(at)}"." });
    let rounded = counts.rounded.then(|| {
        view! { <p class="muted">{words::ROUNDED}</p> }
    });
    let body = match counts.content {
        Content::Empty(page) => empty::nothing_yet(page).prerender(),
        Content::NoApple(platform) => empty::no_apple(platform, counts.unit).prerender(),
        Content::Figures(shown) => figures(*shown, &counts.apple, counts.unit).prerender(),
    };
    let alert = |alert: Happening| view! { <li><b>{alert.first}</b>": "<a href=alert.address>{alert.words}</a></li> };
    let alerts = (!counts.alerts.is_empty()).then(|| {
        view! { <ul class="notice alerts" aria-label="Alerts">{counts.alerts.into_iter().map(alert).collect_view()}</ul> }
    });
    view! {
        {filter}
        {alerts}
        <p class="muted lead">{lead}{last_batch}</p>
        {rounded}
        {body}
    }
}

fn lead(counts: &Counts) -> String {
    let elsewhere = &counts.elsewhere;
    if let Content::NoApple(Some(platform)) = &counts.content {
        let units = words::unit_after(elsewhere, counts.unit);
        return format!("{elsewhere} {units} on {}.", words::platform(*platform));
    }
    let units = words::unit_after(&counts.apple, counts.unit);
    format!("{} Apple {units}, and {elsewhere} on other platforms.", counts.apple)
}

fn figures(shown: Figures, apple: &str, unit: Unit) -> InertElement {
    let share =
        if shown.unknown_share == words::NO_SHARE { String::new() } else { format!(" ({})", shown.unknown_share) };
    let units = words::unit_after(&shown.unknown, unit);
    let have = if shown.unknown == "1" { "has" } else { "have" };
    let what = if shown.has_default { "only the default" } else { "no status, and there is no default" };
    let apps = (!shown.apps.is_empty()).then(|| table::by_app(unit, shown.apps, shown.more_apps));
    view! {
        {consent::consent(shown.consent)}
        {shown.rates_at.map(|day| view! { <p class="notice">{format!("The rates are those at the end of {day}. What stands below them is of now.")}</p> })}
        <section class="cards rates" aria-label="Rates">{shown.rates.into_iter().map(rate_card).collect_view()}</section>
        {consent::happenings(shown.happenings)}
        <section class="card">
            <header>
                <h2>"Reported status, and after the default is applied"</h2>
                <p class="muted"><b>{shown.unknown}</b>{format!(" {units}{share} {have} {what}")}</p>
            </header>
            {drawn_bars(&shown.bars)}
            {table::by_state(words::units(unit), apple, &shown.by_default, shown.rows)}
        </section>
        {apps}
    }
    .prerender()
}
