//! Over time: a rate as a line, and the shares of the five states as stacked areas, with what was changed meanwhile.

use crate::domain::att::CountedState;
use crate::domain::metric::Rate;
use crate::ui::parts::chart::line::{LineChart, line_chart};
use crate::ui::parts::chart::stack::{Stack, stack};
use crate::ui::parts::figures::figures;
use crate::ui::parts::rate::{Headline, definition, headline};
use crate::ui::parts::rate_table::{RateTable, rate_table};
use crate::ui::parts::status;
use crate::ui::prerender::Prerender;
use crate::ui::words;
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct OverTime {
    pub rate: Rate,
    /// What its line is of, beside another one.
    pub line: String,
    pub chart: LineChart,
    pub table: RateTable,
    /// The rate at the end of these days.
    pub now: Headline,
    pub stack: Stack,
    /// The newest first.
    pub rows: Vec<CountRow>,
    /// What the counts are of, such as "profiles at the end of each day".
    pub counted: String,
    /// Where nothing was counted at first: since when there is something, and the address of the days since then.
    pub since: Option<(String, String)>,
    /// A period that has figures, where this one has none: its words and its address.
    pub nearest: Option<(String, String)>,
}

/// The counts of a day, a week or a month.
#[derive(Clone, Debug)]
pub struct CountRow {
    pub days: String,
    pub counts: Vec<String>,
    pub total: String,
}

pub fn over_time(page: OverTime) -> impl IntoView {
    let rate = page.rate;
    let nothing = page.nearest.map(|(words, address)| {
        view! { <p class="notice">"There are no figures in these days. "<a href=address>{words}</a></p> }
    });
    let since = page.since.map(|(day, address)| {
        view! { <p class="muted">"Nothing was counted before "{day}". "<a href=address>"Show the days since then"</a></p> }
    });
    let drawn = match line_chart(&page.chart) {
        Some(drawn) => view! {
            <div class="chart-box">{drawn}</div>
            {page.chart.has_before().then(|| view! {
                <ul class="legend" aria-label="Lines">
                    <li class="line-key">{page.line}</li>
                    <li class="line-key dashed">{page.chart.against.clone()}</li>
                </ul>
            })}
            {figures(rate_table(page.table))}
        }
        .prerender(),
        None => view! { <p class="muted">{words::NO_RATE}</p> }.prerender(),
    };
    let head =
        CountedState::OF_APPLE.into_iter().map(|state| view! { <th scope="col" class="n">{words::state(state)}</th> });
    let row = |row: CountRow| {
        let counts = row.counts.into_iter().map(|count| view! { <td class="n">{count}</td> });
        view! { <tr><th scope="row">{row.days}</th>{counts.collect_view()}<td class="n"><b>{row.total}</b></td></tr> }
    };
    let legend = CountedState::OF_APPLE.into_iter().map(|state| view! { <li>{status::status(state)}</li> });
    let shares = match stack(&page.stack) {
        Some(drawn) => view! {
            <div class="chart-box">{drawn}</div>
            <ul class="legend" aria-label="Statuses">{legend.collect_view()}</ul>
        }
        .prerender(),
        None => view! { <p class="muted">{words::NO_SHARES}</p> }.prerender(),
    };
    let counts = (!page.rows.is_empty()).then(|| {
        view! {
            <section class="card">
                <header><h2>"Shares"</h2><p class="muted">{page.counted}</p></header>
                {shares}
                {figures(view! {
                    <div class="scroll" tabindex="0" role="group" aria-label="Counts over time">
                        <table>
                            <thead><tr><th scope="col">"Days"</th>{head.collect_view()}<th scope="col" class="n">"All Apple"</th></tr></thead>
                            <tbody>{page.rows.into_iter().map(row).collect_view()}</tbody>
                        </table>
                    </div>
                })}
            </section>
        }
    });
    view! {
        {nothing}
        {since}
        <section class="card">
            <header>
                <div class="titled"><h2>{words::rate(rate)}</h2>{definition(rate, "chart")}</div>
                {headline(page.now)}
            </header>
            {drawn}
        </section>
        {counts}
    }
}
