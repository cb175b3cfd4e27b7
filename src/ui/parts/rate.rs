//! A rate: its figure with what a sample of this size could hide, how it came to be, and how it changed.

use super::chart::spark::spark;
use super::popover::popover;
use crate::domain::metric::{Meaning, Rate};
use crate::ui::words;
use leptos::prelude::*;

/// One rate as the reader may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCard {
    pub rate: Rate,
    pub now: Headline,
    /// Such as "42,780 of 116,575".
    pub figures: String,
    /// What it is the share of.
    pub of: String,
    /// Its course, from the oldest to the newest.
    pub course: Vec<Option<f64>>,
}

/// A rate at the end of a period, and how it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    pub value: String,
    /// Such as `±0.3`, or the range where that is not the same to both sides; empty where there is none.
    pub half: String,
    pub change: Option<Change>,
}

/// How a rate changed since the period before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Such as "▲ 0.9 points".
    pub words: String,
    /// Such as "in 7 days".
    pub span: String,
    pub meaning: Meaning,
}

/// The rate as a card.
pub fn rate_card(card: RateCard) -> impl IntoView {
    let Headline { value, half, change: grew } = card.now;
    view! {
        <div class="card rate">
            <div class="titled"><h2>{words::rate(card.rate)}</h2>{definition(card.rate, "card")}</div>
            <p><b class="big">{value}</b>" "<small class="muted">{half}</small></p>
            {spark(&card.course)}
            {grew.map(change)}
            <p class="muted">{card.figures}<br />{card.of}</p>
        </div>
    }
}

/// The rate in one line, above its chart.
pub fn headline(now: Headline) -> impl IntoView {
    view! {
        <div class="headline">
            <b class="large">{now.value}</b><span class="muted">{now.half}</span>{now.change.map(change)}
        </div>
    }
}

pub fn change(change: Change) -> impl IntoView {
    let behind = words::chance(change.meaning);
    view! { <p class=change_class(change.meaning)><b>{change.words}</b>{format!(" {}{behind}", change.span)}</p> }
}

/// How a change is shown.
pub fn change_class(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Better => "change better",
        Meaning::Worse => "change worse",
        Meaning::Nothing | Meaning::Chance | Meaning::Unknown => "change",
    }
}

/// A rate's formula, behind a question mark; `place` is where on the page it stands.
pub fn definition(rate: Rate, place: &str) -> impl IntoView {
    let question = format!("What is the {}?", words::rate(rate).to_lowercase());
    let mark = view! { <span aria-hidden="true">"?"</span><span class="hidden">{question}</span> };
    let formula = view! { <p>{words::formula(rate)}". "{words::INTERVAL}</p> };
    popover(&format!("{place}-{}", rate.as_str()), "definition", mark, formula)
}
