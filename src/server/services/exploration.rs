//! Explorations: counting the devices themselves for a question that no counter answers, while somebody waits for it.

use super::Services;
use crate::domain::count::Dimension;
use crate::domain::error::Refusal;
use crate::domain::exploration::ExploredQuestion;
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::job::JobStep;
use crate::domain::permission::{Permission, may};
use crate::domain::time::{Millis, SECOND};
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::exploration::Exploration;
use crate::server::store::{SystemTx, Trail};
use std::collections::BTreeSet;

/// How many devices are counted in one step.
const STEP: i64 = 20_000;

/// That somebody waits is noted again after so many milliseconds.
const NOTED_AGAIN: i64 = 5 * SECOND;

/// Asks a question for a person who may look up single devices. `expected` is how many devices there
/// are. It decides nothing and shows counts only, so that the log says nothing of it.
///
/// # Errors
/// [`Refusal::Forbidden`] for somebody who may not, [`Refusal::NotFound`] for somebody who is no member.
pub async fn explore(
    services: &Services,
    workspace: WorkspaceId,
    person: PersonId,
    question: ExploredQuestion,
    expected: i64,
) -> Result<()> {
    let body = move |tx| explore_once(tx, workspace, person, question.clone(), expected);
    services.system.transaction(body).await
}

async fn explore_once(
    mut tx: SystemTx,
    workspace: WorkspaceId,
    person: PersonId,
    question: ExploredQuestion,
    expected: i64,
) -> Result<()> {
    if !may(tx.hold_member(workspace, person).await?, Permission::LookUpProfiles) {
        return Err(Refusal::Forbidden.into());
    }
    tx.ask(workspace, person, &question, expected).await?;
    tx.commit(Trail::Unaudited("a question to all devices")).await
}

/// Notes that somebody waits now for an answer that is not there yet.
pub async fn note_waiting(services: &Services, workspace: WorkspaceId, open: &Exploration, now: Millis) -> Result<()> {
    let id = open.id;
    if now.0 - open.looked_at.0 < NOTED_AGAIN {
        return Ok(());
    }
    let body = move |mut tx: SystemTx| async move {
        tx.note_waiting(workspace, id).await?;
        tx.commit(Trail::Unaudited("somebody waits for an answer")).await
    };
    services.system.transaction(body).await
}

/// Gives up what a person asked and is not answered.
pub async fn give_up(services: &Services, workspace: WorkspaceId, person: PersonId) -> Result<()> {
    let body = move |mut tx: SystemTx| async move {
        tx.give_up(workspace, person).await?;
        tx.commit(Trail::Unaudited("a question that nobody waits for")).await
    };
    services.system.transaction(body).await
}

/// Counts the next devices for the question whose turn it is.
pub(super) async fn explore_step(services: &Services, workspace: WorkspaceId) -> Result<JobStep> {
    let system = &services.system;
    let mut view = system.system_view().await?;
    let Some(mut exploration) = view.next_exploration(workspace).await? else {
        return Ok(JobStep::Done(None));
    };
    let (now, from) = (view.now, exploration.cursor);
    let page = view.alike_devices_after(workspace, exploration.question.environment, from, STEP).await?;
    drop(view);
    let admitted = admitted(services, workspace, &exploration.question).await?;
    exploration.begun_at = exploration.begun_at.or(Some(now));
    exploration.seen += page.devices;
    for alike in &page.groups {
        exploration.explored.add(&exploration.question, alike, admitted.as_ref());
    }
    match page.last {
        Some(last) => exploration.cursor = last,
        None => exploration.ended_at = Some(now),
    }
    let body = move |mut tx: SystemTx| {
        let exploration = exploration.clone();
        async move {
            tx.keep_explored(workspace, from, &exploration).await?;
            tx.commit(Trail::Unaudited("how far an answer is")).await
        }
    };
    system.transaction(body).await?;
    Ok(JobStep::More)
}

/// The values that have a counter of their own, of what the question groups by: others are counted together, as by the counters.
/// `None` for apps and platforms, of which there are only so many.
async fn admitted(
    services: &Services,
    workspace: WorkspaceId,
    question: &ExploredQuestion,
) -> Result<Option<BTreeSet<String>>> {
    let Some(dimension) = question.by.dimension().filter(|dimension| *dimension != Dimension::Platform) else {
        return Ok(None);
    };
    let mut view = services.system.view_for_everybody(workspace).await?;
    let today = calendar::day(view.now, &view.workspace.time_zone);
    Ok(Some(view.admitted_values(question.app, dimension, today).await?))
}
