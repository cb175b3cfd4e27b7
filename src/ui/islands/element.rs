//! Finding elements, and what they say of themselves.

use wasm_bindgen::JsCast;
use web_sys::Element;

/// All elements within one that a selector finds.
pub fn all(within: &Element, selector: &str) -> Vec<Element> {
    let found = within.query_selector_all(selector).ok();
    let found = found.into_iter().flat_map(|found| (0..found.length()).filter_map(move |at| found.get(at)));
    found.filter_map(|node| node.dyn_into().ok()).collect()
}

/// An attribute, empty where there is none.
pub fn attribute(of: &Element, name: &str) -> String {
    of.get_attribute(name).unwrap_or_default()
}
