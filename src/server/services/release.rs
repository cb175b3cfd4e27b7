//! Releases: which versions of apps came out when, and what changed with them.

use super::Services;
use super::flow::{FlowSums, Happened};
use super::kept_days::KeptDays;
use crate::domain::app::App;
use crate::domain::environment::Environment;
use crate::domain::id::{AnnotationId, AppId, WorkspaceId};
use crate::domain::job::JobStep;
use crate::domain::metric::{Fraction, Period};
use crate::domain::release::{Release, first_day_out};
use crate::domain::retention::Keep;
use crate::domain::time::Day;
use crate::server::error::Result;
use crate::server::store::job::ClaimedJob;
use crate::server::store::{SystemTx, Trail, View};
use crate::ui::words;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How far the job is: all days before `since` were looked at in every app, those from it to before `until` in the apps up to `app`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    since: Day,
    until: Day,
    app: AppId,
}

impl Place {
    fn read(cursor: &str) -> Option<Self> {
        let mut words = cursor.split(' ').map(str::parse);
        let mut next = || words.next()?.ok();
        Some(Self { since: Day(next()?), until: Day(next()?), app: AppId(next()?) })
    }

    fn cursor(self) -> String {
        format!("{} {} {}", self.since.0, self.until.0, self.app.0)
    }
}

/// Looks through the days that are over in the next app.
pub(super) async fn release_step(services: &Services, keep: Keep, job: &mut ClaimedJob) -> Result<JobStep> {
    let (system, workspace) = (&services.system, job.workspace_id);
    let mut view = system.system_view().await?;
    let today = view.today(workspace).await?;
    let place = match Place::read(&job.cursor) {
        // A day that was over by a clock that ran ahead is looked at again.
        Some(Place { since, app: AppId(0), .. }) => Place { since: since.min(today), until: today, app: AppId(0) },
        Some(place) => place,
        None => Place { since: today.plus(-keep.daily_days), until: today, app: AppId(0) },
    };
    let next = if place.since < place.until { view.app_after(workspace, place.app).await? } else { None };
    let Some(app) = next else {
        drop(view);
        job.cursor = Place { since: place.until, app: AppId(0), ..place }.cursor();
        system.renew_job(job).await?;
        return Ok(JobStep::Done(None));
    };
    let period = Period { first: place.since, last: place.until.plus(-1) };
    let (versions, in_app) = view.active_with_new_versions(workspace, app, period).await?;
    drop(view);
    let out = versions.into_iter().filter_map(|(version, days)| {
        let day = first_day_out(&days, &in_app)?;
        Some(Release { app, version, day })
    });
    let out: Vec<Release> = out.collect();
    if !out.is_empty() {
        system.transaction(move |tx| keep_once(tx, workspace, out.clone())).await?;
    }
    job.cursor = Place { app, ..place }.cursor();
    Ok(JobStep::More)
}

async fn keep_once(mut tx: SystemTx, workspace: WorkspaceId, out: Vec<Release>) -> Result<()> {
    tx.add_releases(workspace, &out).await?;
    tx.commit(Trail::Unaudited("versions that came out")).await
}

/// Something that a team marks in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    pub day: Day,
    /// `None` for one that is about all apps.
    pub app: Option<App>,
    pub kind: MilestoneKind,
}

/// What a milestone is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MilestoneKind {
    /// This version came out.
    Release(String),
    Annotation {
        id: AnnotationId,
        name: String,
        made_by: String,
    },
}

impl Milestone {
    /// The version, with its app's name where that is said, or what was noted.
    pub fn name(&self) -> String {
        match &self.kind {
            MilestoneKind::Release(version) => words::release(self.app.as_ref().map(|app| app.name.as_str()), version),
            MilestoneKind::Annotation { name, .. } => name.clone(),
        }
    }
}

