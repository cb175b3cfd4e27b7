//! How units were distributed at the end of each day, week or month.

use crate::domain::att::Status;
use crate::domain::closed_list::closed_list;
use crate::domain::count::{Counts, Slice, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::privacy::in_force_before;
use crate::server::store::{CounterSelection, View};

closed_list! {
    /// The periods of a trend.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Step {
        #[default]
        Day => "day",
        /// From Monday to Sunday.
        Week => "week",
        Month => "month",
    }
}

impl Step {
    /// The last day of the period that a day lies in.
    fn ends(self, day: Day) -> Day {
        match self {
            Self::Day => day,
            Self::Week => calendar::week_ends(day),
            Self::Month => calendar::month_ends(day),
        }
    }
}

/// What a trend is asked for. Days are the workspace's.
#[derive(Clone, Debug)]
pub struct TrendQuery {
    pub environment: Environment,
    pub unit: Unit,
    pub app: Option<AppId>,
    pub slice: Option<Slice>,
    pub first: Day,
    pub last: Day,
    pub step: Step,
}

/// One period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    pub first: Day,
    pub last: Day,
    /// As reported: at the end of the last day; of active devices on each day, to be added up as they are shown.
    pub counts: Vec<Counts>,
    /// The default in force at the end of the last day.
    pub default: Option<Status>,
}

/// Reads the trend: what is counted now, less what the days since then added.
pub async fn trend(view: &mut View, question: &TrendQuery) -> Result<Vec<Point>> {
    let TrendQuery { environment, unit, app, first, last, step, .. } = *question;
    let selection = CounterSelection { environment, unit, app, slice: question.slice.as_ref() };
    let days = view.daily(selection, first).await?;
    let mut at_end = if unit.of_now() {
        let now = view.counts_of(selection).await?;
        days.range(last.plus(1)..).fold(now, |counts, (_, added)| counts.minus(*added))
    } else {
        Counts::default()
    };
    let newest_first = view.settings_versions(i64::MAX).await?;
    let zone = view.workspace.time_zone.clone();
    let mut points = Vec::new();
    let mut end = last;
    for begin in periods(first, last, step).into_iter().rev() {
        let added: Vec<Counts> = days.range(begin..=end).map(|(_, added)| *added).collect();
        let over = calendar::begins(end.plus(1), &zone);
        let in_force = in_force_before(&newest_first, over, view.now);
        let default = in_force.and_then(|version| version.settings.default);
        let before = added.iter().fold(at_end, |counts, added| counts.minus(*added));
        points.push(Point {
            first: begin,
            last: end,
            counts: if unit.of_now() { vec![at_end] } else { added },
            default,
        });
        (at_end, end) = (before, begin.plus(-1));
    }
    points.reverse();
    Ok(points)
}

/// The first day of each period.
fn periods(first: Day, last: Day, step: Step) -> Vec<Day> {
    let mut begins = Vec::new();
    let mut day = first;
    while day <= last {
        begins.push(day);
        day = step.ends(day).plus(1);
    }
    begins
}
