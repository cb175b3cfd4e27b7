//! Mailing the summary of each week to those who asked for it.

use super::Services;
use super::kept_days::kept_days;
use super::release::Milestone;
use super::week::{WeekRate, WeekSummary, last_week, week_summary};
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::job::JobStep;
use crate::domain::metric::Period;
use crate::domain::retention::{Aging, Keep};
use crate::domain::text::in_line;
use crate::domain::time::{DAY, Day, HOUR};
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::mail::Mail;
use crate::server::store::{SystemTx, Trail};
use crate::ui::words;

/// From when on Monday on, in milliseconds from midnight in the workspace's zone.
const FROM: i64 = 7 * HOUR;
/// A summary that could not be mailed for so long is of no use, in milliseconds.
const LASTS: i64 = 2 * DAY;

/// Has a member get the summaries of the weeks to come.
pub async fn begin_weekly_mail(
    services: &Services,
    workspace: WorkspaceId,
    person: PersonId,
    today: Day,
) -> Result<()> {
    let until = last_week(today).last;
    services.system.transaction(move |tx| begin_once(tx, workspace, person, until)).await
}

async fn begin_once(mut tx: SystemTx, workspace: WorkspaceId, person: PersonId, until: Day) -> Result<()> {
    tx.hold_member(workspace, person).await?;
    tx.begin_weekly_mail(workspace, person, until).await?;
    tx.commit(Trail::Unaudited("who gets weekly summaries")).await
}

/// Has a member get none any more.
pub async fn end_weekly_mail(services: &Services, workspace: WorkspaceId, person: PersonId) -> Result<()> {
    services.system.transaction(move |tx| end_once(tx, workspace, person)).await
}

async fn end_once(mut tx: SystemTx, workspace: WorkspaceId, person: PersonId) -> Result<()> {
    tx.end_weekly_mail(workspace, person).await?;
    tx.commit(Trail::Unaudited("who gets weekly summaries")).await
}

/// Mails the last week to a part of those who wait for it, from Monday morning on.
pub(super) async fn weekly_mail_step(services: &Services, keep: Keep, workspace: WorkspaceId) -> Result<JobStep> {
    let Some(mailer) = &services.mailer else { return Ok(JobStep::Done(None)) };
    let mut view = services.system.view_for_everybody(workspace).await?;
    let zone = view.workspace.time_zone.clone();
    let week = last_week(calendar::day(view.now, &zone));
    if view.now < calendar::begins(week.last.plus(1), &zone).plus(FROM) {
        return Ok(JobStep::Done(None));
    }
    let waiting = view.waiting_for_week(week.last).await?;
    if waiting.is_empty() {
        return Ok(JobStep::Done(None));
    }
    let kept = kept_days(&mut view, Aging::Days, keep.daily_days).await?;
    let summary = week_summary(&mut view, week, kept).await?;
    let address = mailer.address(&format!("/w/{}/week?ends={}", view.workspace.slug, calendar::date(week.last)));
    let subject = format!("{}: {}", view.workspace.name, words::week(&days(week)));
    let text = text(&summary, &view.workspace.name, &address);
    drop(view);
    let mails =
        waiting.into_iter().map(|(person, to)| (person, Mail { to, subject: subject.clone(), text: text.clone() }));
    let mails: Vec<(PersonId, Mail)> = mails.collect();
    services.system.transaction(move |tx| mail_once(tx, workspace, week, mails.clone())).await?;
    Ok(JobStep::More)
}

async fn mail_once(mut tx: SystemTx, workspace: WorkspaceId, week: Period, mails: Vec<(PersonId, Mail)>) -> Result<()> {
    let expires = tx.now.plus(LASTS);
    for (person, mail) in mails {
        if tx.note_week_mailed(workspace, person, week.last).await? {
            tx.add_mail(&mail, expires).await?;
        }
    }
    tx.commit(Trail::Unaudited("summaries of a week")).await
}

fn days(week: Period) -> String {
    format!("{} to {}", calendar::date(week.first), calendar::date(week.last))
}

/// The summary as plain text.
fn text(summary: &WeekSummary, workspace: &str, address: &str) -> String {
    let rate = |WeekRate { rate, now, grew }: &WeekRate| {
        let grew = words::grew_in_week(*grew).map(|grew| format!("  {grew}")).unwrap_or_default();
        format!("{}: {} ({}){grew}\n", words::rate(*rate), words::share(now.share()), words::part_of_whole(*now))
    };
    let rates: String = summary.rates.iter().map(rate).collect();
    let counts = summary.counts().map(|(name, shown)| format!("{name}: {}\n", words::count(shown))).concat();
    let changes = summary.changes.iter().filter_map(|(before, after)| words::settings_change(before, after));
    // Versions and names of apps are as somebody's app sent them.
    let milestone =
        |milestone: &Milestone| format!("{}: {}", calendar::date(milestone.day), in_line(&milestone.name()));
    let milestones = summary.milestones.iter().map(milestone);
    let named: Vec<String> = changes.chain(milestones).map(|line| format!("{line}\n")).collect();
    let named = if named.is_empty() { String::new() } else { format!("\nWhat happened\n{}", named.concat()) };
    format!(
        "{workspace}, {}, in production\n\n{rates}\n{counts}{named}\nFigures are rounded as everybody in the workspace may see them. \
        The page, and the way to end these mails: {address}\n",
        days(summary.week)
    )
}
