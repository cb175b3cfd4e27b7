//! Columns: how many of something there were on each day, or in each class.

use super::frame::{Frame, coordinate};
use crate::ui::words;
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Names it within its page.
    pub id: &'static str,
    pub title: String,
    /// What stands below each, what it is and how many, as it is shown.
    pub columns: Vec<Column>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    pub label: String,
    pub count: i64,
    /// What is read of it, such as "7 Nov 2026: 612".
    pub reading: String,
}

impl Columns {
    /// The largest count; `None` where every column is empty.
    pub fn most(&self) -> Option<i64> {
        self.columns.iter().map(|column| column.count).max().filter(|most| *most > 0)
    }
}

/// Both drawings; `None` where every column is empty.
pub fn columns(columns: &Columns) -> Option<impl IntoView + use<>> {
    let most = columns.most()?;
    let frames = Frame::both((54.0, 10.0), (190.0, 9), (170.0, 3));
    let drawings = frames.map(|frame| draw(columns, top(most), frame)).collect_view();
    Some(view! { <div class="chart-box">{drawings}</div> })
}

/// The round number at the top of the axis.
fn top(most: i64) -> i64 {
    let mut step: i64 = 1;
    loop {
        for round in [1, 2, 5] {
            if let Some(top) = step.checked_mul(round).filter(|top| *top >= most) {
                // An even number, so that its half is a whole one too.
                return top.max(2);
            }
        }
        match step.checked_mul(10) {
            Some(next) => step = next,
            None => return most,
        }
    }
}

fn draw(all: &Columns, top: i64, frame: Frame) -> impl IntoView + use<> {
    let slot = (frame.right() - frame.left) / all.columns.len().max(1) as f64;
    let part = |count: i64| count as f64 / top as f64;
    let bars = all.columns.iter().enumerate().filter(|(_, column)| column.count > 0).map(|(at, column)| {
        let gap = (slot * 0.15).min(4.0);
        let y = frame.y(part(column.count));
        view! {
            <rect class="column" x=coordinate(frame.left + at as f64 * slot + gap / 2.0) width=coordinate((slot - gap).max(0.5))
                y=coordinate(y) height=coordinate(frame.bottom() - y)><title>{column.reading.clone()}</title></rect>
        }
    });
    let every = all.columns.len().div_ceil(frame.labels).max(1);
    let shown = all.columns.iter().enumerate().filter(|(at, _)| at.is_multiple_of(every));
    let below = shown.map(|(at, column)| frame.below(frame.left + (at as f64 + 0.5) * slot, "middle", &column.label));
    let title_id = format!("{}-title-{}", all.id, frame.name);
    view! {
        <svg class=format!("chart {}", frame.name) viewBox=frame.view_box() role="img" aria-labelledby=title_id.clone()>
            <title id=title_id.clone()>{all.title.clone()}</title>
            {frame.grid([0, top / 2, top].map(|count| (part(count), words::number(count))))}
            {bars.collect_view()}
            {below.collect_view()}
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        assert_eq!([1, 2, 3, 7, 10, 11, 480, 501].map(top), [2, 2, 5, 10, 10, 20, 500, 1000]);
        assert!(top(i64::MAX) > 0);
    }
}
