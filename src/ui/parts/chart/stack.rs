//! The shares of the five states over time, one area upon the other.

use super::figure;
use crate::domain::att::CountedState;
use crate::ui::parts::status::class;
use crate::ui::words;
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Names it within its page.
    pub id: &'static str,
    pub title: String,
    /// From the oldest to the newest; a point where nobody was counted has none.
    pub points: Vec<StackPoint>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackPoint {
    /// What stands below it.
    pub label: String,
    /// The count of each state as it is shown, in the order of `CountedState::OF_APPLE`.
    pub counts: [i64; 5],
}

struct Measures {
    name: &'static str,
    width: f64,
    height: f64,
    labels: usize,
}

const WIDE: Measures = Measures { name: "wide", width: 1000.0, height: 240.0, labels: 7 };
const NARROW: Measures = Measures { name: "narrow", width: 340.0, height: 200.0, labels: 3 };
const LEFT: f64 = 46.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 26.0;

/// Both drawings; `None` where there is nothing to draw.
pub fn stack(stack: &Stack) -> Option<impl IntoView + use<>> {
    let any = stack.points.iter().any(|point| point.counts.iter().sum::<i64>() > 0);
    any.then(|| [WIDE, NARROW].map(|measures| draw(stack, &measures)).collect_view())
}

fn draw(stack: &Stack, measures: &Measures) -> impl IntoView + use<> {
    let Measures { name, width, height, labels } = *measures;
    let last = stack.points.len().saturating_sub(1);
    let step = (width - LEFT - RIGHT) / last.max(1) as f64;
    let bottom = height - BOTTOM;
    let x = |at: usize| LEFT + at as f64 * step;
    // How much lies below each state's area, and with it, as shares.
    let edges: Vec<[f64; 6]> = stack.points.iter().map(|point| edges(&point.counts)).collect();
    let y = |share: f64| bottom - share * (bottom - TOP);
    let hatch = format!("{}-hatch-{name}", stack.id);
    let runs = runs(&stack.points);
    let areas = CountedState::OF_APPLE.into_iter().enumerate().map(|(of, state)| {
        let outline = |run: &Vec<usize>| {
            let upper = run.iter().map(|at| (x(*at), y(edges[*at][of + 1])));
            let lower = run.iter().rev().map(|at| (x(*at), y(edges[*at][of])));
            let points = upper.chain(lower).enumerate();
            let steps = points.map(|(at, (x, y))| format!("{}{} {}", if at == 0 { "M" } else { "L" }, figure(x), figure(y)));
            format!("{}Z", steps.collect::<String>())
        };
        let path: String = runs.iter().map(outline).collect();
        let fill = (state == CountedState::Unknown).then(|| format!("url(#{hatch})"));
        view! { <path class=format!("area {}", class(state)) d=path fill=fill><title>{words::state(state)}</title></path> }
    });
    let grid = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| {
        view! {
            <line class="grid" x1=figure(LEFT) x2=figure(width - RIGHT) y1=figure(y(share)) y2=figure(y(share)) />
            <text class="axis" x=figure(LEFT - 8.0) y=figure(y(share) + 4.0) text-anchor="end">{format!("{:.0}%", share * 100.0)}</text>
        }
    });
    let every = last.div_ceil(labels - 1).max(1);
    let shown = stack.points.iter().enumerate().filter(|(at, _)| (last - at).is_multiple_of(every));
    let days = shown.map(|(at, point)| {
        let anchor = match at {
            at if at == last => "end",
            0 => "start",
            _ => "middle",
        };
        view! { <text class="axis" x=figure(x(at)) y=figure(height - 6.0) text-anchor=anchor>{point.label.clone()}</text> }
    });
    let (title_id, description_id) = (format!("{}-title-{name}", stack.id), format!("{}-text-{name}", stack.id));
    let labelled = format!("{title_id} {description_id}");
    let areas = areas.collect_view();
    view! {
        <svg class=format!("chart {name}") viewBox=format!("0 0 {width} {height}") role="img" aria-labelledby=labelled>
            <title id=title_id>{stack.title.clone()}</title>
            <desc id=description_id>"The same figures as in the table below."</desc>
            <defs>
                <pattern id=hatch width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                    <rect class="hatch-ground" width="7" height="7" />
                    <rect class="hatch-line" width="3" height="7" />
                </pattern>
            </defs>
            {areas}
            {grid.collect_view()}
            {days.collect_view()}
        </svg>
    }
}

/// The points where somebody was counted, in parts that have no gap.
fn runs(points: &[StackPoint]) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = vec![Vec::new()];
    for (at, point) in points.iter().enumerate() {
        let is_known = point.counts.iter().sum::<i64>() > 0;
        match runs.last_mut().filter(|_| is_known) {
            Some(run) => run.push(at),
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// Where each area begins and ends, from the bottom.
fn edges(counts: &[i64; 5]) -> [f64; 6] {
    let all = counts.iter().sum::<i64>().max(1) as f64;
    let mut edges = [0.0; 6];
    for (at, count) in counts.iter().enumerate() {
        edges[at + 1] = edges[at] + *count as f64 / all;
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_anybody_are_left_out() {
        let point = |n| StackPoint { label: String::new(), counts: [n, 0, 0, 0, n] };
        let points = [0, 3, 1, 0, 2].map(point);
        assert_eq!(runs(&points), [vec![1, 2], vec![4]]);
        assert_eq!(edges(&points[1].counts), [0.0, 0.5, 0.5, 0.5, 0.5, 1.0]);
    }
}
