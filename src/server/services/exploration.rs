//! Explorations: counting the devices themselves for a question that no counter answers, while somebody waits for it.

use super::Services;
use crate::domain::exploration::ExploredQuestion;
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::job::JobStep;
use crate::domain::time::{Millis, SECOND};
use crate::server::error::Result;
use crate::server::store::exploration::Exploration;
use crate::server::store::{SystemTx, Trail};

/// That somebody waits is noted again after so many milliseconds.
const NOTED_AGAIN: i64 = 5 * SECOND;

/// Asks a question for a person, of whom it is known that they may look up single devices. `expected` is how many devices there
/// are. It is nobody's decision, so that the log says nothing of it.
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
    tx.hold_member(workspace, person).await?;
    tx.ask(workspace, person, &question, expected).await?;
    tx.commit(Trail::Unaudited("a question to all devices")).await
}

/// Notes that somebody waits now for an answer that is not there yet.
pub async fn wait(services: &Services, workspace: WorkspaceId, exploration: &Exploration, now: Millis) -> Result<()> {
    let id = exploration.id;
    let is_noted = now.0 - exploration.looked_at.0 < NOTED_AGAIN;
    if exploration.ended_at.is_some() || is_noted {
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
    let page = view.alike_devices_after(workspace, exploration.question.environment, from).await?;
    drop(view);
    exploration.begun_at = exploration.begun_at.or(Some(now));
    exploration.seen += page.devices;
    for alike in &page.groups {
        exploration.explored.add(&exploration.question, alike);
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
