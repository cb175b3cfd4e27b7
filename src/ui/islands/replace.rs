//! Replacing a part of the page by what the server drew anew.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Puts HTML of our own server into an element, and keeps the focus on the same link, region or button, what is open, and how far
/// each region was scrolled.
pub fn replace(target: &str, html: &str) {
    let document = document();
    let Some(element) = document.get_element_by_id(target) else { return };
    let focused = document.active_element().filter(|focused| element.contains(Some(focused)));
    let mark = focused.as_ref().and_then(|focused| {
        let named = |name: &str| {
            focused.get_attribute(name).map(|value| format!("[{name}=\"{}\"]", value.replace('"', "\\\"")))
        };
        named("href").or_else(|| named("aria-label")).or_else(|| named("id"))
    });
    let scrolled: Vec<i32> = all(&element, ".scroll").map(|region| region.scroll_left()).collect();
    let shown: Vec<String> = all(&element, ":popover-open").map(|popover| popover.id()).collect();
    let open: Vec<bool> = all(&element, "details").map(|details| details.has_attribute("open")).collect();
    // What has no mark of its own is found by its place among its like.
    let place = focused.filter(|_| mark.is_none()).and_then(|focused| {
        let like = focused.tag_name();
        let at = all(&element, &like).position(|one| one == focused)?;
        Some((like, at))
    });
    element.set_inner_html(html);
    for (region, left) in all(&element, ".scroll").zip(scrolled) {
        region.set_scroll_left(left);
    }
    for (details, _) in all(&element, "details").zip(open).filter(|(_, open)| *open) {
        let _ = details.set_attribute("open", "");
    }
    for id in shown {
        // By its button, beside which it then stands.
        if let Ok(Some(button)) = element.query_selector(&format!("[popovertarget=\"{id}\"]")) {
            button.unchecked_into::<HtmlElement>().click();
        }
    }
    let by_mark = mark.and_then(|mark| element.query_selector(&mark).ok().flatten());
    let again = by_mark.or_else(|| place.and_then(|(like, at)| all(&element, &like).nth(at)));
    if let Some(again) = again {
        // A chart is no HTML element and takes the focus all the same. Losing it would be worse than a browser that cannot
        // give it back.
        let _ = again.unchecked_into::<HtmlElement>().focus();
    }
}

/// The parts of an element that a selector finds, in their order.
fn all(element: &Element, selector: &str) -> impl Iterator<Item = Element> + use<> {
    let found = element.query_selector_all(selector).ok();
    let regions = found.map(|found| (0..found.length()).filter_map(move |at| found.get(at)?.dyn_into().ok()));
    regions.into_iter().flatten()
}
