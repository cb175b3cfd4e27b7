//! A rate over time: its line, the band of what a sample of this size could hide, the period before, and marks.

use super::figure;
use super::scale::Scale;
use leptos::prelude::*;

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    /// Names it within its page.
    pub id: &'static str,
    /// Such as "Consent rate, 29 Oct to 27 Nov 2026".
    pub title: String,
    /// From the oldest to the newest.
    pub points: Vec<LinePoint>,
    pub marks: Vec<Mark>,
    /// The id of the table that has the same figures, by whose rows the island reads.
    pub table: &'static str,
}

/// A day, a week or a month.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinePoint {
    /// What stands below it, such as "7 Nov".
    pub label: String,
    pub share: Option<f64>,
    /// From where to where the share may lie.
    pub band: Option<(f64, f64)>,
    /// The share as long before as the period is.
    pub before: Option<f64>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// At which point, or between which two.
    pub at: f64,
    /// When, such as "3 Nov 2026".
    pub when: String,
    pub words: String,
    /// Where more is said of it.
    pub address: Option<String>,
}

/// A drawing's measures, in its own units.
struct Measures {
    name: &'static str,
    width: f64,
    height: f64,
    /// Up to so many labels stand below it.
    labels: usize,
    /// Whether marks have their words in the drawing.
    has_words: bool,
}

const WIDE: Measures = Measures { name: "wide", width: 1000.0, height: 280.0, labels: 7, has_words: true };
const NARROW: Measures = Measures { name: "narrow", width: 340.0, height: 220.0, labels: 3, has_words: false };
/// The room left of the axis, for its labels; above, for marks; and below, for days.
const LEFT: f64 = 46.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;
/// A mark's words: their height, and the width of a letter of theirs, on average.
const MARK: f64 = 20.0;
const LETTER: f64 = 6.6;
/// In how many rows the words of marks stand, at most.
const MARK_ROWS: usize = 3;
/// The card that shows what is read.
const CARD: f64 = 208.0;

/// Where everything stands.
struct Plot<'a> {
    chart: &'a LineChart,
    scale: &'a Scale,
    measures: &'a Measures,
}

impl Plot<'_> {
    fn step(&self) -> f64 {
        (self.measures.width - LEFT - RIGHT) / (self.chart.points.len().max(2) - 1) as f64
    }

    fn x(&self, at: usize) -> f64 {
        self.between(at as f64)
    }

    fn between(&self, at: f64) -> f64 {
        // A single point stands at the end, where today is.
        let at = if self.chart.points.len() == 1 { 1.0 } else { at };
        LEFT + at * self.step()
    }

    fn y(&self, share: f64) -> f64 {
        let room = self.measures.height - TOP - BOTTOM;
        TOP + (1.0 - self.scale.height(share)) * room
    }

    /// The points of a line, in parts that have no gap.
    fn runs(&self, of: impl Fn(&LinePoint) -> Option<f64>) -> Vec<Vec<(f64, f64)>> {
        let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for (at, point) in self.chart.points.iter().enumerate() {
            match (of(point), runs.last_mut()) {
                (Some(share), Some(run)) => run.push((self.x(at), self.y(share))),
                _ => runs.push(Vec::new()),
            }
        }
        runs.retain(|run| !run.is_empty());
        runs
    }

    fn line(&self, of: impl Fn(&LinePoint) -> Option<f64>) -> String {
        self.runs(of).iter().map(|run| path(run.iter())).collect::<Vec<_>>().join(" ")
    }

    fn band(&self) -> String {
        let high = self.runs(|point| point.band.map(|(_, high)| high));
        let low = self.runs(|point| point.band.map(|(low, _)| low));
        let parts = high.iter().zip(&low).map(|(high, low)| format!("{}Z", path(high.iter().chain(low.iter().rev()))));
        parts.collect::<Vec<_>>().join(" ")
    }
}

fn path<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> String {
    let points = points.enumerate();
    points.map(|(at, (x, y))| format!("{}{} {}", if at == 0 { "M" } else { "L" }, figure(*x), figure(*y))).collect()
}

/// Both drawings with the list of marks; `None` where there is not a single share to draw.
pub fn line_chart(chart: &LineChart) -> Option<impl IntoView + use<>> {
    let all = chart.points.iter().flat_map(|point| {
        let band = point.band.into_iter().flat_map(|(low, high)| [low, high]);
        [point.share, point.before].into_iter().flatten().chain(band)
    });
    let scale = Scale::around(all)?;
    let drawings = [WIDE, NARROW].map(|measures| draw(&Plot { chart, scale: &scale, measures: &measures }));
    let marks = (!chart.marks.is_empty()).then(|| marks(&chart.marks));
    Some(view! { {drawings.collect_view()}{marks} })
}

