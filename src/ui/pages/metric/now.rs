//! Now: each state as it was reported and with the default applied, and the five rates.

use crate::ui::pages::overview::{StateRow, by_state};
use crate::ui::parts::bars::{Bars, drawn_bars};
use crate::ui::parts::rate::{RateCard, rate_card};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Now {
    /// What is counted, in the plural.
    pub units: &'static str,
    pub apple: String,
    pub by_default: String,
    pub rows: Vec<StateRow>,
    pub bars: Bars,
    pub cards: Vec<RateCard>,
    /// Whether there is anybody on an Apple platform, as far as the reader may know.
    pub is_empty: bool,
}

pub fn now(page: Now) -> impl IntoView {
    let shown = if page.is_empty {
        view! { <p class="notice">"No Apple "{page.units}" match what is chosen."</p> }.into_any()
    } else {
        view! {
            {drawn_bars(&page.bars)}
            {by_state(page.units, &page.apple, &page.by_default, page.rows)}
        }
        .into_any()
    };
    view! {
        <section class="card">
            <h2>"Reported status, and after the default is applied"</h2>
            {shown}
        </section>
        <section class="cards rates" aria-label="Rates">{page.cards.into_iter().map(rate_card).collect_view()}</section>
    }
}
