//! Devices that leave the counts.

use super::load::Loader;
use crate::domain::audit::{AuditAction, SystemActor};
use crate::domain::count;
use crate::domain::environment::Environment;
use crate::domain::id::{DeviceId, WorkspaceId};
use crate::domain::rounding::Shown;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::audit::{Entry, append};
use crate::server::store::db::{given, on};
use crate::server::store::writes::Writes;
use crate::server::store::{Actor, Purpose, System};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many devices are looked for at once.
const STEP: i64 = 100;

/// One step of a walk over the devices that no identifier leads to.
pub struct RetiringStep {
    pub retired: usize,
    /// Where the next step begins; `None` when all were seen.
    pub next: Option<String>,
}

/// How far the walk got, in the order of the index that it reads.
#[derive(Clone, Copy, Serialize, Deserialize, sqlx::FromRow)]
struct NamelessKey {
    unidentified_since: Millis,
    environment: Environment,
    id: DeviceId,
}

/// What is asked about devices that may leave the counts; `$2` and `$3` are what they were not heard of in between. One that
/// was heard of later than that was so while a clock was ahead.
macro_rules! silent {
    ($rest:literal) => {
        concat!(
            "select d.unidentified_since, d.environment, d.id from devices d where d.workspace_id = $1 \
            and d.unidentified_since is not null and not d.retired and (d.users = 0 or d.decides_in_app = 0) \
            and d.last_received not between $2 and $3 ",
            $rest
        )
    };
}

impl System {
    /// Takes devices that no identifier leads to, and that were silent, out of the counts: some of those after a position
    /// (empty: from the first on). One that decides the status of somebody who is known stays: who was known by an
    /// advertising id counts the same once it is erased.
    pub async fn retire_step(
        &self,
        workspace: WorkspaceId,
        silent_before: Millis,
        position: &str,
    ) -> Result<RetiringStep> {
        let after = serde_json::from_str(position).ok();
        let silent = self.silent(workspace, silent_before, after).await?;
        let next = silent.last().map(|last| json!(last).to_string());
        let retired = if silent.is_empty() { 0 } else { self.retire(workspace, silent_before, silent).await? };
        Ok(RetiringStep { retired, next })
    }

    /// The next silent devices. Those that stay are passed over here, while nobody waits.
    async fn silent(
        &self,
        workspace: WorkspaceId,
        silent_before: Millis,
        after: Option<NamelessKey>,
    ) -> Result<Vec<NamelessKey>> {
        const SQL: &str = silent!(
            "and (d.unidentified_since, d.environment, d.id) > ($4, $5, $6) \
            order by d.unidentified_since, d.environment, d.id limit $7"
        );
        let believable = self.believable_until();
        let mut tx = self.db.for_purpose(Purpose::Job).read().await?;
        Ok(on!(&mut tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(silent_before)
            .bind(believable)
            .bind(after.map_or(Millis(i64::MIN), |after| after.unidentified_since))
            .bind(after.map_or(i64::MIN, |after| after.environment.code()))
            .bind(after.map_or(i64::MIN, |after| after.id.0))
            .bind(STEP)
            .fetch_all(c)
            .await?))
    }

    /// Retires those of the devices that are silent still; returns how many.
    async fn retire(&self, workspace: WorkspaceId, silent_before: Millis, found: Vec<NamelessKey>) -> Result<usize> {
        const SQL: &str = silent!(
            "and (d.environment, d.id) in (select cast(given.value->>'environment' as bigint), \
            cast(given.value->>'id' as bigint) from jsonb_each($4) as given)"
        );
        let found = given(found.iter().map(|key| json!({"environment": key.environment.code(), "id": key.id.0})));
        self.persist(move |store| {
            let found = found.clone();
            async move {
                let mut tx = store.db.write().await?;
                tx.take_lane(workspace).await?;
                let believable = store.believable_until();
                let silent: Vec<NamelessKey> = on!(&mut tx, c => sqlx::query_as(SQL)
                    .bind(workspace)
                    .bind(silent_before)
                    .bind(believable)
                    .bind(found)
                    .fetch_all(c)
                    .await?);
                let mut silent: BTreeSet<DeviceId> = silent.into_iter().map(|key| key.id).collect();
                let mut load = Loader::new(&mut tx, workspace);
                load.devices(&silent).await?;
                load.identifiers(&silent).await?;
                let mut before = load.population;
                let mut after = before.clone();
                for device in after.devices.values_mut().filter(|device| silent.contains(&device.id)) {
                    if device.last_received > believable {
                        // It has been silent since now at the latest.
                        device.last_received = store.clock.now();
                    } else {
                        device.retired = true;
                    }
                }
                silent.retain(|id| after.devices.get(id).is_some_and(|device| device.retired));
                tx.decide(workspace, &mut before, &mut after, store.steady_now()).await?;
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
                        after: json!({"devices": Shown::logged(i64::try_from(retired).unwrap_or(i64::MAX)), "silent_before_ms": silent_before}),
                        reason: None,
                        settings_version: Some(tx.settings(workspace).await?.version),
                    };
                    let actor = Actor::system(SystemActor::Retirement);
                    append(&mut tx, workspace, store.clock.now(), &actor, actor.without_role(), entry).await?;
                }
                tx.commit().await?;
                Ok(retired)
            }
        })
        .await
    }
}
