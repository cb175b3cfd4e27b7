//! One step of removing each kind of what is too old.

use crate::domain::id::WorkspaceId;
use crate::domain::job::JobNote;
use crate::domain::retention::LONGEST_REMEMBERED;
use crate::domain::time::{Day, HOUR, Millis};
use crate::server::error::Result;
use crate::server::store::counter::{counters, unit_of_now};
use crate::server::store::data_problem::data_problems;
use crate::server::store::db::{NONE, Tx, given, on};
use crate::server::store::flow::flows;
use crate::server::store::row::rows;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

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

impl DailyKey {
    /// As a job's cursor has it, and as it is read again: in numbers, while rows that are handed to a statement have texts.
    fn position(&self) -> String {
        let Self { environment, unit, app_id, dimension, value, day, slot } = self;
        json!([environment, unit, app_id, dimension, value, day, slot]).to_string()
    }
}

impl TransitionKey {
    /// The same.
    fn position(&self) -> String {
        let Self { environment, device_id, seq } = self;
        json!([environment, device_id, seq]).to_string()
    }
}

/// The end of a step.
pub struct RemovalStep {
    pub removed: i64,
    /// Where the next step begins; `None` when all was seen.
    pub next: Option<String>,
    pub note: Option<JobNote>,
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
            (select d.transitions from devices d where d.workspace_id = $1 \
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
        Ok(RemovalStep { removed: count(removed), next: last(&seen).map(|last| last.key.position()), note: None })
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
        Ok(RemovalStep { removed: count(removed), next: last(&seen).map(DailyKey::position), note: None })
    }

    pub(super) async fn age_flows(&mut self, workspace: WorkspaceId, first: Day) -> Result<RemovalStep> {
        const REMOVE: &str = concat!(
            "delete from flows where workspace_id = $1 and (",
            flows!(key),
            ", slot) in (select ",
            flows!(key),
            ", slot from flows where workspace_id = $1 and day < $2 limit $3)"
        );
        self.remove_days(REMOVE, workspace, first).await
    }

    /// Removes what is too old, and then sums up what is over. What is removed is counted in rows, without their sums.
    pub(super) async fn age_data_problems(
        &mut self,
        workspace: WorkspaceId,
        kept_from: Day,
        today: Day,
    ) -> Result<RemovalStep> {
        const REMOVE_SUMS: &str = "delete from data_problem_days where workspace_id = $1 \
            and (environment, app_id, day, kind) in (select environment, app_id, day, kind from data_problem_days \
            where workspace_id = $1 and environment in (0, 1) and day < $2 limit $3)";
        const REMOVE: &str = concat!(
            "delete from data_problems where workspace_id = $1 and (",
            data_problems!(key),
            ") in (select ",
            data_problems!(key),
            " from data_problems where workspace_id = $1 and environment in (0, 1) and day < $2 limit $3)"
        );
        let mut step = self.remove_days(REMOVE, workspace, kept_from).await?;
        if step.next.is_none() {
            let sums = self.remove_days(REMOVE_SUMS, workspace, kept_from).await?;
            let is_more = sums.next.is_some() || self.sum_data_problems(workspace, kept_from, today).await?;
            step.next = is_more.then(String::new);
        }
        Ok(step)
    }

    /// Removes rows of days before `first`, as many as a step may.
    async fn remove_days(&mut self, sql: &'static str, workspace: WorkspaceId, first: Day) -> Result<RemovalStep> {
        let removed = on!(self, c => sqlx::query(sql)
            .bind(workspace)
            .bind(first)
            .bind(STEP)
            .execute(c)
            .await?
            .rows_affected());
        let next = (count(removed) == STEP).then(String::new);
        Ok(RemovalStep { removed: count(removed), next, note: None })
    }

    /// Forgets the ids of requests whose time is over, and then the oldest of those that are more than `most`.
    pub(super) async fn age_request_ids(
        &mut self,
        workspace: WorkspaceId,
        now: Millis,
        most: i64,
    ) -> Result<RemovalStep> {
        // An id that comes again after its time is not taken out of its first hour: what is older than any id is over.
        const OVER: &str = "delete from dedup_hours where workspace_id = $1 and (n <= 0 or hour < $2)";
        const ALL: &str = "select cast(coalesce(sum(n), 0) as bigint) from dedup_hours where workspace_id = $1";
        on!(&mut *self, c => { sqlx::query(OVER).bind(workspace).bind(now.minus(LONGEST_REMEMBERED).0 / HOUR).execute(c).await?; });
        let old = self.forget(workspace, now, STEP).await?;
        if old == STEP {
            return Ok(RemovalStep { removed: old, next: Some(String::new()), note: None });
        }
        let all: i64 = on!(&mut *self, c => sqlx::query_scalar(ALL).bind(workspace).fetch_one(c).await?);
        let over = (all - most).max(0);
        let forgotten = self.forget(workspace, Millis(i64::MAX), over.min(STEP)).await?;
        let is_more = forgotten > 0 && over > forgotten;
        let note = (over > 0).then_some(JobNote::TooManyRequestIds);
        Ok(RemovalStep { removed: old + forgotten, next: is_more.then(String::new), note })
    }

    /// Forgets so many of the oldest ids of requests, of those whose time ends before a moment; returns how many there
    /// were.
    async fn forget(&mut self, workspace: WorkspaceId, before: Millis, most: i64) -> Result<i64> {
        const REMOVE: &str = "delete from dedup where workspace_id = $1 and (input_id, hash) in \
            (select o.input_id, o.hash from dedup o where o.workspace_id = $1 and o.expires_at <= $2 \
            order by o.expires_at limit $3) returning received_at";
        const COUNT: &str = "update dedup_hours set n = n - $3 where workspace_id = $1 and hour = $2";
        if most == 0 {
            return Ok(0);
        }
        let forgotten: Vec<Millis> = on!(&mut *self, c => sqlx::query_scalar(REMOVE)
            .bind(workspace)
            .bind(before)
            .bind(most)
            .fetch_all(c)
            .await?);
        let mut by_hour: BTreeMap<i64, i64> = BTreeMap::new();
        forgotten.iter().for_each(|received| *by_hour.entry(received.0 / HOUR).or_default() += 1);
        for (hour, n) in by_hour {
            on!(&mut *self, c => { sqlx::query(COUNT).bind(workspace).bind(hour).bind(n).execute(c).await?; });
        }
        Ok(forgotten.len() as i64)
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
