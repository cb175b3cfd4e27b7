//! Samples of an input's batches, for a day: the newest ones, and the newest of each data problem.

use super::db::{NONE, Tx, given, on};
use super::row::rows;
use super::scope::Scope;
use super::system::{System, SystemTx, Trail};
use super::writes::Writes;
use crate::domain::batch::Batch;
use crate::domain::data_problem::DataProblem;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, DeviceId, InputId, WorkspaceId};
use crate::domain::sample::{KEPT, NEWEST, sample};
use crate::domain::time::Millis;
use crate::server::error::Result;
use serde_json::json;
use std::collections::BTreeMap;

/// One stored batch, as it may be kept.
#[derive(Clone, Debug)]
pub(super) struct Taken<'a> {
    pub batch: &'a Batch,
    pub received: Millis,
    pub app: AppId,
    pub device: Option<DeviceId>,
    pub data_problems: Vec<DataProblem>,
    /// Its IDFA, sealed, when the gate keeps it.
    pub idfa: Option<String>,
}

rows! {
    /// One sample, as it was kept; its kind is empty for one of the newest.
    pub samples: Sample {
        key {
            kind: String as text,
            slot: i64 as bigint,
        }
        fixed {}
        changing {
            environment: Environment as bigint,
            app_id: AppId as bigint,
            device_id: Option<DeviceId> as bigint,
            received_at: Millis as bigint,
            data_problems: String as text,
            content: String as text,
            idfa: Option<String> as text,
        }
    }
}

impl Writes {
    /// Keeps samples of batches that came in this order. `accepted` is how many the input had taken with the last.
    pub(super) fn samples(&mut self, input: InputId, taken: &[Taken<'_>], accepted: i64) {
        const SQL: &str = concat!(
            "insert into samples (workspace_id, input_id, ",
            samples!(columns),
            ") select $1, $3, ",
            samples!(given),
            " from jsonb_each($2) as given where true on conflict (workspace_id, input_id, ",
            samples!(key),
            ") do update set ",
            samples!(replaced)
        );
        // Of several that fall into one slot the last stays.
        let mut chosen: BTreeMap<(&str, i64), &Taken<'_>> = BTreeMap::new();
        for (taken, number) in taken.iter().rev().zip((0..=accepted).rev()) {
            chosen.entry(("", number % NEWEST)).or_insert(taken);
            for kind in &taken.data_problems {
                chosen.entry((kind.as_str(), 0)).or_insert(taken);
            }
        }
        let row = |((kind, slot), taken): (&(&str, i64), &&Taken<'_>)| {
            let data_problems: Vec<&str> = taken.data_problems.iter().map(|kind| kind.as_str()).collect();
            Sample {
                kind: (*kind).to_owned(),
                slot: *slot,
                environment: taken.batch.environment,
                app_id: taken.app,
                device_id: taken.device,
                received_at: taken.received,
                data_problems: data_problems.join(" "),
                content: sample(taken.batch).to_string(),
                idfa: taken.idfa.clone(),
            }
        };
        self.rows_and(SQL, given(chosen.iter().map(row)), &[input.0]);
    }
}

impl Tx {
    /// Erases the IDFAs of these devices from samples, as is done to their identifiers.
    pub(super) async fn erase_sampled_idfas(
        &mut self,
        workspace: WorkspaceId,
        devices: impl IntoIterator<Item = DeviceId>,
    ) -> Result<()> {
        // `is true` keeps Postgres from joining: what is given is read once, and not looked through for each sample.
        const SQL: &str = "update samples set idfa = null where workspace_id = $1 and idfa is not null and (device_id in \
            (select cast(given.value->>'device_id' as bigint) from jsonb_each($2) as given)) is true";
        let rows = given(devices.into_iter().map(|device| json!({"device_id": device.0})));
        if rows == NONE {
            return Ok(());
        }
        on!(self, c => { sqlx::query(SQL).bind(workspace).bind(rows).execute(c).await?; });
        Ok(())
    }
}

impl Scope {
    /// The samples of an input that are no older than a day, the newest first.
    pub async fn samples(&mut self, input: InputId) -> Result<Vec<Sample>> {
        const SQL: &str = concat!(
            "select ",
            samples!(columns),
            " from samples where workspace_id = $1 and input_id = $2 and received_at > $3 \
            order by received_at desc, kind, slot desc"
        );
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
        let before = self.sure_now()?.minus(KEPT);
        let removed = self.transaction(move |mut system: SystemTx| async move {
            // The event stream writes there too: nobody waits for a row of it but within the lane.
            system.tx.take_lane(workspace).await?;
            let removed =
                on!(&mut system.tx, c => sqlx::query(SQL).bind(workspace).bind(before).execute(c).await?.rows_affected());
            system.commit(Trail::Unaudited("old samples")).await?;
            Ok(removed)
        });
        if removed.await? > 0 {
            self.note_erased();
        }
        Ok(())
    }
}
