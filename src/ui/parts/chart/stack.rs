//! The shares of the five states over time, one area upon the other.

use super::frame::{Frame, hatch, path, runs};
use super::scale::Scale;
use crate::domain::att::CountedState;
use crate::ui::parts::status::class;
use crate::ui::words;
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Names it within its page.
    pub id: &'static str,
    pub title: String,
    /// From the oldest to the newest.
    pub points: Vec<StackPoint>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackPoint {
    /// What stands below it.
    pub label: String,
    /// The count of each state as it is shown, in the order of `CountedState::OF_APPLE`; all zero where nobody was counted, or
    /// their shares are not told.
    pub counts: [i64; 5],
}

impl Stack {
    pub fn is_empty(&self) -> bool {
        !self.points.iter().any(StackPoint::is_known)
    }
}

/// Both drawings; `None` where there is nothing to draw.
pub fn stack(stack: &Stack) -> Option<impl IntoView + use<>> {
    let frames = Frame::both((46.0, 8.0), (240.0, 7), (200.0, 3));
    (!stack.is_empty()).then(|| frames.map(|frame| draw(stack, frame)).collect_view())
}

fn draw(stack: &Stack, frame: Frame) -> impl IntoView + use<> {
    let points = &stack.points;
    // How much lies below each state's area, and with it, as shares.
    let edges: Vec<[f64; 6]> = points.iter().map(|point| edges(&point.counts)).collect();
    let place = |at: usize, edge: usize| (frame.x(at as f64, points.len()), frame.y(edges[at][edge]));
    let runs = runs(points.iter().enumerate().map(|(at, point)| point.is_known().then_some(at)));
    let hatched = format!("{}-hatch-{}", stack.id, frame.name);
    let areas = CountedState::OF_APPLE.into_iter().enumerate().map(|(of, state)| {
        let outline = |run: &Vec<usize>| {
            let upper = run.iter().map(|at| place(*at, of + 1));
            let lower = run.iter().rev().map(|at| place(*at, of));
            format!("{}Z", path(upper.chain(lower)))
        };
        let areas: String = runs.iter().map(outline).collect();
        let fill = (state == CountedState::Unknown).then(|| format!("url(#{hatched})"));
        view! { <path class=format!("area {}", class(state)) d=areas fill=fill><title>{words::state(state)}</title></path> }
    });
    let areas = areas.collect_view();
    let whole = Scale::whole();
    let lines: Vec<(f64, String)> = whole.lines.iter().map(|line| (*line, whole.label(*line))).collect();
    let labels: Vec<&str> = points.iter().map(|point| point.label.as_str()).collect();
    let ids = ["title", "text"].map(|of| format!("{}-{of}-{}", stack.id, frame.name));
    let labelled = ids.join(" ");
    let [title_id, description_id] = ids;
    view! {
        <svg class=format!("chart {}", frame.name) viewBox=frame.view_box() role="img" aria-labelledby=labelled>
            <title id=title_id>{stack.title.clone()}</title>
            <desc id=description_id>"The same figures as in the table below."</desc>
            {hatch(hatched)}
            {areas}
            {frame.grid(lines)}
            {frame.days(&labels)}
        </svg>
    }
}

impl StackPoint {
    /// Whether anybody was counted.
    fn is_known(&self) -> bool {
        self.counts.iter().sum::<i64>() > 0
    }
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
    fn areas_lie_upon_each_other() {
        assert_eq!(edges(&[3, 0, 0, 0, 3]), [0.0, 0.5, 0.5, 0.5, 0.5, 1.0]);
        assert!(!StackPoint::default().is_known());
    }
}
