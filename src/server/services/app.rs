//! Naming apps.

use crate::domain::audit::AuditAction;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::AppId;
use crate::domain::permission::Permission;
use crate::domain::text::Name;
use crate::server::error::{Error, Result};
use crate::server::store::{Act, Actor, Change, Done, Store, WorkspaceRef};
use serde::Serialize;

/// An app as the audit rows hold it.
#[derive(Clone, Debug, Serialize)]
pub struct AppSnapshot {
    pub app: AppId,
    pub bundle: Option<String>,
    pub name: String,
}

/// Gives an app a name.
pub struct NameApp;

impl Act for NameApp {
    type Snapshot = AppSnapshot;
    const PERMISSION: Permission = Permission::ManageInputs;
    const AUDIT: AuditAction = AuditAction::AppNamed;
}

/// Gives an app a name that no other app of the workspace has.
pub async fn name_app(store: &Store, actor: &Actor, workspace: WorkspaceRef, id: AppId, name: &str) -> Result<()> {
    let name = Name::parse(name).map_err(|problem| Refusal::invalid("name", problem))?;
    store.change(actor, workspace, move |change| name_once(change, id, name.clone())).await
}

async fn name_once(mut change: Change<NameApp>, id: AppId, name: Name) -> Result<Done<()>> {
    let apps = change.locked_apps().await?;
    let before = apps.iter().find(|app| app.id == id).ok_or(Refusal::NotFound)?;
    if before.name == name.as_str() {
        return Ok(change.unchanged(()));
    }
    if apps.iter().any(|app| app.name == name.as_str()) {
        return Err(Error::invalid("name", Problem::Taken));
    }
    change.rename_app(id, &name).await?;
    let before = AppSnapshot { app: id, bundle: before.bundle.clone(), name: before.name.clone() };
    let after = AppSnapshot { name: name.to_string(), ..before.clone() };
    change.commit(id.to_string(), Some(before), Some(after), None, ()).await
}
