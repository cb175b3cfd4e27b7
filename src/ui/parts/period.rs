//! The choice of the days that a page is about.

use super::field::{Faults, Field, field};
use super::notice::{Tone, notice};
use super::popover::popover;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::words;
use leptos::prelude::*;

/// The spans that can be chosen at once, in days until today.
pub const SPANS: [i64; 4] = [7, 30, 90, 365];

#[derive(Clone, Debug)]
pub struct PeriodChoice {
    /// The address of the same page for each of the spans.
    pub spans: [(i64, String); SPANS.len()],
    /// The span that is shown; `None` for days of one's own.
    pub shown: Option<i64>,
    /// The days that are shown, in words.
    pub words: String,
    /// As they were typed, or as they are.
    pub from: String,
    pub to: String,
    /// What else is in the address, which the form keeps.
    pub kept: Vec<(String, String)>,
    pub faults: Faults,
}

pub fn period_choice(choice: &PeriodChoice) -> InertElement {
    let span = |(days, address): &(i64, String)| {
        let words = words::days(*days);
        if choice.shown == Some(*days) {
            view! { <span aria-current="true">{words}</span> }.into_any()
        } else {
            view! { <a href=address.clone()>{words}</a> }.into_any()
        }
    };
    let kept = choice.kept.iter().cloned();
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
    let day = |name: &'static str, label: &'static str, value: &str| {
        let field_of = Field { name, label, kind: Some("date"), value: value.to_owned(), ..Field::default() };
        field(field_of, &choice.faults)
    };
    let own = choice.shown.is_none().then_some("true");
    let fields = view! {
        {kept}
        {day("from", "From", &choice.from)}
        {day("to", "To", &choice.to)}
        <button class="button">"Show"</button>
    };
    let spans = choice.spans.iter().map(span).collect_view();
    // Days that cannot be shown stand open on the page, to be mended.
    if !choice.faults.0.is_empty() {
        // A span is chosen by its link, and has no field.
        let what = match choice.faults.of("days") {
            Some(_) => "There is no such number of days: choose one of those above, or days of your own.",
            None => "These days cannot be shown.",
        };
        let wrong = view! { <p><b>{what}</b>" The page shows others: "{choice.words.clone()}"."</p> };
        return view! {
            <div class="segments" role="group" aria-label="Days">
                {spans}<span aria-current=own>{choice.words.clone()}</span>
            </div>
            <form method="get" class="own-days card">{notice(Tone::Danger, wrong)}{fields}</form>
        }
        .prerender();
    }
    let words = view! { <span aria-current=own>{choice.words.clone()}</span> };
    let form = view! { <form method="get" class="own-days">{fields}</form> };
    view! {
        <div class="segments" role="group" aria-label="Days">{spans}{popover("own-days", "own", words, form)}</div>
    }
    .prerender()
}
