//! Samples of an input's batches, for a day: the newest ones, and the newest of each data problem.

use super::db::{Tx, on};
use super::scope::Scope;
use super::system::{System, SystemTx, Trail};
use crate::domain::batch::Batch;
use crate::domain::data_problem::DataProblem;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, DeviceId, InputId, WorkspaceId};
use crate::domain::identifier::IdentifierKind;
use crate::domain::sample::{KEPT, MOST, sample};
use crate::domain::time::Millis;
use crate::server::error::Result;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many of the newest batches are kept beside one of each data problem.
const NEWEST: i64 = MOST - DataProblem::ALL.len() as i64;

/// One stored batch, as it may be kept.
#[derive(Clone, Debug)]
pub(super) struct Taken<'a> {
    pub batch: &'a Batch,
    pub received: Millis,
    pub app: AppId,
    pub device: Option<DeviceId>,
    pub data_problems: Vec<DataProblem>,
    /// Whether the gate keeps its IDFA.
    pub keeps_idfa: bool,
}

/// One sample, as it was kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Sample {
    /// Empty for one of the newest.
    pub kind: String,
    pub environment: Environment,
    pub app_id: AppId,
    pub device_id: Option<DeviceId>,
    pub received_at: Millis,
    pub data_problems: String,
    pub content: String,
    pub idfa: Option<String>,
}

impl Tx {
    /// Keeps samples of batches that came in this order. `accepted` is how many the input had taken with the last.
    pub(super) async fn keep_samples(
        &mut self,
        workspace: WorkspaceId,
        input: InputId,
        taken: &[Taken<'_>],
        accepted: i64,
    ) -> Result<()> {
        const SQL: &str = "insert into samples (workspace_id, input_id, kind, slot, environment, app_id, device_id, \
            received_at, data_problems, content, idfa) select $1, $2, given.value->>0, \
            cast(given.value->>1 as bigint), cast(given.value->>2 as bigint), cast(given.value->>3 as bigint), \
            cast(given.value->>4 as bigint), cast(given.value->>5 as bigint), given.value->>6, given.value->>7, \
            given.value->>8 \
            from jsonb_each($3) as given where true on conflict (workspace_id, input_id, kind, slot) \
            do update set environment = excluded.environment, app_id = excluded.app_id, \
            device_id = excluded.device_id, received_at = excluded.received_at, \
            data_problems = excluded.data_problems, content = excluded.content, idfa = excluded.idfa";
        // Of several that fall on one place the last stays.
        let mut kept: BTreeMap<(&str, i64), &Taken<'_>> = BTreeMap::new();
        for (taken, number) in taken.iter().rev().zip((0..=accepted).rev()) {
            kept.entry(("", number % NEWEST)).or_insert(taken);
            for kind in &taken.data_problems {
                kept.entry((kind.as_str(), 0)).or_insert(taken);
            }
        }
        if kept.is_empty() {
            return Ok(());
        }
        let row = |((kind, slot), taken): (&(&str, i64), &&Taken<'_>)| {
            let names: Vec<&str> = taken.data_problems.iter().map(|kind| kind.as_str()).collect();
            json!([
                kind,
                slot,
                taken.batch.environment.code(),
                taken.app.0,
                taken.device.map(|device| device.0),
                taken.received,
                names.join(" "),
                sample(taken.batch).to_string(),
                taken.batch.identifier(IdentifierKind::Idfa).filter(|_| taken.keeps_idfa),
            ])
        };
        let rows = Value::from(kept.iter().map(row).collect::<Vec<_>>()).to_string();
        on!(self, c => { sqlx::query(SQL).bind(workspace).bind(input).bind(rows).execute(c).await?; });
        Ok(())
    }

    /// Erases the IDFAs of these devices from samples, as it is done to their names.
    pub(super) async fn erase_sampled_idfas(
        &mut self,
        workspace: WorkspaceId,
        devices: impl IntoIterator<Item = DeviceId>,
    ) -> Result<()> {
        const SQL: &str = "update samples set idfa = null where workspace_id = $1 and idfa is not null and device_id in \
            (select cast(given.value->>0 as bigint) from jsonb_each($2) as given)";
        let rows: Vec<Value> = devices.into_iter().map(|device| json!([device.0])).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let rows = Value::from(rows).to_string();
        on!(self, c => { sqlx::query(SQL).bind(workspace).bind(rows).execute(c).await?; });
        Ok(())
    }
}

impl Scope {
    /// The samples of an input that are no older than a day, the newest first.
    pub async fn samples(&mut self, input: InputId) -> Result<Vec<Sample>> {
        const SQL: &str = "select kind, environment, app_id, device_id, received_at, data_problems, content, idfa \
            from samples where workspace_id = $1 and input_id = $2 and received_at > $3 \
            order by received_at desc, kind, slot desc";
        let (workspace, after) = (self.workspace.id, self.now.minus(KEPT));
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(input).bind(after).fetch_all(c).await?))
    }

    /// The devices of samples, as they are now.
    pub async fn sampled_devices(&mut self, samples: &[Sample]) -> Result<Vec<Device>> {
        let ids = samples.iter().filter_map(|sample| sample.device_id).collect();
        let workspace = self.workspace.id;
        self.tx.devices_by_id(workspace, ids).await
    }
}

impl System {
    /// Forgets samples that are a day old.
    pub async fn prune_samples(&self, workspace: WorkspaceId) -> Result<()> {
        const SQL: &str = "delete from samples where workspace_id = $1 and received_at <= $2";
        self.transaction(move |mut system: SystemTx| async move {
            let before = system.now.minus(KEPT);
            on!(&mut system.tx, c => { sqlx::query(SQL).bind(workspace).bind(before).execute(c).await?; });
            system.commit(Trail::Unaudited("old samples")).await
        })
        .await
    }
}