fn draw(plot: &Plot<'_>) -> impl IntoView + use<> {
    let Plot { chart, measures, .. } = plot;
    let Measures { name, width, height, .. } = measures;
    let (title_id, description_id) = (format!("{}-title-{name}", chart.id), format!("{}-text-{name}", chart.id));
    let labelled = format!("{title_id} {description_id}");
    let heights = chart.points.iter().map(|point| point.share.map(|share| whole(plot.y(share))).unwrap_or_default());
    let heights = heights.collect::<Vec<_>>().join(" ");
    let bottom = height - BOTTOM;
    // A single point has no line.
    let dots = plot.runs(|point| point.share).into_iter().filter(|run| run.len() == 1).flatten().map(|(x, y)| {
        view! { <circle class="dot" cx=figure(x) cy=figure(y) r="3" /> }
    });
    view! {
        <svg
            class=format!("chart lines {name}")
            tabindex="0"
            viewBox=format!("0 0 {width} {height}")
            role="img"
            aria-labelledby=labelled
            data-table=chart.table
            data-left=whole(plot.x(0))
            data-right=whole(plot.x(chart.points.len().saturating_sub(1)))
            data-width=whole(*width)
            data-heights=heights
        >
            <title id=title_id>{chart.title.clone()}</title>
            <desc id=description_id>"The same figures as in the table below. The arrow keys read them one by one."</desc>
            {grid(plot)}
            {days(plot)}
            <path class="sure" d=plot.band() />
            <path class="before" d=plot.line(|point| point.before) />
            <path class="line" d=plot.line(|point| point.share) />
            {dots.collect_view()}
            {marked(plot)}
            // Filled and shown by the island that reads.
            <rect class="span" y=figure(TOP) height=figure(bottom - TOP) />
            <g class="cursor" aria-hidden="true">
                <line y1=figure(TOP) y2=figure(bottom) />
                <circle r="4.5" />
            </g>
            <g class="card-under" aria-hidden="true">
                <rect width=figure(CARD) height="76" rx="8" />
                <text class="card-name" x="12" y="23"></text>
                <text x="12" y="43"></text>
                <text x="12" y="62"></text>
            </g>
        </svg>
    }
}

/// A coordinate as the island reads it.
fn whole(x: f64) -> String {
    format!("{x:.0}")
}

fn grid(plot: &Plot<'_>) -> impl IntoView + use<> {
    let right = plot.measures.width - RIGHT;
    let line = |share: &f64| {
        let y = plot.y(*share);
        view! {
            <line class="grid" x1=figure(LEFT) x2=figure(right) y1=figure(y) y2=figure(y) />
            <text class="axis" x=figure(LEFT - 8.0) y=figure(y + 4.0) text-anchor="end">{plot.scale.label(*share)}</text>
        }
    };
    plot.scale.lines.iter().map(line).collect_view()
}

/// The labels below: evenly spread, with the last point always among them.
fn days(plot: &Plot<'_>) -> impl IntoView + use<> {
    let points = &plot.chart.points;
    let last = points.len().saturating_sub(1);
    let every = last.div_ceil(plot.measures.labels.saturating_sub(1).max(1)).max(1);
    let shown = points.iter().enumerate().filter(|(at, _)| (last - at).is_multiple_of(every));
    let y = plot.measures.height - 6.0;
    let label = |(at, point): (usize, &LinePoint)| {
        let anchor = match at {
            at if at == last => "end",
            0 => "start",
            _ => "middle",
        };
        view! { <text class="axis" x=figure(plot.x(at)) y=figure(y) text-anchor=anchor>{point.label.clone()}</text> }
    };
    shown.map(label).collect_view()
}

/// Lines where something happened, with its words where there is room.
fn marked(plot: &Plot<'_>) -> impl IntoView + use<> {
    let Measures { width, height, has_words, .. } = plot.measures;
    // Up to where the words of each row reach.
    let mut taken = [LEFT; MARK_ROWS];
    let mark = |mark: &Mark| {
        let x = plot.between(mark.at);
        let wide = mark.words.chars().count() as f64 * LETTER + 16.0;
        let left = x.min(width - RIGHT - wide);
        let row = taken.iter().position(|reaches| *reaches <= left).filter(|_| *has_words && left >= LEFT);
        let words = row.map(|row| {
            taken[row] = left + wide + 4.0;
            let y = TOP + row as f64 * (MARK + 3.0);
            view! {
                <rect class="mark-words" x=figure(left) y=figure(y) width=figure(wide) height=figure(MARK) rx="4" />
                <text class="mark-words" x=figure(left + 8.0) y=figure(y + 14.0)>{mark.words.clone()}</text>
            }
        });
        view! {
            <line class="mark" x1=figure(x) x2=figure(x) y1=figure(TOP) y2=figure(height - BOTTOM) />
            {words}
        }
    };
    plot.chart.marks.iter().map(mark).collect_view()
}

/// What is marked, in words and with where it leads.
fn marks(marks: &[Mark]) -> impl IntoView + use<> {
    let mark = |mark: &Mark| {
        let words = match &mark.address {
            Some(address) => view! { <a href=address.clone()>{mark.words.clone()}</a> }.into_any(),
            None => view! { <span>{mark.words.clone()}</span> }.into_any(),
        };
        view! { <li><span class="muted">{mark.when.clone()}</span>" "{words}</li> }
    };
    view! { <ul class="marks" aria-label="Marked in the chart">{marks.iter().map(mark).collect_view()}</ul> }
}