/// The milestones of a period, in all of the workspace's `apps` or in one: the newest first, at most so many. Versions come out in
/// production.
pub async fn milestones(
    view: &mut View,
    apps: &[App],
    environment: Environment,
    app: Option<AppId>,
    period: Period,
    most: usize,
) -> Result<Vec<Milestone>> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let of = |id: AppId| apps.iter().find(|app| app.id == id).cloned();
    let releases = match environment {
        Environment::Production => view.releases(app, period, limit).await?,
        Environment::Development => Vec::new(),
    };
    let annotations = view.annotations(app, period, limit).await?;
    let releases = releases.into_iter().map(|Release { app, version, day }| Milestone {
        day,
        app: of(app),
        kind: MilestoneKind::Release(version),
    });
    let annotations = annotations.into_iter().map(|noted| Milestone {
        day: noted.day,
        app: noted.app.and_then(of),
        kind: MilestoneKind::Annotation { id: noted.id, name: noted.name, made_by: noted.made_by },
    });
    let mut all: Vec<Milestone> = annotations.chain(releases).collect();
    all.sort_by_key(|milestone| Reverse(milestone.day));
    all.truncate(most);
    Ok(all)
}

/// How many days before and after a milestone are held against each other.
pub const COHORT_DAYS: i64 = 14;

/// The devices that were first seen in some days.
#[derive(Clone, Copy, Debug)]
pub struct Cohort {
    pub days: Period,
    /// Of their users' first answers, whenever they were given, those that authorized. Who changes their mind later is not counted
    /// anew, unlike in the consent rate.
    pub first_answer_consent: Fraction,
}

/// A milestone with the devices that were first seen in the two weeks before it, and in those from it on as far as they have come;
/// without them where days before it are not kept.
pub struct ComparedMilestone {
    pub milestone: Milestone,
    pub cohorts: Option<(Cohort, Cohort)>,
}

/// Reads the cohorts of each milestone: within the app that it is about, or in `app`. `kept` are the days of which there are flows.
pub async fn compared_milestones(
    view: &mut View,
    environment: Environment,
    app: Option<AppId>,
    milestones: Vec<Milestone>,
    kept: KeptDays,
) -> Result<Vec<ComparedMilestone>> {
    let first = view.install_answers_from().await?.map_or(kept.first, |whole| kept.first.max(whole));
    let is_kept = |day: Day| day.plus(-COHORT_DAYS) >= first;
    let within = |milestone: &Milestone| milestone.app.as_ref().map(|app| app.id).or(app);
    // One read for all of an app.
    let mut asked: BTreeMap<Option<AppId>, Period> = BTreeMap::new();
    for milestone in milestones.iter().filter(|milestone| is_kept(milestone.day)) {
        let days = days_around(milestone.day, kept.today);
        let all = asked.entry(within(milestone)).or_insert(days);
        *all = Period { first: all.first.min(days.first), last: all.last.max(days.last) };
    }
    let mut happened = BTreeMap::new();
    for (app, days) in asked {
        happened.insert(app, Happened::read_install_answers(view, environment, app, days).await?);
    }
    let is_rounded = view.precision.is_rounded();
    let compared = |milestone: Milestone| {
        let happened = happened.get(&within(&milestone)).filter(|_| is_kept(milestone.day));
        let cohorts = happened.map(|happened| cohorts_around(happened, milestone.day, kept.today, is_rounded));
        ComparedMilestone { milestone, cohorts }
    };
    Ok(milestones.into_iter().map(compared).collect())
}

/// The days of both cohorts.
fn days_around(day: Day, today: Day) -> Period {
    Period { first: day.plus(-COHORT_DAYS), last: day.plus(COHORT_DAYS - 1).min(today) }
}

fn cohorts_around(happened: &Happened, day: Day, today: Day, is_rounded: bool) -> (Cohort, Cohort) {
    let Period { first, last } = days_around(day, today);
    let (before, after) = (Period { first, last: day.plus(-1) }, Period { first: day, last });
    let cohort = |days: Period| {
        let sum = |of: fn(&FlowSums) -> i64| happened.sum_within(days, |day| of(&day.sums));
        let (part, whole) = (sum(|sums| sums.installs_authorized), sum(|sums| sums.installs_answered));
        // Each device was first seen once. But of rounded days nothing follows: what rounding makes of each adds up, and may turn
        // a change around however large the sum is.
        Cohort { days, first_answer_consent: Fraction { part, whole, is_of_one_moment: !is_rounded } }
    };
    (cohort(before), cohort(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_again() {
        let place = Place { since: Day(20_000), until: Day(20_003), app: AppId(7) };
        assert_eq!(Place::read(&place.cursor()), Some(place));
        assert_eq!((Place::read(""), Place::read("1 2")), (None, None));
    }
}
