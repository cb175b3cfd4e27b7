//! Flow.

use super::super::PageQuery;
use super::asked::Asked;
use super::nearest::nearest;
use crate::domain::att::{CountedState, Status};
use crate::domain::flow::AnswerTime;
use crate::domain::metric::Period;
use crate::domain::rounding::{Shown, share};
use crate::domain::time::{DAY, Day, HOUR, MINUTE, SECOND};
use crate::server::error::Result;
use crate::server::http::moment::{day_words, short_day};
use crate::server::services::flow::{DayFlows, Happened};
use crate::server::store::View;
use crate::ui::pages::metric::flow::{DayRow, FlowView, MatrixRow, TimeRow};
use crate::ui::parts::chart::columns::{Column, Columns};
use crate::ui::words;

/// How many days the table has; files and the API have all.
const MOST_ROWS: usize = 400;
/// How many shades a cell of the matrix has above none.
const SHADES: f64 = 5.0;

pub async fn model(view: &mut View, asked: &Asked, query: &PageQuery) -> Result<FlowView> {
    let happened = Happened::read(view, asked.environment, asked.app_id(), asked.period.period).await?;
    let first_answers = happened.sum(|day| day.sums.first_answers);
    let authorized = happened.sum(|day| day.sums.first_authorized);
    let withdrawals = happened.sum(DayFlows::withdrawals);
    let lead = format!(
        "{} on a device, of which {} authorized; {} withdrew: from authorized to denied.",
        counted(first_answers, "first answer"),
        with_share(authorized, first_answers),
        counted(withdrawals, "device"),
    );
    let times = times(&happened);
    let changes: Vec<_> = happened.changes().collect();
    let nearest = if happened.days_with_something().next().is_none() && !view.precision.is_rounded() {
        let kept = Period { first: asked.kept.first, last: asked.kept.today };
        let all = Happened::read(view, asked.environment, asked.app_id(), kept).await?;
        nearest(all.days_with_something(), asked, query)
    } else {
        None
    };
    let is_rounded = view.precision.is_rounded();
    Ok(FlowView {
        nearest,
        matrix: CountedState::OF_APPLE
            .into_iter()
            .map(|from| matrix_row(&happened, &changes, from, is_rounded))
            .collect(),
        answers: Columns {
            id: "answers",
            title: "First answers by day".to_owned(),
            columns: happened.days.iter().map(|day| answer_column(&happened, day)).collect(),
        },
        days: happened.days.iter().rev().take(MOST_ROWS).map(|day| day_row(&happened, day)).collect(),
        times: times.iter().map(|time| time_row(*time, first_answers)).collect(),
        time_chart: Columns {
            id: "times",
            title: "Time to the first answer".to_owned(),
            columns: times.iter().copied().map(time_column).collect(),
        },
        half: half(&times, first_answers, is_rounded),
        lead,
        limited: limited(&happened),
    })
}

/// A count with what was counted, such as "1 device".
fn counted(n: Shown, what: &str) -> String {
    let n = words::count(n);
    let plural = if n == "1" { "" } else { "s" };
    format!("{n} {what}{plural}")
}

/// A count with its share of a whole, where that can be told.
fn with_share(part: Shown, whole: Shown) -> String {
    let count = words::count(part);
    share(part, whole).map_or(count.clone(), |of| format!("{count} ({})", words::share(Some(of))))
}

/// How many new devices said that ad tracking is limited.
fn limited(happened: &Happened) -> String {
    let (installs, limited) = (happened.sum(|day| day.sums.installs), happened.sum(|day| day.sums.limited_installs));
    format!(
        "{}, of which {} came with limited ad tracking (LAT).",
        counted(installs, "new device"),
        with_share(limited, installs)
    )
}

fn matrix_row(
    happened: &Happened,
    changes: &[(CountedState, Status, Shown)],
    from: CountedState,
    is_rounded: bool,
) -> MatrixRow {
    let left = happened.left(from);
    let cell = |to: Status| {
        let change = changes.iter().find(|(known, other, _)| (*known, *other) == (from, to));
        change.map(|(_, _, count)| {
            let count = *count;
            let part = share(count, left);
            let shade = part.map_or(0, |part| (part * SHADES).ceil() as usize);
            // Of days that were rounded one by one.
            let share = part.filter(|_| is_rounded).map_or_else(|| words::share(part), words::about);
            (words::short_count(count), share, shade)
        })
    };
    MatrixRow { from, cells: Status::ALL.map(cell).into(), left: words::short_count(left) }
}

