//! What all charts stand on: a drawing's measures, the lines across it with their labels, and the labels below.

use leptos::prelude::*;

/// A drawing's measures, in its own units.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Which of the two drawings it is, as the style sheet knows it.
    pub name: &'static str,
    pub width: f64,
    pub height: f64,
    /// The room left of the plot, for the labels of lines, and above it.
    pub left: f64,
    pub top: f64,
    /// Up to so many labels stand below it.
    pub labels: usize,
}

/// The room right of the plot, and below it, for labels.
const RIGHT: f64 = 8.0;
const BOTTOM: f64 = 26.0;

impl Frame {
    /// The drawings for wide pages and for phones, of these heights and with so many labels below.
    pub fn both((left, top): (f64, f64), wide: (f64, usize), narrow: (f64, usize)) -> [Self; 2] {
        [("wide", 1000.0, wide), ("narrow", 340.0, narrow)].map(|(name, width, (height, labels))| Self {
            name,
            width,
            height,
            left,
            top,
            labels,
        })
    }

    /// Whether it is the one for wide pages.
    pub fn is_wide(self) -> bool {
        self.name == "wide"
    }

    /// The ends of the plot.
    pub fn right(self) -> f64 {
        self.width - RIGHT
    }

    pub fn bottom(self) -> f64 {
        self.height - BOTTOM
    }

    /// How high a part of the plot's height lies, from 0 to 1.
    pub fn y(self, part: f64) -> f64 {
        self.bottom() - part * (self.bottom() - self.top)
    }

    /// Where one of so many points stands, or what lies between two. A single one stands at the end, where today is.
    pub fn x(self, at: f64, points: usize) -> f64 {
        let at = if points == 1 { 1.0 } else { at };
        self.left + at * (self.right() - self.left) / (points.max(2) - 1) as f64
    }

    pub fn view_box(self) -> String {
        format!("0 0 {} {}", self.width, self.height)
    }

    /// Lines across the plot, each with how high it lies and its label.
    pub fn grid(self, lines: impl IntoIterator<Item = (f64, String)>) -> impl IntoView {
        let line = move |(part, label): (f64, String)| {
            let y = self.y(part);
            view! {
                <line class="grid" x1=coordinate(self.left) x2=coordinate(self.right()) y1=coordinate(y) y2=coordinate(y) />
                <text class="axis" x=coordinate(self.left - 8.0) y=coordinate(y + 4.0) text-anchor="end">{label}</text>
            }
        };
        lines.into_iter().map(line).collect_view()
    }

    /// A label below the plot.
    pub fn below(self, x: f64, anchor: &'static str, label: &str) -> impl IntoView + use<> {
        let y = self.height - 6.0;
        view! { <text class="axis" x=coordinate(x) y=coordinate(y) text-anchor=anchor>{label.to_owned()}</text> }
    }

    /// Labels of points, evenly spread, with the last one always among them.
    pub fn days(self, labels: &[&str]) -> impl IntoView + use<> {
        let last = labels.len().saturating_sub(1);
        let every = last.div_ceil(self.labels.saturating_sub(1).max(1)).max(1);
        let shown = labels.iter().enumerate().filter(|(at, _)| (last - at).is_multiple_of(every));
        let label = |(at, label): (usize, &&str)| {
            let anchor = match at {
                at if at == last => "end",
                0 => "start",
                _ => "middle",
            };
            self.below(self.x(at as f64, labels.len()), anchor, label)
        };
        shown.map(label).collect_view()
    }
}

/// A coordinate as it is written.
pub fn coordinate(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The line through these points.
pub fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let points = points.into_iter().enumerate();
    points
        .map(|(at, (x, y))| format!("{}{} {}", if at == 0 { "M" } else { "L" }, coordinate(x), coordinate(y)))
        .collect()
}

/// What is there, in parts that have no gap.
pub fn runs<T>(points: impl IntoIterator<Item = Option<T>>) -> Vec<Vec<T>> {
    let mut runs: Vec<Vec<T>> = vec![Vec::new()];
    for point in points {
        match (point, runs.last_mut()) {
            (Some(point), Some(run)) => run.push(point),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// The pattern of what is unknown, under this id.
pub fn hatch(id: String) -> impl IntoView {
    view! {
        <defs>
            <pattern id=id width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="hatch-ground" width="7" height="7" />
                <rect class="hatch-line" width="3" height="7" />
            </pattern>
        </defs>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_left_out() {
        assert_eq!(runs([None, Some(1), Some(2), None, None, Some(5)]), [vec![1, 2], vec![5]]);
        assert!(runs::<i64>([None, None]).is_empty());
        assert_eq!(path([(0.0, 1.0), (2.25, 3.0)]), "M0 1L2.2 3");
    }

    #[test]
    fn points_are_spread_over_the_plot() {
        let [wide, _] = Frame::both((40.0, 10.0), (136.0, 7), (100.0, 3));
        assert_eq!((wide.x(0.0, 3), wide.x(2.0, 3), wide.x(0.0, 1)), (40.0, 992.0, 992.0));
        assert_eq!((wide.y(0.0), wide.y(1.0)), (110.0, 10.0));
    }
}
