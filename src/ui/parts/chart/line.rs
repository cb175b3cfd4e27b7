//! A rate over time: its line, the band of what a sample of this size could hide, the period before, and marks.

use super::flags::{FROM, Flag, flags, rows_high};
use super::frame::{Frame, coordinate, path, runs};
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
    /// What the dashed line is, such as "30 days before".
    pub against: String,
    pub marks: Marks,
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
    /// The share that it is held against: as long before as the period is, or of another app.
    pub before: Option<f64>,
}

/// What happened meanwhile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    /// From the oldest to the newest.
    pub all: Vec<Mark>,
    /// Where earlier ones are told, of which there is no room for more.
    pub earlier: Option<String>,
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
    /// Whether it is a version that came out, and nothing that was changed or noted here.
    pub is_release: bool,
}

/// The width of the card that shows what is read, in the drawing's units.
pub const CARD: i32 = 208;

/// Where everything stands.
struct Plot<'a> {
    chart: &'a LineChart,
    scale: &'a Scale,
    frame: Frame,
    /// Where the words of marks stand, above the plot.
    flags: Vec<Flag>,
}

impl LineChart {
    /// All shares, among them those between which one may lie.
    fn shares(&self) -> impl Iterator<Item = f64> {
        self.points.iter().flat_map(|point| {
            let band = point.band.into_iter().flat_map(|(low, high)| [low, high]);
            [point.share, point.before].into_iter().flatten().chain(band)
        })
    }

    pub fn is_empty(&self) -> bool {
        self.shares().next().is_none()
    }

    /// Whether there is anything to draw that the line is held against.
    pub fn has_before(&self) -> bool {
        self.points.iter().any(|point| point.before.is_some())
    }
}

impl<'a> Plot<'a> {
    /// The flags stand above the plot, which is moved down by them.
    fn new(chart: &'a LineChart, scale: &'a Scale, frame: Frame) -> Self {
        let x = |mark: &Mark| frame.x(mark.at, chart.points.len());
        let flags = flags(chart.marks.all.iter().map(|mark| (x(mark), mark.words.as_str(), mark.is_release)), frame);
        let above = rows_high(&flags);
        let frame = Frame { top: frame.top + above, height: frame.height + above, ..frame };
        Self { chart, scale, frame, flags }
    }

    fn x(&self, at: f64) -> f64 {
        self.frame.x(at, self.chart.points.len())
    }

    fn y(&self, share: f64) -> f64 {
        self.frame.y(self.scale.height(share))
    }

    /// The points of a line, in parts that have no gap.
    fn runs(&self, of: impl Fn(&LinePoint) -> Option<f64>) -> Vec<Vec<(f64, f64)>> {
        let points = self.chart.points.iter().enumerate();
        runs(points.map(|(at, point)| of(point).map(|share| (self.x(at as f64), self.y(share)))))
    }

    fn line(&self, of: impl Fn(&LinePoint) -> Option<f64>) -> String {
        self.runs(of).into_iter().map(path).collect::<Vec<_>>().join(" ")
    }

    /// The points that stand alone: a single one has no line.
    fn alone(&self, of: impl Fn(&LinePoint) -> Option<f64>) -> Vec<(f64, f64)> {
        self.runs(of).into_iter().filter(|run| run.len() == 1).flatten().collect()
    }

    fn band(&self) -> String {
        let high = self.runs(|point| point.band.map(|(_, high)| high));
        let low = self.runs(|point| point.band.map(|(low, _)| low));
        let parts = high.into_iter().zip(low);
        let parts = parts.map(|(high, low)| format!("{}Z", path(high.into_iter().chain(low.into_iter().rev()))));
        parts.collect::<Vec<_>>().join(" ")
    }
}

/// Both drawings with the list of marks; `None` where there is not a single share to draw.
pub fn line_chart(chart: &LineChart) -> Option<impl IntoView + use<>> {
    let scale = Scale::around(chart.shares())?;
    let frames = Frame::both((46.0, 10.0), (280.0, 7), (220.0, 3));
    let drawings = frames.map(|frame| draw(&Plot::new(chart, &scale, frame)));
    let marks = (!chart.marks.all.is_empty()).then(|| marks(&chart.marks));
    Some(view! { {drawings.collect_view()}{marks} })
}

