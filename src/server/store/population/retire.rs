//! Devices that leave the counts.

use super::load::Loader;
use crate::domain::audit::{AuditAction, SystemActor};
use crate::domain::count;
use crate::domain::id::{DeviceId, WorkspaceId};
use crate::domain::time::{DAY, Millis};
use crate::server::error::Result;
use crate::server::store::audit::{Entry, append};
use crate::server::store::db::on;
use crate::server::store::writes::Writes;
use crate::server::store::{Actor, System};
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl System {
    /// Takes devices that no identifier leads to, and that were silent, out of the counts; returns how many. One that decides
    /// the status of somebody who is known stays: who was known by an advertising id counts the same once it is erased.
    pub async fn retire(&self, workspace: WorkspaceId, silent_before: Millis) -> Result<usize> {
        const SQL: &str = "select d.id from devices d where d.workspace_id = $1 and d.unidentified_since is not null \
            and not d.retired and (d.users = 0 or d.decides_in_app = 0) and d.last_received not between $2 and $3 \
            order by d.id limit 100";
        self.persist(move |store| async move {
            let mut tx = store.db.write().await?;
            tx.take_lane(workspace).await?;
            let silent: BTreeSet<DeviceId> = on!(&mut tx, c => sqlx::query_scalar(SQL)
                .bind(workspace)
                .bind(silent_before)
                // What was noted while a clock was ahead is no sign of life.
                .bind(store.clock.now().plus(DAY))
                .fetch_all(c)
                .await?)
            .into_iter()
            .collect();
            let mut load = Loader::new(&mut tx, workspace);
            load.devices(&silent).await?;
            load.identifiers(&silent).await?;
            let mut before = load.population;
            let mut after = before.clone();
            for device in after.devices.values_mut().filter(|device| silent.contains(&device.id)) {
                device.retired = true;
            }
            tx.decide(workspace, &mut before, &mut after).await?;
            let retired = silent.len();
            let today = tx.today(workspace, store.clock.now()).await?;
            let mut writes = Writes::new(workspace);
            writes.population(&before, &after, &store.ids);
            writes.cells(store.slot, today, &count::cells(&after.difference(&before)));
            writes.write(&mut tx, store.is_spread).await?;
            if retired > 0 {
                let entry = Entry {
                    action: AuditAction::DevicesRetired,
                    target: "devices".to_owned(),
                    before: Value::Null,
                    after: json!({"devices": retired, "silent_before_ms": silent_before}),
                    reason: None,
                    settings_version: Some(tx.settings(workspace).await?.version),
                };
                let actor = Actor::system(SystemActor::Retirement);
                append(&mut tx, workspace, store.clock.now(), &actor, actor.without_role(), entry).await?;
            }
            tx.commit().await?;
            Ok(retired)
        })
        .await
    }
}
