//! Reading charts by pointer and by keyboard: of the pair of bars the figures of the part under it, in both at once; of a line
//! its points.

use super::element::{all, attribute};
use super::line;
use leptos::ev::{blur, keydown, pointerdown, pointermove, pointerup};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, PointerEvent};

/// Reads whatever chart the page has, also after its figures were replaced; what the keyboard reads is announced.
#[island]
pub fn ChartReading() -> impl IntoView {
    let said = RwSignal::new(String::new());
    // At which point of a line the pointer was pressed.
    let pressed = StoredValue::new(None::<usize>);
    Effect::new(move |_| {
        // They last as long as the page does.
        let _ = window_event_listener(pointermove, move |event| match (line_under(&event), pressed.get_value()) {
            (Some((chart, at)), Some(from)) => line::choose(&chart, from, at),
            (Some((chart, at)), None) => {
                line::read(&chart, at);
            }
            (None, _) => point(event.target()),
        });
        let _ = window_event_listener(pointerdown, move |event| match line_under(&event) {
            Some((chart, at)) => {
                line::read(&chart, at);
                // A finger scrolls the page.
                pressed.set_value(Some(at).filter(|_| event.pointer_type() == "mouse"));
            }
            None => point(event.target()),
        });
        let _ = window_event_listener(pointerup, move |event| {
            let from = pressed.try_update_value(Option::take).flatten();
            if let (Some((chart, to)), Some(from)) = (line_under(&event), from)
                && from != to
            {
                line::open(&chart, from, to);
            }
            all_of_page("[data-chosen]").iter().for_each(|chart| {
                let _ = chart.remove_attribute("data-chosen");
            });
        });
        let _ = window_event_listener(blur, move |_| end());
        let _ = window_event_listener(keydown, move |event| {
            let focused = document().active_element().filter(|focused| focused.matches(".bars, .lines") == Ok(true));
            let Some(chart) = focused else { return };
            if event.key() == "Escape" {
                end();
            } else if let Some(at) = line::next(&chart, &event.key()).filter(|_| is_line(&chart)) {
                event.prevent_default();
                said.set(line::read(&chart, at));
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

fn is_line(chart: &Element) -> bool {
    chart.matches(".lines") == Ok(true)
}

/// The line chart under the pointer, with its point that lies nearest.
fn line_under(event: &PointerEvent) -> Option<(Element, usize)> {
    let element = event.target()?.dyn_into::<Element>().ok()?;
    let chart = element.closest(".lines").ok().flatten()?;
    let at = line::under(&chart, event.client_x());
    Some((chart, at))
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
    for chart in all_of_page("[data-read]") {
        let _ = chart.remove_attribute("data-read");
    }
}

fn all_of_page(selector: &str) -> Vec<Element> {
    document().body().map(|body| all(&body, selector)).unwrap_or_default()
}
