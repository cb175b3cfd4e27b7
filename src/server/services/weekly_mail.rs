//! Mailing the summary of each week to those who asked for it.

use super::Services;
use super::release::MilestoneKind;
use super::week::{WeekRate, WeekSummary, last_week, week_summary};
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::metric::Period;
use crate::domain::retention::Keep;
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

/// Mails the last week to those who wait for it, from Monday morning on.
pub(super) async fn weekly_mail_step(services: &Services, keep: Keep, workspace: WorkspaceId) -> Result<()> {
    let Some(mailer) = &services.mailer else { return Ok(()) };
    let mut view = services.system.view_for_everybody(workspace).await?;
    let zone = view.workspace.time_zone.clone();
    let week = last_week(calendar::day(view.now, &zone));
    if view.now < calendar::begins(week.last.plus(1), &zone).plus(FROM) {
        return Ok(());
    }
    let waiting = services.system.system_view().await?.waiting_for_week(workspace, week.last).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let summary = week_summary(&mut view, week, u32::try_from(keep.daily_days).unwrap_or(u32::MAX)).await?;
    let address = mailer.address(&format!("/w/{}/week", view.workspace.slug));
    let subject = format!("{}: {}", view.workspace.name, words::week(&days(week)));
    let text = text(&summary, &view.workspace.name, &address);
    drop(view);
    services
        .system
        .transaction(move |tx| {
            let (waiting, subject, text) = (waiting.clone(), subject.clone(), text.clone());
            async move { mail_once(tx, workspace, week, waiting, (subject, text)).await }
        })
        .await
}

async fn mail_once(
    mut tx: SystemTx,
    workspace: WorkspaceId,
    week: Period,
    waiting: Vec<(PersonId, String)>,
    (subject, text): (String, String),
) -> Result<()> {
    let expires = tx.now.plus(LASTS);
    for (person, to) in waiting {
        if tx.note_week_mailed(workspace, person, week.last).await? {
            tx.add_mail(&Mail { to, subject: subject.clone(), text: text.clone() }, expires).await?;
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
        let figures = format!("{} of {}", words::count(now.part), words::count(now.whole));
        format!("{}: {} ({figures}){grew}\n", words::rate(*rate), words::share(now.share()))
    };
    let rates: String = summary.rates.iter().map(rate).collect();
    let happened = [
        ("Apple profiles", summary.profiles),
        ("Without a status", summary.unknown),
        ("First answers", summary.first_answers),
        ("Of these, authorized", summary.first_authorized),
        ("Changed from authorized to denied", summary.withdrawals),
    ]
    .map(|(name, shown)| format!("{name}: {}\n", words::count(shown)))
    .concat();
    let changes = summary.changes.iter().filter_map(|(before, after)| words::settings_change(before, after));
    let milestones = summary.milestones.iter().map(|milestone| {
        let name = match &milestone.kind {
            MilestoneKind::Release(version) => {
                words::release(milestone.app.as_ref().map(|app| app.name.as_str()), version)
            }
            MilestoneKind::Annotation { name, .. } => name.clone(),
        };
        format!("{}: {name}", calendar::date(milestone.day))
    });
    let named: Vec<String> = changes.chain(milestones).map(|line| format!("{line}\n")).collect();
    let named = if named.is_empty() { String::new() } else { format!("\nWhat happened\n{}", named.concat()) };
    format!(
        "{workspace}, {}, in production\n\n{rates}\n{happened}{named}\nFigures are rounded as everybody in the workspace may see them. \
        The page, and the way to end these mails: {address}\n",
        days(summary.week)
    )
}
