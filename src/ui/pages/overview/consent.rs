//! The consent rate over the chosen days, and what else happened.

use super::{Consent, Happening};
use crate::domain::metric::Rate;
use crate::ui::parts::chart::line::line_chart;
use crate::ui::parts::figures::figures;
use crate::ui::parts::rate::{definition, headline};
use crate::ui::parts::rate_table::rate_table;
use crate::ui::prerender::Prerender;
use crate::ui::words;
use leptos::prelude::*;

pub fn consent(page: Consent) -> impl IntoView {
    let Consent { now, chart, table, links } = page;
    let links = links.into_iter().map(|(words, address)| view! { <li><a href=address>{words}</a></li> });
    let before = if chart.has_before() { format!("; dashed: the {}", chart.against) } else { String::new() };
    let shown = match line_chart(&chart) {
        Some(drawn) => view! {
            <div class="chart-box">{drawn}</div>
            {figures(rate_table(table))}
        }
        .prerender(),
        None => view! {
            <p class="notice">"There is no consent rate in these days: nobody had answered the prompt yet, or too few for a rate."</p>
        }
        .prerender(),
    };
    view! {
        <section class="card">
            <header>
                <div class="titled"><h2>{words::rate(Rate::Consent)}</h2>{definition(Rate::Consent, "chart")}</div>
                {headline(now)}
                <p class="muted">{format!("Authorized of those who answered; the band is what a sample of this size could hide{before}.")}</p>
            </header>
            {shown}
            <ul class="marks" aria-label="In more detail">{links.collect_view()}</ul>
        </section>
    }
}

pub fn happenings(all: Vec<Happening>) -> Option<impl IntoView> {
    let line = |one: Happening| {
        let words = match one.address {
            Some(address) => view! { <a href=address>{one.words}</a> }.prerender(),
            None => view! { <span>{one.words}</span> }.prerender(),
        };
        view! { <li><b>{one.first}</b>" "{words}</li> }
    };
    (!all.is_empty()).then(|| {
        view! { <section class="card"><h2 class="hidden">"What happened"</h2><ul class="happenings">{all.into_iter().map(line).collect_view()}</ul></section> }
    })
}
