//! The installation's own work: sign-in, sessions, accounts, jobs. Its commit says what it was.

use super::audit::{Entry, INSTALLATION, append};
use super::db::{Tx, on};
use super::handle::Actor;
use super::{Store, spawned};
use crate::domain::audit::{ActorSnapshot, AuditAction};
use crate::domain::id::WorkspaceId;
use crate::domain::time::Millis;
use crate::server::clock::Ids;
use crate::server::error::Result;
use serde_json::Value;
use std::sync::Arc;

/// A transaction of the installation's own.
pub struct SystemTx {
    pub(super) tx: Tx,
    pub now: Millis,
    pub(super) ids: Ids,
}

/// What an own transaction was for.
#[derive(Clone, Debug)]
pub enum Event {
    /// Rows for the chains: of the installation, or of the workspaces named.
    Audit(Vec<Record>),
    /// Nothing that anybody decided; the text says what, for the reader of the code and the log.
    Unaudited(&'static str),
}

/// One row to be.
#[derive(Clone, Debug)]
pub struct Record {
    /// `None`: the installation's chain.
    pub workspace: Option<WorkspaceId>,
    pub actor: Actor,
    /// Who the actor was then.
    pub state: ActorSnapshot,
    pub action: AuditAction,
    pub target: String,
    pub before: Value,
    pub after: Value,
    pub reason: Option<String>,
    /// For rows of a workspace.
    pub settings_version: Option<i64>,
}

impl Record {
    /// A row of the installation's chain without a state before.
    pub fn installation(actor: &Actor, action: AuditAction, target: impl Into<String>, after: Value) -> Self {
        Self {
            workspace: None,
            actor: actor.clone(),
            state: actor.without_role(),
            action,
            target: target.into(),
            before: Value::Null,
            after,
            reason: None,
            settings_version: None,
        }
    }
}

impl SystemTx {
    /// The same row for a workspace's chain, with the version of the settings in force there.
    pub async fn row_of(&mut self, workspace: WorkspaceId, row: Record) -> Result<Record> {
        let settings_version = Some(self.settings_version(workspace).await?);
        Ok(Record { workspace: Some(workspace), settings_version, ..row })
    }

    pub async fn commit(mut self, event: Event) -> Result<()> {
        match event {
            Event::Audit(mut records) => {
                // Several heads are locked in the order of their ids, so that two such acts cannot wait for each other.
                records.sort_by_key(|record| record.workspace);
                for record in records {
                    let entry = Entry {
                        action: record.action,
                        target: record.target,
                        before: record.before,
                        after: record.after,
                        reason: record.reason,
                        settings_version: record.settings_version,
                    };
                    let chain = record.workspace.unwrap_or(INSTALLATION);
                    append(&mut self.tx, chain, self.now, &record.actor, record.state, entry).await?;
                }
            }
            Event::Unaudited(what) => tracing::trace!(what, "committed"),
        }
        self.tx.commit().await
    }
}

impl Store {
    /// Runs the installation's own work in one transaction, again when somebody else was faster. The work must end with
    /// `SystemTx::commit`, or nothing of it stays.
    pub async fn system<F, Fut, T>(&self, work: F) -> Result<T>
    where
        F: Fn(SystemTx) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let work = Arc::new(work);
        self.persist(move |store| {
            let work = work.clone();
            async move {
                let system = SystemTx { tx: store.db.write().await?, now: store.clock.now(), ids: store.ids.clone() };
                work(system).await
            }
        })
        .await
    }

    /// The installation's own reads, of one moment.
    pub async fn system_view(&self) -> Result<SystemTx> {
        let store = self.clone();
        spawned(
            async move { Ok(SystemTx { tx: store.db.read().await?, now: store.clock.now(), ids: store.ids.clone() }) },
        )
        .await
    }

    /// Writes the one row of the installation when the database is new.
    pub(super) async fn found(&self) -> Result<()> {
        let (mut system, key) = (self.system_view().await?, self.ids.random::<32>());
        const FOUNDED: &str = "select count(*) from installation";
        let founded: i64 = on!(&mut system.tx, c => sqlx::query_scalar(FOUNDED).fetch_one(c).await?);
        drop(system);
        if founded > 0 {
            return Ok(());
        }
        self.system(move |mut system| async move {
            const FOUND: &str =
                "insert into installation (id, lookup_key, created_at) values (1, $1, $2) on conflict do nothing";
            let now = system.now;
            on!(&mut system.tx, c => { sqlx::query(FOUND).bind(&key[..]).bind(now).execute(c).await?; });
            system.commit(Event::Unaudited("the installation's row")).await
        })
        .await
    }
}

impl SystemTx {
    /// The key of the keyed hashes under which look-ups are recorded.
    pub async fn lookup_key(&mut self) -> Result<Vec<u8>> {
        lookup_key(&mut self.tx).await
    }
}

/// The key of the keyed hashes under which look-ups are recorded.
pub(super) async fn lookup_key(tx: &mut Tx) -> Result<Vec<u8>> {
    Ok(on!(tx, c => sqlx::query_scalar("select lookup_key from installation").fetch_one(c).await?))
}
