//! How units were distributed at the end of each day, week or month.

use crate::domain::att::Status;
use crate::domain::closed_list::closed_list;
use crate::domain::count::{Counts, Slice, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use crate::domain::metric::{Basis, Figures, Period};
use crate::domain::privacy::{InForce, in_force_before};
use crate::domain::rounding::Precision;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
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
    /// As reported: at the end of the last day; of active devices on each day, to be added up as they are shown. Each with the
    /// default in force at the end of its day.
    pub counts: Vec<(Counts, Option<Status>)>,
    /// The default in force at the end of the last day.
    pub default: Option<Status>,
}

impl Point {
    /// Its counts as the reader may see them.
    pub fn figures(&self, basis: Basis, precision: Precision) -> Figures {
        Figures::new(self.counts.iter().copied(), basis, precision)
    }
}

/// A trend, with what it is held against: that of as many days right before, or the same days of another app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub points: Vec<Point>,
    /// As far as its days are kept: its last one is as long before the last point as the period is, or of the same days.
    pub before: Vec<Point>,
    /// The settings in force on any of these days, the newest first.
    pub versions: Vec<InForce>,
}

impl Compared {
    /// All days of its points.
    pub fn period(&self) -> Option<Period> {
        Some(Period { first: self.points.first()?.first, last: self.points.last()?.last })
    }

    /// What stands in the place of a point in the period before.
    pub fn before(&self, at: usize) -> Option<&Point> {
        (at + self.before.len()).checked_sub(self.points.len()).and_then(|at| self.before.get(at))
    }
}

/// Reads the trend.
pub async fn trend(view: &mut View, question: &TrendQuery) -> Result<Vec<Point>> {
    let TrendQuery { first, last, step, .. } = *question;
    let versions = settings_since(view, first).await?;
    points(view, question, periods(first, last, step), &versions).await
}

/// Reads the trend and that before it, of which days from `kept` on are there.
pub async fn compared(view: &mut View, question: &TrendQuery, kept: Day) -> Result<Compared> {
    let TrendQuery { first, last, step, .. } = *question;
    let steps = periods(first, last, step);
    // Each is as long as the one that it stands beside, and as many days before it as the period has.
    let days = Period { first, last }.days();
    let earlier = |step: &Period| Period { first: step.first.plus(-days), last: step.last.plus(-days) };
    let mut asked: Vec<Period> = steps.iter().map(earlier).filter(|step| step.first >= kept).collect();
    let of_before = asked.len();
    asked.extend(steps);
    let versions = settings_since(view, asked.first().map_or(first, |step| step.first)).await?;
    let mut before = points(view, question, asked, &versions).await?;
    let points = before.split_off(of_before);
    Ok(Compared { points, before, versions })
}

/// Reads the trend and that of another app in the same days.
pub async fn beside(view: &mut View, question: &TrendQuery, other: AppId) -> Result<Compared> {
    let steps = || periods(question.first, question.last, question.step);
    let versions = settings_since(view, question.first).await?;
    let asked = TrendQuery { app: Some(other), ..question.clone() };
    let before = points(view, &asked, steps(), &versions).await?;
    let points = points(view, question, steps(), &versions).await?;
    Ok(Compared { points, before, versions })
}

/// The settings in force on a day or since, the newest first.
async fn settings_since(view: &mut View, day: Day) -> Result<Vec<InForce>> {
    let begins = calendar::begins(day, &view.workspace.time_zone);
    view.settings_since(begins).await
}

/// The default in force at the end of a day, by the settings in force since.
fn default_of(view: &View, newest_first: &[InForce], day: Day) -> Option<Status> {
    let over = calendar::begins(day.plus(1), &view.workspace.time_zone);
    in_force_before(newest_first, over, view.now).and_then(|version| version.default)
}

/// Reads periods that follow one another: what is counted now, less what the days since then added.
async fn points(
    view: &mut View,
    question: &TrendQuery,
    periods: Vec<Period>,
    newest_first: &[InForce],
) -> Result<Vec<Point>> {
    let TrendQuery { environment, unit, app, .. } = *question;
    let selection = CounterSelection { environment, unit, app, slice: question.slice.as_ref() };
    let (Some(oldest), Some(newest)) = (periods.first(), periods.last()) else { return Ok(Vec::new()) };
    let days = view.daily(selection, oldest.first).await?;
    let mut at_end = if unit.of_now() {
        let now = view.counts_of(selection).await?;
        days.range(newest.last.plus(1)..).fold(now, |counts, (_, added)| counts.minus(*added))
    } else {
        Counts::default()
    };
    let mut points = Vec::new();
    for Period { first, last } in periods.into_iter().rev() {
        let default = |day: Day| default_of(view, newest_first, day);
        let added = days.range(first..=last);
        let before = added.clone().fold(at_end, |counts, (_, added)| counts.minus(*added));
        let counts = match unit.of_now() {
            true => vec![(at_end, default(last))],
            // Days on which nobody was active are days too: a sum does not say which of them there are.
            false => (0..=last.since(first))
                .map(|offset| first.plus(offset))
                .map(|day| (days.get(&day).copied().unwrap_or_default(), default(day)))
                .collect(),
        };
        points.push(Point { first, last, counts, default: default(last) });
        at_end = before;
    }
    points.reverse();
    Ok(points)
}

/// The days from one to another in steps, of which the first and the last may be cut off.
fn periods(first: Day, last: Day, step: Step) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut day = first;
    while day <= last {
        let end = step.ends(day).min(last);
        periods.push(Period { first: day, last: end });
        day = end.plus(1);
    }
    periods
}
