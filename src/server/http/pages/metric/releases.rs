//! Releases, and what is noted on days.

use super::asked::Asked;
use super::bar::MOST_OFFERED;
use crate::domain::metric::{Fraction, Meaning, Rate};
use crate::domain::permission::Permission;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::moment::day_words;
use crate::server::services::annotation::TypedAnnotation;
use crate::server::services::release::{COHORT_DAYS, Cohort, Milestone, What, cohorts, milestones};
use crate::server::store::View;
use crate::ui::pages::metric::releases::{AnnotationForm, CohortCell, MilestoneRow, Releases};
use crate::ui::parts::field::Faults;
use crate::ui::parts::rate::change_class;
use crate::ui::words::{self, Done};

/// How many milestones a page has: each reads four weeks.
const MOST_SHOWN: usize = 20;
/// And a file.
const MOST_EXPORTED: usize = 100;

/// What the page says beside its figures.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub done: Option<Done>,
    /// What was typed, and what is wrong with it.
    pub typed: TypedAnnotation,
    pub faults: Faults,
}

/// A milestone, and the devices that were first seen before and after it where their days are kept.
pub type Told = (Milestone, Option<(Cohort, Cohort)>);

pub async fn model(view: &mut View, asked: &Asked, keep_days: u32, said: Said) -> Result<Releases> {
    let mut all = milestones(view, asked.app_id(), asked.period.period, MOST_SHOWN + 1).await?;
    let note = (all.len() > MOST_SHOWN).then(|| {
        format!("The newest {MOST_SHOWN}. Choose other days, or an app, for the others; files have {MOST_EXPORTED}.")
    });
    all.truncate(MOST_SHOWN);
    let may_note = view.may(Permission::ManageInputs);
    let mut rows = Vec::new();
    for milestone in all {
        let both = compared(view, asked, &milestone, keep_days).await?;
        rows.push(row((milestone, both), may_note));
    }
    let apps = asked.apps.iter().take(MOST_OFFERED).map(|app| (app.id.to_string(), app.name.clone()));
    let Said { done, typed, faults } = said;
    let day = if typed.day.is_empty() && faults.0.is_empty() { calendar::date(asked.kept.today) } else { typed.day };
    let form = AnnotationForm { name: typed.name, day, apps: apps.collect(), app: typed.app, faults };
    Ok(Releases { rows, cohort_days: COHORT_DAYS, note, form: may_note.then_some(form), done })
}

/// The milestones that a file has, each with what came before and after it.
pub async fn told(view: &mut View, asked: &Asked, keep_days: u32) -> Result<Vec<Told>> {
    let mut told = Vec::new();
    for milestone in milestones(view, asked.app_id(), asked.period.period, MOST_EXPORTED).await? {
        let both = compared(view, asked, &milestone, keep_days).await?;
        told.push((milestone, both));
    }
    Ok(told)
}

/// Within the app that it is about, or that was asked for.
async fn compared(
    view: &mut View,
    asked: &Asked,
    milestone: &Milestone,
    keep_days: u32,
) -> Result<Option<(Cohort, Cohort)>> {
    let app = milestone.app.as_ref().map(|app| app.id).or(asked.app_id());
    cohorts(view, asked.environment, app, milestone.day, keep_days).await
}

fn row((milestone, both): Told, may_note: bool) -> MilestoneRow {
    let Milestone { day, app, what } = milestone;
    let app = app.map(|app| app.name);
    let (name, about, removable) = match what {
        What::Release(version) => (words::release(app.as_deref(), &version), String::new(), None),
        What::Annotation { id, name, made_by } => {
            let about = format!(", {} · noted by {made_by}", app.as_deref().unwrap_or("all apps"));
            (name, about, may_note.then(|| id.to_string()))
        }
    };
    let unknown = || CohortCell { rate: words::NO_SHARE.to_owned(), ..CohortCell::default() };
    let (before, after) = both.map_or((unknown(), unknown()), |(before, after)| (cell(before), cell(after)));
    let grew = both.and_then(|(before, after)| after.consent.since(before.consent, Rate::Consent));
    MilestoneRow {
        day: day_words(day),
        name,
        about,
        before,
        after,
        change: grew.map(|(grew, _)| words::points(grew)).unwrap_or_default(),
        class: change_class(grew.map_or(Meaning::Unknown, |(_, meaning)| meaning)),
        meaning: match both {
            None => "The days before it are not kept.".to_owned(),
            Some((before, after)) => words::grown(after.consent.grown_since(before.consent)),
        },
        removable,
    }
}

fn cell(Cohort { days, consent }: Cohort) -> CohortCell {
    let Fraction { part, whole, .. } = consent;
    let so_far = Some(days.days()).filter(|days| *days < COHORT_DAYS);
    CohortCell {
        rate: words::share(consent.share()),
        figures: format!("{} of {}", words::count(part), words::count(whole)),
        so_far: so_far.map(|days| format!("{days} of {COHORT_DAYS} days so far")),
    }
}
