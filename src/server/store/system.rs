//! The installation's own work: accounts, sessions, jobs. It needs nobody's permission, and so it needs this key.

use super::actor::Actor;
use super::audit::{Entry, INSTALLATION, append};
use super::db::Tx;
use super::keyring::Keyring;
use super::{Precedence, Purpose, Store, spawned};
use crate::domain::audit::{ActorSnapshot, AuditAction};
use crate::domain::id::WorkspaceId;
use crate::domain::time::Millis;
use crate::server::clock::Ids;
use crate::server::error::{Error, Result};
use crate::server::secret::InstallationSecret;
use serde_json::Value;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// The key to all that is written without asking for permission. Whoever opens the database has it and lends it to the
/// services; everybody else gets the [`Store`] alone.
#[derive(Clone, Debug)]
pub struct System(Store);

impl Deref for System {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.0
    }
}

/// One moment of the installation, to be read.
pub struct SystemView {
    pub(super) tx: Tx,
    pub now: Millis,
    pub(super) precedence: Precedence,
    /// Kept until the search is done. The last field: the transaction ends first.
    _alone: Option<OwnedSemaphorePermit>,
}

/// A transaction of the installation's own; it reads what a view does.
pub struct SystemTx {
    view: SystemView,
    pub(super) ids: Ids,
    pub(super) keyring: Keyring,
}

impl Deref for SystemTx {
    type Target = SystemView;
    fn deref(&self) -> &SystemView {
        &self.view
    }
}

impl DerefMut for SystemTx {
    fn deref_mut(&mut self) -> &mut SystemView {
        &mut self.view
    }
}

/// What the log says of a transaction.
#[derive(Clone, Debug)]
pub enum Trail {
    /// Rows for the chains: of the installation, or of the workspaces named.
    Audited(Vec<Record>),
    /// Nothing, for nobody decided anything; the text says what was written, for the reader of the code.
    Unaudited(&'static str),
}

/// One row to be.
#[derive(Clone, Debug)]
pub struct Record {
    /// `None`: the installation's chain.
    pub workspace: Option<WorkspaceId>,
    pub actor: Actor,
    /// Who the actor was then.
    pub actor_snapshot: ActorSnapshot,
    pub entry: Entry,
}

impl Record {
    /// A row of the installation's chain without a state before.
    pub fn installation(actor: &Actor, action: AuditAction, target: impl Into<String>, after: Value) -> Self {
        Self {
            workspace: None,
            actor: actor.clone(),
            actor_snapshot: actor.without_role(),
            entry: Entry {
                action,
                target: target.into(),
                before: Value::Null,
                after,
                reason: None,
                settings_version: None,
            },
        }
    }

    /// The same with what was there before.
    pub fn from_before(self, before: Value) -> Self {
        Self { entry: Entry { before, ..self.entry }, ..self }
    }
}

impl SystemTx {
    /// The same row for a workspace's chain, with the version of the settings in force there.
    pub async fn row_of(&mut self, workspace: WorkspaceId, row: Record) -> Result<Record> {
        let settings_version = Some(self.settings_version(workspace).await?);
        Ok(Record { workspace: Some(workspace), entry: Entry { settings_version, ..row.entry }, ..row })
    }

    /// A row of the installation's chain, and the same for each of these workspaces' chains.
    pub async fn rows_of(&mut self, workspaces: &[WorkspaceId], row: Record) -> Result<Vec<Record>> {
        let mut rows = vec![row.clone()];
        for workspace in workspaces {
            rows.push(self.row_of(*workspace, row.clone()).await?);
        }
        Ok(rows)
    }

    /// Ends the transaction: writes what the log says of it, and commits both.
    pub async fn commit(mut self, trail: Trail) -> Result<()> {
        match trail {
            Trail::Audited(mut records) => {
                // Several heads are locked in the order of their ids, so that two such acts cannot wait for each other.
                records.sort_by_key(|record| record.workspace);
                for Record { workspace, actor, actor_snapshot, entry } in records {
                    let (chain, now) = (workspace.unwrap_or(INSTALLATION), self.now);
                    append(&mut self.tx, chain, now, &actor, actor_snapshot, entry).await?;
                }
            }
            Trail::Unaudited(what) => tracing::trace!(what, "committed"),
        }
        self.view.tx.commit().await
    }
}

impl System {
    /// Opens the database, brings its schema up to date, and opens its keys by the installation's secret, which on
    /// SQLite lies in a file beside it unless it is given.
    pub async fn open(url: &str, secret: Option<InstallationSecret>, ids: Ids) -> Result<Self> {
        Ok(Self(Store::open(url, secret, ids).await?))
    }

    /// Copies a SQLite database into a new file, as it is at one moment.
    pub async fn backup(&self, file: &Path) -> Result<()> {
        if file.exists() {
            return Err(Error::Internal(format!("{} exists already", file.display())));
        }
        self.db.copy(file).await
    }

    /// The same by the connections for another purpose.
    pub fn for_purpose(&self, purpose: Purpose) -> Self {
        Self(self.0.for_purpose(purpose))
    }

    /// The same with a slot of the counters.
    pub(super) fn at_slot(self, slot: super::counter::Slot) -> Self {
        let ids = self.ids.clone().of_slot(slot.0);
        Self(Store { slot, ids, ..self.0 })
    }

    /// Writes for the installation in one transaction, again when somebody else was faster. `body` must end with
    /// [`SystemTx::commit`], or nothing of it stays.
    pub async fn transaction<F, Fut, T>(&self, body: F) -> Result<T>
    where
        F: Fn(SystemTx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let body = Arc::new(body);
        self.persist(move |store| {
            let body = body.clone();
            async move {
                let view = store.system_view_by(store.db.write().await?);
                body(SystemTx { view, ids: store.ids.clone(), keyring: store.keyring().clone() }).await
            }
        })
        .await
    }
}

impl Store {
    fn system_view_by(&self, tx: Tx) -> SystemView {
        SystemView { tx, now: self.clock.now(), precedence: self.precedence().clone(), _alone: None }
    }

    /// Reads one moment of the installation.
    pub async fn system_view(&self) -> Result<SystemView> {
        let store = self.clone();
        spawned(async move { Ok(store.system_view_by(store.db.read().await?)) }).await
    }

    /// The same for somebody who may be searching.
    pub async fn system_view_of(&self, actor: &Actor) -> Result<SystemView> {
        let _alone = self.search_alone(&actor.who).await?;
        Ok(SystemView { _alone, ..self.system_view().await? })
    }
}