fn answer_column(happened: &Happened, (day, flows): (&Day, &DayFlows)) -> Column {
    let shown = happened.shown(flows.sums.first_answers);
    Column {
        label: short_day(*day),
        count: shown.figure().unwrap_or_default(),
        reading: format!("{}: {}", day_words(*day), words::count(shown)),
    }
}

fn day_row(happened: &Happened, (day, flows): (&Day, &DayFlows)) -> DayRow {
    let shown = |n| words::count(happened.shown(n));
    DayRow {
        days: day_words(*day),
        first_answers: shown(flows.sums.first_answers),
        authorized: shown(flows.sums.first_authorized),
        withdrawals: shown(flows.withdrawals()),
        installs: shown(flows.sums.installs),
        limited: shown(flows.sums.limited_installs),
    }
}

/// The classes of the histogram up to the last one that has an answer.
pub fn times(happened: &Happened) -> Vec<(AnswerTime, Shown)> {
    let all = happened.answers();
    let last = all.iter().rposition(|(_, shown)| shown.figure().unwrap_or_default() > 0);
    last.map_or_else(Vec::new, |last| all[..=last].to_vec())
}

fn time_column((class, shown): (AnswerTime, Shown)) -> Column {
    let (from, _) = class.bounds();
    Column {
        label: length(from),
        count: shown.figure().unwrap_or_default(),
        reading: format!("{}: {}", within(class), words::count(shown)),
    }
}

fn time_row((class, shown): (AnswerTime, Shown), all: Shown) -> TimeRow {
    TimeRow { within: within(class), count: words::count(shown), share: words::share(share(shown, all)) }
}

/// Where it is not told how long answers took.
const NOBODY: &str = "Nobody answered for the first time in these days.";

/// In which class the answer in the middle falls.
fn half(times: &[(AnswerTime, Shown)], first_answers: Shown, is_rounded: bool) -> String {
    let figures = times.iter().map(|(class, shown)| (class, shown.figure().unwrap_or_default()));
    let all: i64 = figures.clone().map(|(_, n)| n).sum();
    // Where classes are not told whole, the middle would be another one. That none is told at all, and so none is in the list, is
    // no sign that nobody answered.
    let is_hidden = |shown: Shown| shown.is_incomplete() || shown == Shown::FewerThanTen;
    let are_hidden = all < first_answers.figure().unwrap_or_default()
        || is_hidden(first_answers)
        || times.iter().any(|(_, shown)| is_hidden(*shown));
    if is_rounded && are_hidden {
        return format!(
            "Your role sees rounded figures: the bars hold {} of {}. The rest, longer times among them, are hidden: on most days fewer than 10 took so long.",
            words::number(all),
            counted(first_answers, "first answer"),
        );
    }
    let mut so_far = 0;
    for (class, n) in figures {
        so_far += n;
        if n > 0 && so_far * 2 >= all {
            return format!("Half of the first answers came within {} of the device being first seen.", within(*class));
        }
    }
    NOBODY.to_owned()
}

/// A class in words, such as "2 to 4 minutes".
pub fn within(class: AnswerTime) -> String {
    match class.bounds() {
        (from, Some(below)) => {
            let (from_words, below_words) = (length(from), length(below));
            match (from_words.split_once(' '), below_words.split_once(' ')) {
                (_, Some((n, unit))) if from == 0 => format!("less than {n} {unit}"),
                (Some((n, unit)), Some((_, other))) if unit.trim_end_matches('s') == other.trim_end_matches('s') => {
                    format!("{n} to {below_words}")
                }
                _ => format!("{from_words} to {below_words}"),
            }
        }
        (from, None) => format!("{} or more", length(from)),
    }
}

/// A length of time in its largest unit, such as "30 seconds".
fn length(ms: i64) -> String {
    let (n, unit) = match ms {
        ms if ms >= DAY => (ms / DAY, "day"),
        ms if ms >= HOUR => (ms / HOUR, "hour"),
        ms if ms >= MINUTE => (ms / MINUTE, "minute"),
        ms => (ms / SECOND, "second"),
    };
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_words() {
        let words = |ms| within(AnswerTime::of(ms));
        assert_eq!(words(0), "less than 1 second");
        assert_eq!(words(3 * MINUTE), "2 to 4 minutes");
        assert_eq!(words(SECOND), "1 to 2 seconds");
        assert_eq!(words(40 * MINUTE), "30 minutes to 1 hour");
        assert_eq!(words(400 * DAY), "256 days or more");
    }
}
