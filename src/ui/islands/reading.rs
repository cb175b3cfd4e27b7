//! Reading a chart by pointer and by keyboard: the figures of the part under it, in both bars at once.

use leptos::ev::{blur, keydown, pointerdown, pointermove};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget};

/// Reads whatever chart the page has, also after its figures were replaced; what the keyboard reads is announced.
#[island]
pub fn ChartReading() -> impl IntoView {
    let said = RwSignal::new(String::new());
    Effect::new(move |_| {
        // They last as long as the page does.
        let _ = window_event_listener(pointermove, move |event| point(event.target()));
        let _ = window_event_listener(pointerdown, move |event| point(event.target()));
        let _ = window_event_listener(blur, move |_| end());
        let _ = window_event_listener(keydown, move |event| {
            let focused = document().active_element().filter(|focused| focused.matches(".bars") == Ok(true));
            let Some(chart) = focused else { return };
            if event.key() == "Escape" {
                end();
            } else if let Some(part) = next(&chart, &event.key()) {
                // The arrows read, so that they do not scroll.
                event.prevent_default();
                said.set(read(&chart, &part));
            }
        });
    });
    view! { <p class="hidden" aria-live="polite">{said}</p> }
}

/// Reads the part under the pointer, or nothing any more.
fn point(target: Option<EventTarget>) {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    let part = element.and_then(|element| element.closest("[data-status]").ok().flatten());
    match part.and_then(|part| Some((part.closest(".bars").ok().flatten()?, part))) {
        Some((chart, part)) => {
            read(&chart, &part);
        }
        None => end(),
    }
}

fn all(within: &Element, selector: &str) -> Vec<Element> {
    let found = within.query_selector_all(selector).ok();
    let found = found.into_iter().flat_map(|found| (0..found.length()).filter_map(move |at| found.get(at)));
    found.filter_map(|node| node.dyn_into().ok()).collect()
}

fn attribute(of: &Element, name: &str) -> String {
    of.get_attribute(name).unwrap_or_default()
}

/// Where a key leads from the part that is read.
fn next(chart: &Element, key: &str) -> Option<Element> {
    let parts = all(chart, ".upper [data-status]");
    let status = attribute(chart, "data-read");
    let at = parts.iter().position(|part| attribute(part, "data-status") == status);
    let last = parts.len().checked_sub(1)?;
    let at = match (key, at) {
        ("ArrowRight" | "ArrowDown", None) | ("Home", _) => 0,
        ("ArrowRight" | "ArrowDown", Some(at)) => (at + 1).min(last),
        ("ArrowLeft" | "ArrowUp", Some(at)) => at.saturating_sub(1),
        ("ArrowLeft" | "ArrowUp", None) | ("End", _) => last,
        _ => return None,
    };
    parts.into_iter().nth(at)
}

/// Shows the figures of a part's status; returns them as one sentence.
fn read(chart: &Element, part: &Element) -> String {
    let lines = ["data-name", "data-reported", "data-effective"].map(|name| attribute(part, name));
    // Attributes of SVG, for the page's policy allows no style of an element's own. An element takes any of them.
    let _ = chart.set_attribute("data-read", &attribute(part, "data-status"));
    for card in all(chart, ".tooltip") {
        let _ = card.set_attribute("transform", &attribute(part, "data-card"));
    }
    for (text, line) in all(chart, ".tooltip text").into_iter().zip(&lines) {
        text.set_text_content(Some(line));
    }
    lines.join(". ")
}

/// Reads nothing any more.
fn end() {
    let body = document().body();
    for chart in body.iter().flat_map(|body| all(body, "[data-read]")) {
        let _ = chart.remove_attribute("data-read");
    }
}
