//! The pair of bars: reported above, effective below, and the band that shows what the default decides. Drawn on the
//! server from the table's own numbers, once for wide pages and once for phones.

use super::chart::frame::{coordinate, hatch as pattern};
use super::status::class;
use crate::domain::att::{CountedState, Status};
use crate::ui::words;
use leptos::prelude::*;

/// What the pair of bars is drawn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// The counts of each bar's parts, in the order of [`CountedState::OF_APPLE`], as they are shown to the reader: reported, and with
    /// the default applied. `None` where their shares are not shown.
    pub counts: Option<[[i64; 5]; 2]>,
    pub default: Option<Status>,
    /// What is read of each status.
    pub readings: Vec<Reading>,
    /// What the bars are of, such as "48,210 Apple profiles".
    pub title: String,
}

impl Bars {
    pub fn is_empty(&self) -> bool {
        self.counts.is_none()
    }

    /// What they show, in words.
    pub fn heading(&self) -> String {
        format!("Reported and effective status of {}", self.title)
    }
}

/// The figures of one status, as they are read under the pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub state: CountedState,
    pub reported: String,
    pub effective: String,
}

/// A drawing's measures, in its own units.
#[derive(Clone, Copy)]
struct Measures {
    name: &'static str,
    width: f64,
    bar: f64,
    gap: f64,
    /// The least width of a part that has room for its share.
    room_for_share: f64,
}

const WIDE: Measures = Measures { name: "wide", width: 1000.0, bar: 44.0, gap: 56.0, room_for_share: 54.0 };
/// The room above the upper bar, for names.
const TOP: f64 = 22.0;
/// The width of the card that shows what is read, in the drawing's units.
const CARD: f64 = 236.0;
const CARD_HEIGHT: f64 = 72.0;
const NARROW: Measures = Measures { name: "narrow", width: 340.0, bar: 40.0, gap: 40.0, room_for_share: 42.0 };

/// A part of a bar where it stands.
struct BarPart {
    state: CountedState,
    x: f64,
    width: f64,
    share: f64,
}

/// What [`bars`] draws, or why there is nothing.
pub fn drawn_bars(all: &Bars) -> impl IntoView + use<> {
    match bars(all) {
        Some(drawn) => drawn.into_any(),
        None => view! { <p class="muted">{words::NO_SHARES}</p> }.into_any(),
    }
}

/// Both drawings, of which the style sheet shows the one that fits; `None` where there is nothing to draw.
pub fn bars(bars: &Bars) -> Option<impl IntoView + use<>> {
    let counts = bars.counts?;
    Some([WIDE, NARROW].map(|measures| draw(bars, counts, measures)).collect_view())
}

fn parts(counts: &[i64; 5], width: f64) -> Vec<BarPart> {
    let total = counts.iter().sum::<i64>().max(1) as f64;
    let mut x = 0.0;
    let part = |(state, n): (CountedState, &i64)| {
        let share = *n as f64 / total;
        let part = BarPart { state, x, width: share * width, share };
        x += part.width;
        part
    };
    CountedState::OF_APPLE.into_iter().zip(counts).map(part).collect()
}

fn draw(bars: &Bars, counts: [[i64; 5]; 2], measures: Measures) -> impl IntoView + use<> {
    let Measures { name, width, bar, gap, .. } = measures;
    let (top, label) = (TOP, 14.0);
    let below = top + bar + gap;
    let [explicit, effective] = counts.map(|counts| parts(&counts, width));
    let band = bars.default.and_then(|default| band(&explicit, &effective, default, top + bar, below));
    let hatch = format!("hatch-{name}");
    let (title_id, description_id) = (format!("bars-title-{name}"), format!("bars-text-{name}"));
    let labelled = format!("{title_id} {description_id}");
    let labels = explicit.iter().filter_map(|part| Some((part, name_that_fits(part)?)));
    let labels = labels
        .map(|(part, words)| {
            // The last one ends with its bar, so that it never leaves the drawing.
            let last = part.state == CountedState::Unknown;
            let x = if last { part.x + part.width } else { part.x + 1.0 };
            let anchor = if last { "end" } else { "start" };
            view! { <text class="bar-name" x=coordinate(x) y=label.to_string() text-anchor=anchor>{words}</text> }
        })
        .collect_view();
    view! {
        <svg
            id=format!("bars-{name}")
            class=format!("bars {name}")
            tabindex="0"
            viewBox=format!("0 0 {width} {}", below + bar + 2.0)
            role="img"
            aria-labelledby=labelled
        >
            <title id=title_id>{bars.heading()}</title>
            <desc id=description_id>"The same figures as in the table below. The arrow keys read them part by part."</desc>
            {pattern(hatch.clone())}
            {labels}
            <g class="upper">{rectangles(&explicit, top, measures, &hatch, &bars.readings)}{shares(&explicit, top, measures)}</g>
            <g>{rectangles(&effective, below, measures, &hatch, &bars.readings)}</g>
            {band.map(|(path, seam)| view! {
                <path class="band" d=path fill=format!("url(#{hatch})") />
                <line class="seam" x1=coordinate(seam) x2=coordinate(seam) y1=below.to_string() y2=(below + bar).to_string() />
            })}
            // After the seam, which would run through them.
            {shares(&effective, below, measures)}
            // Filled and shown by the island that reads.
            <g class="tooltip" aria-hidden="true">
                <rect width=CARD.to_string() height=CARD_HEIGHT.to_string() rx="8" />
                <text class="tooltip-name" x="14" y="24"></text>
                <text x="14" y="43"></text>
                <text x="14" y="61"></text>
            </g>
        </svg>
    }
}

