//! Saved views: names for pages of metrics, one's own or everybody's.

use super::Services;
use crate::domain::audit::AuditAction;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::{PersonId, SavedViewId, WorkspaceId};
use crate::domain::permission::Permission;
use crate::domain::saved_view::{LONGEST_QUERY, MOST_SAVED, SavedView};
use crate::domain::text::Name;
use crate::server::error::{Error, Result};
use crate::server::store::{Act, Actor, Change, Done, Store, SystemTx, Trail, WorkspaceRef};
use serde::Serialize;

/// A saved view as the audit rows hold it.
#[derive(Clone, Debug, Serialize)]
pub struct SavedViewSnapshot {
    pub name: String,
    pub view: String,
    pub query: String,
}

impl From<&SavedView> for SavedViewSnapshot {
    fn from(SavedView { name, view, query, .. }: &SavedView) -> Self {
        Self { name: name.clone(), view: view.clone(), query: query.clone() }
    }
}

/// Saves a view for everybody.
pub struct SaveSharedView;

impl Act for SaveSharedView {
    type Snapshot = SavedViewSnapshot;
    const PERMISSION: Permission = Permission::ManageInputs;
    const AUDIT: AuditAction = AuditAction::ViewSaved;
}

/// Takes one of everybody's away.
pub struct RemoveSharedView;

impl Act for RemoveSharedView {
    type Snapshot = SavedViewSnapshot;
    const PERMISSION: Permission = Permission::ManageInputs;
    const AUDIT: AuditAction = AuditAction::ViewRemoved;
}

/// What is to be saved.
#[derive(Clone, Debug)]
pub struct NewSavedView {
    pub name: String,
    /// As it is called in addresses.
    pub view: &'static str,
    /// The query of its address, without a question mark.
    pub query: String,
}

/// Saves a view for a person, of whom it is known that they may see the workspace's metrics. It is theirs alone, so that the log says nothing
/// of it.
///
/// # Errors
/// [`Refusal::Invalid`] at `name`.
pub async fn save_own_view(
    services: &Services,
    workspace: WorkspaceId,
    person: PersonId,
    new: &NewSavedView,
) -> Result<()> {
    let view = read(services.store(), new, false)?;
    services.system.transaction(move |tx| save_own_once(tx, workspace, person, view.clone())).await
}

async fn save_own_once(mut tx: SystemTx, workspace: WorkspaceId, person: PersonId, view: SavedView) -> Result<()> {
    tx.hold_member(workspace, person).await?;
    assert_fits(&tx.own_views(workspace, person).await?, &view)?;
    tx.add_own_view(workspace, person, &view).await?;
    tx.commit(Trail::Unaudited("a person's own view")).await
}

/// Saves a view for everybody in the workspace.
///
/// # Errors
/// [`Refusal::Invalid`] at `name`.
pub async fn save_shared_view(store: &Store, actor: &Actor, workspace: WorkspaceRef, new: &NewSavedView) -> Result<()> {
    let view = read(store, new, true)?;
    store.change(actor, workspace, move |change| save_shared_once(change, view.clone())).await
}

async fn save_shared_once(mut change: Change<SaveSharedView>, view: SavedView) -> Result<Done<()>> {
    // Whoever else saves one waits for the end of the chain.
    change.last_audit_row().await?;
    assert_fits(&change.shared_views().await?, &view)?;
    change.add_shared_view(&view).await?;
    change.commit(view.id.to_string(), None, Some((&view).into()), None, ()).await
}

fn read(store: &Store, new: &NewSavedView, is_shared: bool) -> Result<SavedView> {
    let name = Name::parse(&new.name).map_err(|problem| Refusal::invalid("name", problem))?;
    if new.query.len() > LONGEST_QUERY {
        return Err(Refusal::BadRequest(vec![Fault::new("query", Problem::TooLong)]).into());
    }
    let id = SavedViewId(store.ids().id());
    Ok(SavedView { id, is_shared, name: name.to_string(), view: new.view.to_owned(), query: new.query.clone() })
}

/// Names are told apart by those who choose from them.
fn assert_fits(known: &[SavedView], view: &SavedView) -> Result<()> {
    if known.iter().any(|known| known.name == view.name) {
        return Err(Error::invalid("name", Problem::Taken));
    }
    if known.len() >= MOST_SAVED {
        return Err(Error::invalid("name", Problem::TooMany));
    }
    Ok(())
}

/// Takes one of a person's own away.
///
/// # Errors
/// [`Refusal::NotFound`] for one that there is not, or is not theirs.
pub async fn remove_own_view(
    services: &Services,
    workspace: WorkspaceId,
    person: PersonId,
    id: SavedViewId,
) -> Result<()> {
    services.system.transaction(move |tx| remove_own_once(tx, workspace, person, id)).await
}

async fn remove_own_once(mut tx: SystemTx, workspace: WorkspaceId, person: PersonId, id: SavedViewId) -> Result<()> {
    tx.remove_own_view(workspace, person, id).await?.ok_or(Refusal::NotFound)?;
    tx.commit(Trail::Unaudited("a person's own view")).await
}

/// Takes one of everybody's away.
///
/// # Errors
/// [`Refusal::NotFound`] for one that there is not.
pub async fn remove_shared_view(store: &Store, actor: &Actor, workspace: WorkspaceRef, id: SavedViewId) -> Result<()> {
    store.change(actor, workspace, move |change| remove_shared_once(change, id)).await
}

async fn remove_shared_once(mut change: Change<RemoveSharedView>, id: SavedViewId) -> Result<Done<()>> {
    let removed = change.remove_shared_view(id).await?.ok_or(Refusal::NotFound)?;
    change.commit(id.to_string(), Some((&removed).into()), None, None, ()).await
}
