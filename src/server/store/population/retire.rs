//! Devices that leave the counts, and the lock under which counts change.

use super::load::Loader;
use crate::domain::audit::AuditAction;
use crate::domain::fold::Population;
use crate::domain::id::{DeviceId, WorkspaceId};
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::audit::{Entry, append};
use crate::server::store::db::{Tx, on};
use crate::server::store::{Actor, Store};
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Store {
    /// Takes devices that no name leads to, and that were silent, out of the counts; answers how many.
    pub async fn retire(&self, workspace: WorkspaceId, silent_before: Millis) -> Result<usize> {
        const SQL: &str = "select d.id from devices d where d.workspace_id = $1 and d.nameless_since is not null \
            and not d.retired and d.last_seen < $2 order by d.id limit 500";
        self.persist(move |store| async move {
            let mut tx = store.db.write().await?;
            tx.lock_counts(workspace).await?;
            let silent: BTreeSet<DeviceId> = on!(&mut tx, c => sqlx::query_scalar(SQL)
                .bind(workspace)
                .bind(silent_before)
                .fetch_all(c)
                .await?)
            .into_iter()
            .collect();
            let mut load = Loader { tx: &mut tx, workspace, population: Population::default() };
            load.complete(&silent).await?;
            let users = load.population.profiles().keys().copied().collect();
            load.devices_of(&users).await?;
            let before = load.population;
            let mut after = before.clone();
            for device in after.devices.values_mut().filter(|device| silent.contains(&device.id)) {
                device.retired = true;
            }
            tx.write_population(workspace, &before, &after, &store.ids).await?;
            let today = tx.today(workspace, store.clock.now()).await?;
            tx.add_cells(workspace, today, &after.difference(&before)).await?;
            if !silent.is_empty() {
                let entry = Entry {
                    action: AuditAction::DevicesRetired,
                    target: "devices".to_owned(),
                    before: Value::Null,
                    after: json!({"devices": silent.len(), "silent_before_ms": silent_before}),
                    reason: None,
                    settings_version: Some(tx.settings(workspace).await?.version),
                };
                let actor = Actor::system("housekeeping");
                append(&mut tx, workspace, store.clock.now(), &actor, actor.without_role(), entry).await?;
            }
            tx.commit().await?;
            Ok(silent.len())
        })
        .await
    }
}

impl Tx {
    /// Lets one transaction at a time change a workspace's counts. SQLite has one writer as it is.
    pub(in crate::server::store) async fn lock_counts(&mut self, workspace: WorkspaceId) -> Result<()> {
        const LOCK: &str = "select id from workspaces where id = $1 for no key update";
        if let Self::Postgres(tx) = self {
            sqlx::query(LOCK).bind(workspace).execute(&mut **tx).await?;
        }
        Ok(())
    }
}