/// The band from the unknown above to what the default makes of it below, and where that begins.
fn band(explicit: &[BarPart], effective: &[BarPart], default: Status, from: f64, to: f64) -> Option<(String, f64)> {
    let unknown = explicit.iter().find(|part| part.state == CountedState::Unknown).filter(|part| part.width >= 1.0)?;
    let known = explicit.iter().find(|part| part.state == CountedState::Known(default))?;
    let target = effective.iter().find(|part| part.state == CountedState::Known(default))?;
    let (left, right) = (unknown.x, unknown.x + unknown.width);
    let (low_left, low_right) = (target.x + known.width, target.x + target.width);
    let (upper, lower) = (from + (to - from) * 0.65, from + (to - from) * 0.35);
    let path = format!(
        "M{} {from} C{} {upper} {} {lower} {} {to} L{} {to} C{} {lower} {} {upper} {} {from} Z",
        coordinate(left),
        coordinate(left),
        coordinate(low_left),
        coordinate(low_left),
        coordinate(low_right),
        coordinate(low_right),
        coordinate(right),
        coordinate(right),
    );
    Some((path, low_left))
}

fn rectangles(
    parts: &[BarPart],
    y: f64,
    measures: Measures,
    hatch: &str,
    readings: &[Reading],
) -> impl IntoView + use<> {
    let rectangle = |part: &BarPart| {
        let reading = readings.iter().find(|reading| reading.state == part.state);
        let fill = (part.state == CountedState::Unknown).then(|| format!("url(#{hatch})"));
        view! {
            <rect
                class=format!("bar {}", class(part.state))
                x=coordinate(part.x + 0.75)
                y=y.to_string()
                width=coordinate((part.width - 1.5).max(0.5))
                height=measures.bar.to_string()
                rx="4"
                fill=fill
                data-status=part.state.as_str()
                data-card=card_under(part, measures)
                data-name=words::state(part.state)
                data-reported=reading.map(|reading| reading.reported.clone())
                data-effective=reading.map(|reading| reading.effective.clone())
            />
        }
    };
    parts.iter().filter(|part| part.width > 0.0).map(rectangle).collect_view()
}

/// The shares of a bar's parts, where there is room for them.
fn shares(parts: &[BarPart], y: f64, measures: Measures) -> impl IntoView + use<> {
    let share = |part: &BarPart| {
        let (x, y) = (coordinate(part.x + 9.0), coordinate(y + measures.bar / 2.0 + 5.0));
        let class = format!("bar-share {}", class(part.state));
        view! { <text class=class x=x y=y>{format!("{:.0}%", part.share * 100.0)}</text> }
    };
    parts.iter().filter(|part| part.width >= measures.room_for_share).map(share).collect_view()
}

/// Where the card stands that shows a part's figures: between the bars, and never out of the drawing.
fn card_under(part: &BarPart, measures: Measures) -> String {
    let x = (part.x + part.width / 2.0 - CARD / 2.0).clamp(0.0, measures.width - CARD);
    let y = TOP + measures.bar + measures.gap / 2.0 - CARD_HEIGHT / 2.0;
    format!("translate({} {})", coordinate(x), coordinate(y))
}

/// A part's name, or a shorter one, where there is room above it; the table has them all.
fn name_that_fits(part: &BarPart) -> Option<&'static str> {
    /// Of the small bold type, on average.
    const LETTER: f64 = 7.8;
    [words::state(part.state), words::short_state(part.state)]
        .into_iter()
        .find(|name| name.len() as f64 * LETTER <= part.width)
}

/// A small bar for a table's row.
pub fn small_bar(counts: &[i64; 5]) -> impl IntoView + use<> {
    let rectangles = parts(counts, 200.0).into_iter().filter(|part| part.width > 0.0).map(|part| {
        view! {
            <rect class=format!("bar {}", class(part.state)) x=coordinate(part.x) y="0"
                width=coordinate((part.width - 1.0).max(0.5)) height="10" rx="2" />
        }
    });
    view! { <svg class="small-bar" viewBox="0 0 200 10" aria-hidden="true" focusable="false">{rectangles.collect_view()}</svg> }
}
