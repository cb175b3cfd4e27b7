//! Releases, and what is noted on days.

use super::super::rate::anchor;
use super::asked::Asked;
use super::bar::MOST_OFFERED;
use crate::domain::metric::{Fraction, Meaning, Rate};
use crate::domain::permission::Permission;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::moment::day_words;
use crate::server::services::annotation::TypedAnnotation;
use crate::server::services::release::{
    COHORT_DAYS, Cohort, ComparedMilestone, Milestone, MilestoneKind, compared_milestones, milestones,
};
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

/// What a page shows of them. `address` is the page's, with everything that was chosen in it.
pub async fn model(view: &mut View, asked: &Asked, said: Said, address: String) -> Result<Releases> {
    let (app, period) = (asked.app_id(), asked.period.period);
    let mut all = milestones(view, &asked.apps, asked.environment, app, period, MOST_SHOWN + 1).await?;
    let note = (all.len() > MOST_SHOWN).then(|| {
        format!("The newest {MOST_SHOWN}. Choose other days, or an app, for the others; files have {MOST_EXPORTED}.")
    });
    all.truncate(MOST_SHOWN);
    let may_note = view.may(Permission::ManageInputs);
    let compared = compared_milestones(view, asked.environment, app, all, asked.kept).await?;
    let Said { done, typed, faults } = said;
    let offered =
        asked.apps.iter().enumerate().filter(|(at, app)| *at < MOST_OFFERED || app.id.to_string() == typed.app);
    let apps = offered.map(|(_, app)| (app.id.to_string(), app.name.clone())).collect();
    let day = if typed.day.is_empty() && faults.0.is_empty() { calendar::date(asked.kept.today) } else { typed.day };
    let form = AnnotationForm { name: typed.name, day, apps, app: typed.app, faults };
    Ok(Releases {
        rows: compared.into_iter().map(|compared| row(compared, may_note)).collect(),
        cohort_days: COHORT_DAYS,
        has_changes: !view.precision.is_rounded(),
        note,
        form: may_note.then_some(form),
        address,
        done,
    })
}

/// The milestones that a file has: the newest ones.
pub async fn exported(view: &mut View, asked: &Asked) -> Result<Vec<ComparedMilestone>> {
    let app = asked.app_id();
    let all = milestones(view, &asked.apps, asked.environment, app, asked.period.period, MOST_EXPORTED).await?;
    compared_milestones(view, asked.environment, app, all, asked.kept).await
}

fn row(ComparedMilestone { milestone, cohorts }: ComparedMilestone, may_note: bool) -> MilestoneRow {
    let (name, anchor) = (milestone.name(), anchor(&milestone));
    let Milestone { day, app, kind } = milestone;
    let (about, removable) = match kind {
        MilestoneKind::Release(_) => (String::new(), None),
        MilestoneKind::Annotation { id, made_by, .. } => {
            let about = app.as_ref().map_or("all apps", |app| app.name.as_str());
            (format!(", {about} · noted by {made_by}"), may_note.then(|| id.to_string()))
        }
    };
    let unknown = || CohortCell { rate: words::NO_SHARE.to_owned(), ..CohortCell::default() };
    let (before, after) = cohorts.map_or((unknown(), unknown()), |(before, after)| (cell(before), cell(after)));
    let grew = cohorts
        .and_then(|(before, after)| after.first_answer_consent.since(before.first_answer_consent, Rate::Consent))
        .filter(|(_, meaning)| *meaning != Meaning::Unknown);
    MilestoneRow {
        day: day_words(day),
        anchor,
        name,
        about,
        before,
        after,
        change: grew.map(|(grew, _)| words::points(grew)).unwrap_or_default(),
        class: change_class(grew.map_or(Meaning::Unknown, |(_, meaning)| meaning)),
        meaning: match cohorts {
            None => "The days before it are not kept, or were not counted like this yet.".to_owned(),
            Some((before, after)) => words::grown(after.first_answer_consent.grown_since(before.first_answer_consent)),
        },
        removable,
    }
}

fn cell(Cohort { days, first_answer_consent }: Cohort) -> CohortCell {
    let Fraction { part, whole, .. } = first_answer_consent;
    let so_far = Some(days.days()).filter(|days| *days < COHORT_DAYS);
    // Of days of fewer than ten, rounded figures say less than nothing: a part may look larger than its whole.
    let is_told = first_answer_consent.share().is_some() || !(part.is_incomplete() || whole.is_incomplete());
    let figures = || format!("{} of {}", words::short_count(part), words::short_count(whole));
    CohortCell {
        rate: words::share(first_answer_consent.share()),
        figures: if is_told { figures() } else { "fewer than 10 on some days".to_owned() },
        so_far: so_far.map(|days| format!("{days} of {COHORT_DAYS} days so far")),
    }
}
