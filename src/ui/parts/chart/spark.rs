//! A sparkline: a small line without axes beside the figure that it leads to.

use super::frame::coordinate;
use super::scale::Scale;
use leptos::prelude::*;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 28.0;
/// The room that the dot at its end takes.
const EDGE: f64 = 3.0;

/// The line through these shares, which a table has too; nothing where there is not a single one.
pub fn spark(shares: &[Option<f64>]) -> Option<impl IntoView + use<>> {
    let scale = Scale::around(shares.iter().copied().flatten())?;
    let step = (WIDTH - 2.0 * EDGE) / (shares.len().max(2) - 1) as f64;
    let place = |(at, share): (usize, f64)| {
        (EDGE + at as f64 * step, HEIGHT - EDGE - scale.height(share) * (HEIGHT - 2.0 * EDGE))
    };
    let places: Vec<(f64, f64)> =
        shares.iter().enumerate().filter_map(|(at, share)| Some(place((at, (*share)?)))).collect();
    let line: Vec<String> = places.iter().map(|(x, y)| format!("{},{}", coordinate(*x), coordinate(*y))).collect();
    let end = places.last().map(|(x, y)| {
        view! { <circle cx=coordinate(*x) cy=coordinate(*y) r="2.5" /> }
    });
    Some(view! {
        <svg class="spark" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="xMinYMid" aria-hidden="true" focusable="false">
            <polyline points=line.join(" ") />
            {end}
        </svg>
    })
}
