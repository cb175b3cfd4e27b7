//! Replacing a part of the page by what the server drew anew.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Puts HTML of our own server into an element, and keeps the focus on the same link or region, and how far each
/// region was scrolled.
pub fn replace(target: &str, html: &str) {
    let document = document();
    let Some(element) = document.get_element_by_id(target) else { return };
    let focused = document.active_element().filter(|focused| element.contains(Some(focused)));
    let mark = focused.and_then(|focused| {
        let named = |name: &str| {
            focused.get_attribute(name).map(|value| format!("[{name}=\"{}\"]", value.replace('"', "\\\"")))
        };
        named("href").or_else(|| named("aria-label")).or_else(|| named("id"))
    });
    let scrolled: Vec<i32> = regions(&element).map(|region| region.scroll_left()).collect();
    element.set_inner_html(html);
    for (region, left) in regions(&element).zip(scrolled) {
        region.set_scroll_left(left);
    }
    let again = mark.and_then(|mark| element.query_selector(&mark).ok().flatten());
    if let Some(again) = again {
        // A chart is no HTML element and takes the focus all the same. Losing it would be worse than a browser that cannot
        // give it back.
        let _ = again.unchecked_into::<HtmlElement>().focus();
    }
}

/// The parts of an element that scroll by themselves.
fn regions(element: &Element) -> impl Iterator<Item = Element> {
    let found = element.query_selector_all(".scroll").ok();
    let regions = found.map(|found| (0..found.length()).filter_map(move |at| found.get(at)?.dyn_into().ok()));
    regions.into_iter().flatten()
}
