//! Reading a line chart: the point under the pointer or reached by the arrow keys, with what its table's row says; and
//! choosing a span by dragging.

use super::element::{all, attribute};
use crate::ui::parts::chart::line::CARD;
use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

// Whole numbers throughout: reading and writing others would weigh as much as all the rest.

/// How far the card stands from what is read.
const BESIDE: i32 = 12;

fn number(of: &Element, name: &str) -> i32 {
    attribute(of, name).parse().unwrap_or_default()
}

/// The heights of its points; of those without a figure there is none.
fn heights(chart: &Element) -> Vec<Option<i32>> {
    attribute(chart, "data-heights").split(' ').map(|height| height.parse().ok()).collect()
}

/// Where its first point stands, how far it is to the last one, and how many steps that are.
fn course(chart: &Element) -> (i32, i32, i32) {
    let steps = heights(chart).len().saturating_sub(1).max(1) as i32;
    (number(chart, "data-left"), number(chart, "data-right") - number(chart, "data-left"), steps)
}

/// Where a point stands.
fn x(chart: &Element, at: usize) -> i32 {
    let (left, way, steps) = course(chart);
    left + at as i32 * way / steps
}

/// The row of a point in the chart's table.
fn row(chart: &Element, at: usize) -> Option<Element> {
    let table = document().get_element_by_id(&attribute(chart, "data-table"))?;
    table.query_selector(&format!("[data-at=\"{at}\"]")).ok().flatten()
}

/// The point that lies nearest to where the pointer is, whether or not it has a figure.
pub fn under(chart: &Element, client_x: i32) -> usize {
    let area = chart.get_bounding_client_rect();
    let (left, way, steps) = course(chart);
    let x = (client_x - area.left() as i32) * number(chart, "data-width") / (area.width() as i32).max(1);
    let at = ((x - left) * steps + way / 2) / way.max(1);
    at.clamp(0, heights(chart).len().saturating_sub(1) as i32) as usize
}

/// Where a key leads from the point that is read.
pub fn next(chart: &Element, key: &str) -> Option<usize> {
    let known: Vec<usize> =
        heights(chart).iter().enumerate().filter(|(_, height)| height.is_some()).map(|(at, _)| at).collect();
    let read = attribute(chart, "data-read").parse::<usize>().ok();
    let (first, last) = (*known.first()?, *known.last()?);
    Some(match (key, read) {
        ("ArrowRight" | "ArrowUp", Some(at)) => known.iter().copied().find(|known| *known > at).unwrap_or(last),
        ("ArrowLeft" | "ArrowDown", Some(at)) => known.iter().copied().rfind(|known| *known < at).unwrap_or(first),
        ("ArrowRight" | "ArrowUp" | "Home", _) => first,
        ("ArrowLeft" | "ArrowDown" | "End", _) => last,
        _ => return None,
    })
}

/// Shows the point that has a figure and lies nearest to one; returns what its row says as one sentence.
pub fn read(chart: &Element, near: usize) -> String {
    let heights = heights(chart);
    let known = heights.iter().enumerate().filter_map(|(at, height)| Some((at, (*height)?)));
    let Some((at, y)) = known.min_by_key(|(at, _)| at.abs_diff(near)) else { return String::new() };
    let Some(row) = row(chart, at) else { return String::new() };
    let cells = all(&row, "th, td");
    let text = |cell: usize| cells.get(cell).and_then(|cell| cell.text_content()).unwrap_or_default();
    let (said, then) = (attribute(&row, "data-said"), attribute(&row, "data-then"));
    let lines = [format!("{} · {}", text(1), text(0)), said, then];
    let x = x(chart, at);
    let _ = chart.set_attribute("data-read", &at.to_string());
    // Attributes of SVG, for the page's policy allows no style of an element's own.
    for line in all(chart, ".cursor line") {
        let _ = line.set_attribute("transform", &format!("translate({x} 0)"));
    }
    for dot in all(chart, ".cursor circle") {
        let _ = dot.set_attribute("transform", &format!("translate({x} {y})"));
    }
    let room = number(chart, "data-width") - CARD;
    let beside = if x + BESIDE > room { x - BESIDE - CARD } else { x + BESIDE };
    for card in all(chart, ".tooltip") {
        let _ = card
            .set_attribute("transform", &format!("translate({} {})", beside.clamp(0, room.max(0)), (y - 90).max(4)));
    }
    for (text, line) in all(chart, ".tooltip text").into_iter().zip(&lines) {
        text.set_text_content(Some(line));
    }
    lines.join(". ")
}

/// Shows which points are chosen while the pointer is dragged from one to another.
pub fn choose(chart: &Element, from: usize, to: usize) {
    let (first, last) = (x(chart, from.min(to)), x(chart, from.max(to)));
    for span in all(chart, ".span") {
        let _ = span.set_attribute("x", &first.to_string());
        let _ = span.set_attribute("width", &(last - first).to_string());
    }
    let _ = if from == to { chart.remove_attribute("data-chosen") } else { chart.set_attribute("data-chosen", "") };
}

/// Opens the page for the days from one point to another: by its own form, which keeps what else is chosen.
pub fn open(chart: &Element, from: usize, to: usize) {
    let (Some(first), Some(last)) = (row(chart, from.min(to)), row(chart, from.max(to))) else { return };
    let days = [("from", attribute(&first, "data-from")), ("to", attribute(&last, "data-to"))];
    let document = document();
    for (name, day) in days {
        let field = document.query_selector(&format!(".own-days [name={name}]")).ok().flatten();
        let Some(field) = field else { return };
        let _ = js_sys::Reflect::set(&field, &"value".into(), &day.into());
    }
    let button = document.query_selector(".own-days button").ok().flatten();
    if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        button.click();
    }
}