fn draw(plot: &Plot<'_>) -> impl IntoView + use<> {
    let Plot { chart, scale, frame, .. } = plot;
    let ids = ["title", "text"].map(|of| format!("{}-{of}-{}", chart.id, frame.name));
    let labelled = ids.join(" ");
    let [title_id, description_id] = ids;
    let heights = chart.points.iter().map(|point| point.share.map(|share| whole(plot.y(share))).unwrap_or_default());
    let heights = heights.collect::<Vec<_>>().join(" ");
    let (top, bottom) = (frame.top, frame.bottom());
    let lines: Vec<(f64, String)> = scale.lines.iter().map(|line| (scale.height(*line), scale.label(*line))).collect();
    let labels: Vec<&str> = chart.points.iter().map(|point| point.label.as_str()).collect();
    let dot = |class: &'static str, (x, y): (f64, f64)| {
        view! { <circle class=class cx=coordinate(x) cy=coordinate(y) r="3" /> }
    };
    let before = plot.alone(|point| point.before).into_iter().map(|at| dot("dot before", at));
    let dots = before.chain(plot.alone(|point| point.share).into_iter().map(|at| dot("dot", at)));
    view! {
        <svg
            class=format!("chart lines {}", frame.name)
            tabindex="0"
            viewBox=frame.view_box()
            role="img"
            aria-labelledby=labelled
            data-table=chart.table
            data-left=whole(plot.x(0.0))
            data-right=whole(plot.x(chart.points.len().saturating_sub(1) as f64))
            data-width=whole(frame.width)
            data-heights=heights
        >
            <title id=title_id>{chart.title.clone()}</title>
            <desc id=description_id>"The same figures as in the table below. The arrow keys read them one by one."</desc>
            {frame.grid(lines)}
            {frame.days(&labels)}
            <path class="sure" d=plot.band() />
            <path class="before" d=plot.line(|point| point.before) />
            <path class="line" d=plot.line(|point| point.share) />
            {dots.collect_view()}
            {marked(plot)}
            // Filled and shown by the island that reads.
            <rect class="span" y=coordinate(top) height=coordinate(bottom - top) />
            <g class="cursor" aria-hidden="true">
                <line y1=coordinate(top) y2=coordinate(bottom) />
                <circle r="4.5" />
            </g>
            <g class="tooltip" aria-hidden="true">
                <rect width=CARD height="76" rx="8" />
                <text class="tooltip-name" x="12" y="23"></text>
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

/// Lines where something happened, up to their words where these stand above.
fn marked(plot: &Plot<'_>) -> impl IntoView + use<> {
    let Plot { chart, frame, flags, .. } = plot;
    let from = if flags.is_empty() { frame.top } else { FROM };
    let line = |mark: &Mark| {
        let x = coordinate(plot.x(mark.at));
        view! { <line class="mark" x1=x.clone() x2=x y1=coordinate(from) y2=coordinate(frame.bottom()) /> }
    };
    // No line goes through another mark's words.
    view! { {chart.marks.all.iter().map(line).collect_view()}{flags.iter().map(Flag::drawn).collect_view()} }
}

/// What is marked, in words and with where it leads.
fn marks(marks: &Marks) -> impl IntoView + use<> {
    let mark = |mark: &Mark| {
        let words = match &mark.address {
            Some(address) => view! { <a href=address.clone()>{mark.words.clone()}</a> }.into_any(),
            None => view! { <span>{mark.words.clone()}</span> }.into_any(),
        };
        view! { <li><span class="muted">{mark.when.clone()}</span>" "{words}</li> }
    };
    let earlier =
        marks.earlier.clone().map(|address| view! { <li><a href=address>"Earlier releases and annotations"</a></li> });
    view! { <ul class="marks" aria-label="Marked in the chart">{earlier}{marks.all.iter().map(mark).collect_view()}</ul> }
}
