//! Devices that nothing leads to any more, removed once they have been out of the counts for long.

use super::row::{DeviceRow, TransitionRow, devices, transitions};
use crate::domain::device::Device;
use crate::domain::flow::{self, FlowCells};
use crate::domain::fold::Transition;
use crate::domain::id::WorkspaceId;
use crate::domain::retention::Aging;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::System;
use crate::server::store::db::{given, on};
use crate::server::store::retention::kept_from::first_whole_day;
use crate::server::store::writes::Writes;
use serde_json::json;
use std::collections::BTreeMap;

/// How many devices one step removes.
const STEP: i64 = 100;

impl System {
    /// Removes retired devices that were last heard of before a moment, with their history and their anonymous users; returns
    /// how many.
    pub async fn remove_retired(&self, workspace: WorkspaceId, heard_before: Millis) -> Result<usize> {
        // What was noted while a clock was ahead has been so since now at the latest.
        const AHEAD: &str = "update devices set unidentified_since = $2 where workspace_id = $1 and retired \
            and unidentified_since > $3";
        const LOOK: &str = concat!(
            "select ",
            devices!(columns),
            " from devices where workspace_id = $1 and unidentified_since < $2 \
            and last_received not between $2 and $4 and retired \
            and not exists (select 1 from device_identifiers i where i.workspace_id = $1 \
            and i.environment = devices.environment and i.device_id = devices.id) \
            order by unidentified_since limit $3"
        );
        const USERS: &str = "update profiles set devices = profiles.devices - gone.n \
            from (select environment, profile_id, count(*) as n from uses where workspace_id = $1 \
            and (environment, device_id) in (select cast(given.value->>'environment' as bigint), \
            cast(given.value->>'id' as bigint) from jsonb_each($2) as given) group by environment, profile_id) as gone \
            where profiles.workspace_id = $1 and profiles.environment = gone.environment and profiles.id = gone.profile_id";
        const USES: &str = "delete from uses where workspace_id = $1 and (environment, device_id) in \
            (select cast(given.value->>'environment' as bigint), cast(given.value->>'id' as bigint) \
            from jsonb_each($2) as given)";
        const ANONYMOUS: &str = "delete from profiles where workspace_id = $1 and (environment, id) in \
            (select cast(given.value->>'environment' as bigint), cast(given.value->>'user' as bigint) \
            from jsonb_each($2) as given)";
        const TRANSITIONS: &str = "delete from transitions where workspace_id = $1 and (environment, device_id) in \
            (select cast(given.value->>'environment' as bigint), cast(given.value->>'id' as bigint) \
            from jsonb_each($2) as given)";
        const LATER: &str = concat!(
            "select ",
            transitions!(columns),
            " from transitions where workspace_id = $1 and day >= $3 and (environment, device_id) in \
            (select cast(given.value->>'environment' as bigint), cast(given.value->>'id' as bigint) \
            from jsonb_each($2) as given)"
        );
        const DEVICES: &str = "delete from devices where workspace_id = $1 and (environment, id) in \
            (select cast(given.value->>'environment' as bigint), cast(given.value->>'id' as bigint) \
            from jsonb_each($2) as given)";
        let removed = self.persist(move |store| async move {
            let mut tx = store.db.write().await?;
            tx.take_lane(workspace).await?;
            let (now, believable) = (store.clock.now(), store.believable_until());
            on!(&mut tx, c => {
                sqlx::query(AHEAD).bind(workspace).bind(now).bind(believable).execute(c).await?;
            });
            let rows: Vec<DeviceRow> = on!(&mut tx, c => sqlx::query_as(LOOK)
                .bind(workspace)
                .bind(heard_before)
                .bind(STEP)
                .bind(believable)
                .fetch_all(c)
                .await?);
            let gone: Vec<Device> = rows.into_iter().map(Device::from).collect();
            if gone.is_empty() {
                tx.commit().await?;
                return Ok(0);
            }
            let first = first_whole_day(heard_before, &tx.time_zone(workspace).await?);
            let keys = given(gone.iter().map(|device| {
                json!({"environment": device.environment.code(), "id": device.id.0,
                "user": device.anonymous_user.map(|user| user.0)})
            }));
            // Those of days that are still proved were noted while a clock was ahead, and are taken back.
            let later: Vec<TransitionRow> = on!(&mut tx, c => sqlx::query_as(LATER)
                .bind(workspace)
                .bind(&keys)
                .bind(first)
                .fetch_all(c)
                .await?);
            for sql in [USERS, USES, ANONYMOUS, TRANSITIONS, DEVICES] {
                on!(&mut tx, c => { sqlx::query(sql).bind(workspace).bind(&keys).execute(c).await?; });
            }
            // Their changes of status go with them, before the job that removes old ones has come so far.
            tx.note_kept_from(workspace, Aging::Transitions, first).await?;
            let mut cells = FlowCells::new();
            let mut later: Vec<Transition> = later.into_iter().map(Transition::from).collect();
            let installs: BTreeMap<_, _> =
                gone.iter().map(|device| ((device.environment, device.id), device.install)).collect();
            for Transition { device, installed_on, .. } in &mut later {
                let install = installs.get(&(device.environment, device.id)).copied().flatten();
                *installed_on = install.map(|install| install.day).filter(|day| *day >= first);
            }
            flow::count_transitions(&mut cells, &later);
            cells.values_mut().for_each(|n| *n = -*n);
            gone.iter().for_each(|device| flow::count_removal(&mut cells, device));
            let mut writes = Writes::new(workspace);
            writes.flows(store.slot, &cells);
            writes.write(&mut tx, store.is_spread).await?;
            tx.commit().await?;
            Ok(gone.len())
        });
        let removed = removed.await?;
        if removed > 0 {
            self.note_erased();
        }
        Ok(removed)
    }
}
