//! The summary of a week: what its page shows, and what is mailed of it.

use super::flow::Happened;
use super::kept_days::KeptDays;
use super::release::{Milestone, milestones};
use super::trend::{Compared, Point, Step, TrendQuery, compared};
use crate::domain::att::CountedState;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::metric::{Basis, Figures, Fraction, Meaning, Period, Rate};
use crate::domain::privacy::InForce;
use crate::domain::rounding::{Precision, Shown};
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::View;

/// How many releases and annotations are named, and how many changes of the settings: the newest ones.
const MOST_NAMED: usize = 12;

/// The last week, from Monday to Sunday, that is over on a day.
pub fn last_week(today: Day) -> Period {
    Period::until(calendar::week_ends(today).plus(-7), 7)
}

/// A rate at the end of a week.
#[derive(Clone, Copy, Debug)]
pub struct WeekRate {
    pub rate: Rate,
    pub now: Fraction,
    /// By how much it grew in the week, as a difference of shares, and what that means.
    pub grew: Option<(f64, Meaning)>,
}

/// What there is to say of a week, in production and over all apps, as its reader may see it.
#[derive(Clone, Debug)]
pub struct WeekSummary {
    pub week: Period,
    /// Apple profiles at its end.
    pub profiles: Shown,
    /// Of these, those without a status.
    pub unknown: Shown,
    pub rates: Vec<WeekRate>,
    pub first_answers: Shown,
    /// First answers that authorized.
    pub first_authorized: Shown,
    /// How many devices went from authorized to denied.
    pub withdrawals: Shown,
    /// Changes of the settings: before and after, the newest first.
    pub changes: Vec<(InForce, InForce)>,
    pub milestones: Vec<Milestone>,
}

impl WeekSummary {
    /// What was counted and what happened, by name.
    pub fn counts(&self) -> [(&'static str, Shown); 5] {
        [
            ("Apple profiles at its end", self.profiles),
            ("Of these, without a status", self.unknown),
            ("First answers", self.first_answers),
            ("Of these, authorized", self.first_authorized),
            ("Devices that changed from authorized to denied", self.withdrawals),
        ]
    }
}

/// Reads the summary of a week that is over, of the days that are kept.
pub async fn week_summary(view: &mut View, week: Period, kept: KeptDays) -> Result<WeekSummary> {
    let (environment, precision) = (Environment::Production, view.precision);
    let Period { first, last } = week;
    let question =
        TrendQuery { environment, unit: Unit::Profiles, app: None, slice: None, first, last, step: Step::Week };
    let compared = compared(view, &question, kept.first).await?;
    let now = figures(&compared.points, precision);
    let before = compared.before.last().map(|_| figures(&compared.before, precision));
    let rate = |rate: Rate| {
        let of_now = now.fraction(rate);
        let grew = before.as_ref().and_then(|before| of_now.since(before.fraction(rate), rate));
        WeekRate { rate, now: of_now, grew }
    };
    let happened = Happened::read(view, environment, None, week).await?;
    let apps = view.apps().await?;
    Ok(WeekSummary {
        week,
        profiles: now.apple(),
        unknown: now.of(CountedState::Unknown),
        rates: Rate::ALL.map(rate).into(),
        first_answers: happened.sum(|day| day.sums.first_answers),
        first_authorized: happened.sum(|day| day.sums.first_authorized),
        withdrawals: happened.sum(|day| day.withdrawals()),
        changes: changes(view, &compared, week),
        milestones: milestones(view, &apps, environment, None, week, MOST_NAMED).await?,
    })
}

/// What is counted at the end of the last of these.
fn figures(points: &[Point], precision: Precision) -> Figures {
    let none = Figures::new([], Basis::Explicit, precision);
    points.last().map_or(none, |point| point.figures(Basis::Explicit, precision))
}

fn changes(view: &View, compared: &Compared, week: Period) -> Vec<(InForce, InForce)> {
    let is_within = |settings: &InForce| {
        let day = calendar::day(settings.changed_at, &view.workspace.time_zone);
        (week.first..=week.last).contains(&day)
    };
    // They come with the newest first, each after the one that it changed.
    let pairs = compared.versions.windows(2).filter_map(|pair| {
        let [after, before] = pair else { return None };
        is_within(after).then_some((*before, *after))
    });
    pairs.take(MOST_NAMED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_over_on_monday() {
        // 22 November 2026 is a Sunday.
        let sunday = Day(20_779);
        assert_eq!(last_week(sunday), Period { first: Day(20_766), last: Day(20_772) });
        assert_eq!(last_week(sunday.plus(1)), Period { first: Day(20_773), last: sunday });
        assert_eq!(last_week(sunday.plus(7)), Period { first: Day(20_773), last: sunday });
    }
}
