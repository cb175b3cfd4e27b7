//! Columns: how many of something there were on each day, or in each class.

use super::figure;
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

struct Measures {
    name: &'static str,
    width: f64,
    height: f64,
    labels: usize,
}

const WIDE: Measures = Measures { name: "wide", width: 1000.0, height: 190.0, labels: 9 };
const NARROW: Measures = Measures { name: "narrow", width: 340.0, height: 170.0, labels: 3 };
const LEFT: f64 = 54.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;

/// Both drawings; `None` where every column is empty.
pub fn columns(columns: &Columns) -> Option<impl IntoView + use<>> {
    let most = columns.columns.iter().map(|column| column.count).max().filter(|most| *most > 0)?;
    let drawings = [WIDE, NARROW].map(|measures| draw(columns, top(most), &measures)).collect_view();
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

fn draw(all: &Columns, top: i64, measures: &Measures) -> impl IntoView + use<> {
    let Measures { name, width, height, labels } = *measures;
    let bottom = height - BOTTOM;
    let slot = (width - LEFT - RIGHT) / all.columns.len().max(1) as f64;
    let y = |count: i64| bottom - count as f64 / top as f64 * (bottom - TOP);
    let grid = [0, top / 2, top].map(|count| {
        view! {
            <line class="grid" x1=figure(LEFT) x2=figure(width - RIGHT) y1=figure(y(count)) y2=figure(y(count)) />
            <text class="axis" x=figure(LEFT - 8.0) y=figure(y(count) + 4.0) text-anchor="end">{words::number(count)}</text>
        }
    });
    let bars = all.columns.iter().enumerate().filter(|(_, column)| column.count > 0).map(|(at, column)| {
        let gap = (slot * 0.15).min(4.0);
        view! {
            <rect class="column" x=figure(LEFT + at as f64 * slot + gap / 2.0) width=figure((slot - gap).max(0.5))
                y=figure(y(column.count)) height=figure(bottom - y(column.count))><title>{column.reading.clone()}</title></rect>
        }
    });
    let every = all.columns.len().div_ceil(labels).max(1);
    let below = all.columns.iter().enumerate().filter(|(at, _)| at.is_multiple_of(every)).map(|(at, column)| {
        let x = LEFT + (at as f64 + 0.5) * slot;
        view! { <text class="axis" x=figure(x) y=figure(height - 6.0) text-anchor="middle">{column.label.clone()}</text> }
    });
    let title_id = format!("{}-title-{name}", all.id);
    view! {
        <svg class=format!("chart {name}") viewBox=format!("0 0 {width} {height}") role="img" aria-labelledby=title_id.clone()>
            <title id=title_id.clone()>{all.title.clone()}</title>
            {grid.collect_view()}
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
