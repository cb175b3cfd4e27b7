//! Telling people of what nobody did: API tokens that end, and secrets of inputs that are old.

use super::Services;
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::notice::{NoticeKind, NoticeState, SECRET_OLD, TOKEN_EXPIRES};
use crate::domain::permission::Permission;
use crate::server::calendar::{UTC, date, day};
use crate::server::error::Result;
use crate::server::store::notice::{NewNotice, Notice, NoticedKey};
use crate::server::store::{SystemTx, Trail};
use crate::ui::words;

/// What a notice says, as a title and a sentence or two.
pub fn words_of(notice: &Notice) -> (&'static str, String) {
    let when = notice.state.at.map(|at| date(day(at, UTC))).unwrap_or_default();
    words::notice(notice.kind, &notice.state, &when)
}

/// Tells a workspace's Compliance Admins and Admins, and whoever made a token, each once of the same.
pub(super) async fn tell_of_keys(services: &Services, workspace: WorkspaceId) -> Result<()> {
    services.system.transaction(move |tx| tell_once(tx, workspace)).await
}

async fn tell_once(mut tx: SystemTx, workspace: WorkspaceId) -> Result<()> {
    let now = tx.now;
    let near = TOKEN_EXPIRES.into_iter().max().unwrap_or_default();
    let keys = tx.keys_to_tell_of(workspace, (now, now.plus(near)), now.minus(SECRET_OLD)).await?;
    if keys.is_empty() {
        return Ok(());
    }
    let members = tx.enabled_members(workspace).await?;
    let people = tx.people_who_may(workspace, Permission::ManageTokens).await?;
    for key in keys {
        let stage = TOKEN_EXPIRES.into_iter().filter(|before| key.at.minus(*before) <= now).min().unwrap_or(near);
        let (kind, of) =
            if key.is_token { (NoticeKind::TokenExpires, stage) } else { (NoticeKind::SecretOld, key.at.0) };
        if key.told_of == Some(of) {
            continue;
        }
        tx.note_told(&key, of).await?;
        let NoticedKey { name, at, maker, workspace, .. } = key;
        let state =
            NoticeState { workspace: Some(workspace), thing: Some(name), at: Some(at), ..NoticeState::default() };
        // Whoever was removed is told nothing of here any more.
        let maker =
            maker.filter(|maker| !people.contains(maker) && members.iter().any(|member| member.person_id == *maker));
        for person in people.iter().copied().chain(maker) {
            tx.notify(&NewNotice::new(person, kind, state.clone())).await?;
        }
    }
    tx.commit(Trail::Unaudited("notices of tokens that end and secrets that are old")).await
}

/// Tells all operators that somebody knocks at doors that are closed to them.
pub async fn tell_operators(services: &Services, kind: NoticeKind, about: String, state: NoticeState) -> Result<()> {
    services
        .system
        .transaction(move |tx| {
            let (about, state) = (about.clone(), state.clone());
            async move { tell_operators_once(tx, kind, about, state).await }
        })
        .await
}

async fn tell_operators_once(mut tx: SystemTx, kind: NoticeKind, about: String, state: NoticeState) -> Result<()> {
    let operators: Vec<PersonId> = tx.locked_operators().await?;
    for person in operators {
        tx.notify(&NewNotice { person, kind, about: about.clone(), state: state.clone() }).await?;
    }
    tx.commit(Trail::Unaudited("notices of refusals")).await
}
