//! The summary of a week, and the form that has it mailed.

use super::remembered::{redirect_saying, take_message};
use super::{PageQuery, frame};
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::metric::Period;
use crate::domain::permission::Permission;
use crate::domain::retention::Aging;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::caller::InWorkspace;
use crate::server::http::form::Form;
use crate::server::http::moment::{day_words, days_words};
use crate::server::http::render::render;
use crate::server::services::kept_days::{KeptDays, kept_days};
use crate::server::services::week::{WeekRate, WeekSummary, last_week, week_summary};
use crate::server::services::weekly_mail::{begin_weekly_mail, end_weekly_mail};
use crate::ui::frame::{NavPage, address};
use crate::ui::pages::Page;
use crate::ui::pages::week::{WeekPage, WeekRateRow, WeeklyMail};
use crate::ui::parts::rate::Change;
use crate::ui::words::{self, Done};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// The day that a week ends with; without it the page is about the last one that is over.
const ENDS: &str = "ends";

/// `GET week`.
pub async fn show(InWorkspace { visit, state, slug, workspace }: InWorkspace, query: RawQuery) -> Result<Response> {
    let query = PageQuery::known(query, &[ENDS])?;
    let done = take_message(&visit.session, &visit.page).await?;
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let kept = kept_days(&mut view, Aging::Days, state.config.retention.keep_daily_days).await?;
    let last = last_week(kept.today);
    let week = asked_week(&query, last, kept)?;
    let summary = week_summary(&mut view, week, kept).await?;
    let other = |by: i64| format!("/w/{slug}/week?{ENDS}={}", calendar::date(week.last.plus(by)));
    let mail = match (state.services.mails(), view.gets_weekly_mail(visit.person.id).await?) {
        (false, _) => WeeklyMail::None,
        (true, false) => WeeklyMail::Off,
        (true, true) => WeeklyMail::On,
    };
    let may_see_log = view.may(Permission::SeeAudit);
    let page = WeekPage {
        days: days_words(week.first, week.last),
        is_last: week == last,
        earlier: (week.first.plus(-7) >= kept.first).then(|| other(-7)),
        later: (week != last).then(|| other(7)),
        rates: summary.rates.iter().map(rate_row).collect(),
        counts: summary.counts().map(|(name, shown)| (name, words::count(shown))).into(),
        happened: happened(&summary, &slug, may_see_log),
        rounded: view.precision.is_rounded(),
        mail,
        done,
        frame: frame(&mut view, &visit.person, NavPage::Metrics, Environment::Production).await?,
    };
    Ok(render(&state, Page::Week(Box::new(page)), StatusCode::OK))
}

/// `POST week`: begins or ends its mails for whoever sends it.
pub async fn change(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    query: RawQuery,
    mut form: Form,
) -> Result<Response> {
    let query = PageQuery::known(query, &[ENDS])?;
    let view = state.store.view(&visit.actor, workspace, Permission::SeeMetrics).await?;
    let (id, today) = (view.workspace.id, calendar::day(view.now, &view.workspace.time_zone));
    drop(view);
    let done = match form.text("act").as_str() {
        "begin" => {
            begin_weekly_mail(&state.services, id, visit.person.id, today).await?;
            Done::WeeklyMailOn
        }
        "end" => {
            end_weekly_mail(&state.services, id, visit.person.id).await?;
            Done::WeeklyMailOff
        }
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    };
    redirect_saying(&visit.session, done, &format!("/w/{slug}/week{}", query.with(&[]))).await
}

/// The week that is asked for: one that is over and of which everything is kept, or the last one.
fn asked_week(query: &PageQuery, last: Period, kept: KeptDays) -> Result<Period> {
    let asked = query.parsed(ENDS, |text| {
        let ends = calendar::parse(text).filter(|day| calendar::week_ends(*day) == *day)?;
        Some(Period::until(ends, 7)).filter(|week| week.last <= last.last && week.first >= kept.first)
    });
    Ok(asked?.unwrap_or(last))
}

fn rate_row(WeekRate { rate, now, grew }: &WeekRate) -> WeekRateRow {
    let change = |(grew, meaning)| Change { words: words::points(grew), span: "in 7 days".to_owned(), meaning };
    WeekRateRow {
        rate: *rate,
        value: words::share(now.share()),
        interval: words::interval(now.interval()),
        figures: words::part_of_whole(*now),
        change: grew.map(change),
    }
}

/// Changes of the settings, releases and annotations, with where more is said of each.
fn happened(summary: &WeekSummary, slug: &str, may_see_log: bool) -> Vec<(String, String)> {
    let privacy = address(slug, NavPage::Privacy, Environment::Production);
    let log = address(slug, NavPage::Audit, Environment::Production);
    let changes = summary.changes.iter().filter_map(|(before, after)| {
        let words = words::settings_change(before, after)?;
        let at = if may_see_log { format!("{log}/settings/{}", after.version) } else { privacy.clone() };
        Some((words, at))
    });
    let days = [("from", calendar::date(summary.week.first)), ("to", calendar::date(summary.week.last))];
    let days = form_urlencoded::Serializer::new(String::new()).extend_pairs(&days).finish();
    let milestones = summary.milestones.iter().map(|milestone| {
        let named = format!("{}, {}", milestone.name(), day_words(milestone.day));
        (named, format!("/w/{slug}/metrics/releases?{days}"))
    });
    changes.chain(milestones).collect()
}
