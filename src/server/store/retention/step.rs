//! One step of removing each kind of what is too old.

use crate::domain::id::WorkspaceId;
use crate::domain::time::{Day, HOUR, Millis};
use crate::server::error::Result;
use crate::server::store::counter::{counters, unit_of_now};
use crate::server::store::db::{NONE, Tx, given, on};
use crate::server::store::row::rows;
use serde::Deserialize;
use serde_json::json;

/// How many rows one step looks at: as many as come behind the last key. A range with an end would have Postgres read its
/// index on from there to the end of the table, for each step.
const STEP: i64 = 5000;

rows! {
    /// Where a day's counter is, and how far a walk over all of them got.
    #[derive(Deserialize)]
    daily: DailyKey {
        key {
            environment: i64 as bigint,
            unit: i64 as bigint,
            app_id: i64 as bigint,
            dimension: String as text,
            value: String as text,
            day: i64 as bigint,
            slot: i64 as bigint,
        }
        fixed {}
        changing {}
    }
}

rows! {
    /// How far a walk over all transitions got.
    #[derive(Deserialize)]
    transition_keys: TransitionKey {
        key {
            environment: i64 as bigint,
            device_id: i64 as bigint,
            seq: i64 as bigint,
        }
        fixed {}
        changing {}
    }
}

/// The end of a step.
pub struct RemovalStep {
    pub removed: i64,
    /// Where the next step begins; `None` when all was seen.
    pub next: Option<String>,
}

impl Tx {
    /// Removes old transitions, but never a device's last one.
    pub(super) async fn age_transitions(
        &mut self,
        workspace: WorkspaceId,
        position: &str,
        before: Millis,
    ) -> Result<RemovalStep> {
        const LOOK: &str = "select t.environment, t.device_id, t.seq, t.received_at < $5 and t.seq < \
            (select d.transitions from devices d where d.workspace_id = t.workspace_id \
            and d.environment = t.environment and d.id = t.device_id) as old \
            from transitions t where t.workspace_id = $1 and (t.environment, t.device_id, t.seq) > ($2, $3, $4) \
            order by t.environment, t.device_id, t.seq limit $6";
        const REMOVE: &str = concat!(
            "delete from transitions where workspace_id = $1 and (",
            transition_keys!(columns),
            ") in (select ",
            transition_keys!(given),
            " from jsonb_each($2) as given)"
        );
        #[derive(sqlx::FromRow)]
        struct SeenTransition {
            #[sqlx(flatten)]
            key: TransitionKey,
            old: bool,
        }
        let first = TransitionKey { environment: i64::MIN, device_id: i64::MIN, seq: i64::MIN };
        let from: TransitionKey = read(position).unwrap_or(first);
        let seen: Vec<SeenTransition> = on!(&mut *self, c => sqlx::query_as(LOOK)
            .bind(workspace)
            .bind(from.environment)
            .bind(from.device_id)
            .bind(from.seq)
            .bind(before)
            .bind(STEP)
            .fetch_all(c)
            .await?);
        let old = given(seen.iter().filter(|seen| seen.old).map(|seen| &seen.key));
        let mut removed = 0;
        if old != NONE {
            removed = on!(self, c => sqlx::query(REMOVE).bind(workspace).bind(old).execute(c).await?.rows_affected());
        }
        Ok(RemovalStep { removed: count(removed), next: last(&seen).map(|last| json!(last.key).to_string()) })
    }

    /// Adds days before `first` to the one row that is for all of them; of active devices nothing is kept.
    pub(super) async fn age_days(&mut self, workspace: WorkspaceId, position: &str, first: Day) -> Result<RemovalStep> {
        const LOOK: &str = concat!(
            "select ",
            daily!(columns),
            " from daily where workspace_id = $1 and (",
            daily!(key),
            ") > ($2, $3, $4, $5, $6, $7, $8) order by ",
            daily!(key),
            " limit $9"
        );
        const ADD: &str = concat!(
            "insert into daily as kept (workspace_id, ",
            counters!(key),
            ", slot, day, ",
            counters!(changing),
            ") select workspace_id, ",
            counters!(key),
            ", slot, 0, ",
            counters!(sums),
            " from daily where workspace_id = $1 and ",
            unit_of_now!(),
            " and (",
            daily!(key),
            ") in (select ",
            daily!(given),
            " from jsonb_each($2) as given) group by workspace_id, ",
            counters!(key),
            ", slot on conflict (workspace_id, ",
            counters!(key),
            ", day, slot) do update set ",
            counters!(added)
        );
        const REMOVE: &str = concat!(
            "delete from daily where workspace_id = $1 and (",
            daily!(key),
            ") in (select ",
            daily!(given),
            " from jsonb_each($2) as given)"
        );
        let least = || DailyKey {
            environment: i64::MIN,
            unit: i64::MIN,
            app_id: i64::MIN,
            dimension: String::new(),
            value: String::new(),
            day: i64::MIN,
            slot: i64::MIN,
        };
        let from: DailyKey = read(position).unwrap_or_else(least);
        let seen: Vec<DailyKey> = on!(&mut *self, c => sqlx::query_as(LOOK)
            .bind(workspace)
            .bind(from.environment)
            .bind(from.unit)
            .bind(from.app_id)
            .bind(&from.dimension)
            .bind(&from.value)
            .bind(from.day)
            .bind(from.slot)
            .bind(STEP)
            .fetch_all(c)
            .await?);
        let old = given(seen.iter().filter(|key| 0 < key.day && key.day < first.0));
        let mut removed = 0;
        if old != NONE {
            for sql in [ADD, REMOVE] {
                removed = on!(&mut *self, c => sqlx::query(sql)
                    .bind(workspace)
                    .bind(&old)
                    .execute(c)
                    .await?
                    .rows_affected());
            }
        }
        Ok(RemovalStep { removed: count(removed), next: last(&seen).map(|last| json!(last).to_string()) })
    }

    pub(super) async fn age_request_ids(&mut self, workspace: WorkspaceId, before: Millis) -> Result<RemovalStep> {
        const REMOVE: &str = "delete from dedup where workspace_id = $1 and (input_id, hash) in \
            (select o.input_id, o.hash from dedup o where o.workspace_id = $1 and o.received_at < $2 \
            order by o.received_at limit $3)";
        const HOURS: &str = "delete from dedup_hours where workspace_id = $1 and hour < $2";
        let removed = on!(self, c => {
            sqlx::query(HOURS).bind(workspace).bind(before.0 / HOUR).execute(&mut *c).await?;
            sqlx::query(REMOVE).bind(workspace).bind(before).bind(STEP).execute(c).await?.rows_affected()
        });
        let more = count(removed) == STEP;
        Ok(RemovalStep { removed: count(removed), next: more.then(String::new) })
    }

    /// The moment before which ids of requests are more than may be kept.
    pub(super) async fn over_cap(&mut self, workspace: WorkspaceId, most: i64) -> Result<Millis> {
        const SQL: &str = "select hour, n from dedup_hours where workspace_id = $1 order by hour desc";
        let hours: Vec<(i64, i64)> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        let mut sum = 0;
        for (hour, n) in hours {
            sum += n;
            if sum > most {
                return Ok(Millis((hour + 1) * HOUR));
            }
        }
        Ok(Millis(i64::MIN))
    }
}

/// The last row of a step; `None` when none can come behind it.
fn last<T>(seen: &[T]) -> Option<&T> {
    seen.last().filter(|_| seen.len() as i64 == STEP)
}

fn read<T: for<'a> Deserialize<'a>>(position: &str) -> Option<T> {
    serde_json::from_str(position).ok()
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
