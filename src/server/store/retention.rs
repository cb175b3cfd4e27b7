//! Removing what is too old, in small steps that let the event stream have its turn, and telling the installation's log
//! what was removed.

use super::audit::{Entry, INSTALLATION, append};
use super::db::{NONE, Tx, given, on};
use super::{Actor, System};
use crate::domain::audit::AuditAction;
use crate::domain::id::WorkspaceId;
use crate::domain::retention::{Aging, Keep, REMEMBERED};
use crate::domain::time::{DAY, HOUR, MINUTE, Millis};
use crate::server::error::Result;
use serde::Deserialize;
use serde_json::{Value, json};

/// How many rows one step looks at: as many as come behind the last key. A range with an end would have Postgres read its
/// index on from there to the end of the table, for each step.
const STEP: i64 = 5000;

/// What is done with given days.
macro_rules! days {
    ($do:literal, $rest:literal) => {
        concat!(
            $do,
            " where workspace_id = $1 and (environment, unit, app_id, dimension, value, day, slot) in \
             (select cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), cast(given.value->>2 as bigint), \
             given.value->>3, given.value->>4, cast(given.value->>5 as bigint), cast(given.value->>6 as bigint) \
             from jsonb_each($2) as given)",
            $rest
        )
    };
}

/// How far the removing of one kind of rows got in one workspace.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Walk {
    /// The key of the last row that was looked at, as JSON; empty before the first.
    position: String,
    /// Removed and not told yet.
    removed: i64,
    told_at: Millis,
    due_at: Millis,
}

/// The end of a step.
struct Step {
    removed: i64,
    /// Where the next step begins; `None` when all was seen.
    next: Option<String>,
}

impl System {
    /// Removes some of what is too old; answers whether there is more to do now.
    pub async fn age(&self, workspace: WorkspaceId, what: Aging, keep: Keep) -> Result<bool> {
        self.persist(move |store| async move {
            let now = store.clock.now();
            let mut tx = store.db.write().await?;
            let mut walk = tx.walk(workspace, what, now).await?;
            if walk.due_at > now {
                return Ok(false);
            }
            let step = match what {
                Aging::Transitions => {
                    let before = now.minus(keep.transitions_days * DAY);
                    tx.age_transitions(workspace, &walk.position, before).await?
                }
                Aging::Days => {
                    let first = tx.today(workspace, now).await? - keep.daily_days + 1;
                    tx.age_days(workspace, &walk.position, first).await?
                }
                Aging::RequestIds => {
                    let before = now.minus(REMEMBERED).max(tx.over_cap(workspace, keep.request_ids).await?);
                    tx.age_request_ids(workspace, before).await?
                }
            };
            walk.removed += step.removed;
            let more = step.next.is_some();
            walk.position = step.next.unwrap_or_default();
            if !more {
                walk.due_at = now.plus(if what == Aging::RequestIds { MINUTE } else { DAY });
                if walk.removed > 0 && now.0 - walk.told_at.0 >= DAY {
                    tx.tell_aged(workspace, what, &walk, now).await?;
                    (walk.removed, walk.told_at) = (0, now);
                }
            }
            tx.keep_walk(workspace, what, &walk).await?;
            tx.commit().await?;
            Ok(more)
        })
        .await
    }
}

impl Tx {
    /// The walk, locked until the transaction's end so that two processes do not do the same.
    async fn walk(&mut self, workspace: WorkspaceId, what: Aging, now: Millis) -> Result<Walk> {
        const MAKE: &str = "insert into retention (workspace_id, what, position, removed, told_at, due_at) \
            values ($1, $2, '', 0, $3, $3) on conflict do nothing";
        const SQLITE: &str =
            "select position, removed, told_at, due_at from retention where workspace_id = $1 and what = $2";
        const POSTGRES: &str =
            "select position, removed, told_at, due_at from retention where workspace_id = $1 and what = $2 for update";
        let sql = self.pick(SQLITE, POSTGRES);
        Ok(on!(self, c => {
            sqlx::query(MAKE).bind(workspace).bind(what.as_str()).bind(now).execute(&mut *c).await?;
            sqlx::query_as(sql).bind(workspace).bind(what.as_str()).fetch_one(c).await?
        }))
    }

    async fn keep_walk(&mut self, workspace: WorkspaceId, what: Aging, walk: &Walk) -> Result<()> {
        const SQL: &str = "update retention set position = $3, removed = $4, told_at = $5, due_at = $6 \
            where workspace_id = $1 and what = $2";
        on!(self, c => {
            sqlx::query(SQL)
                .bind(workspace)
                .bind(what.as_str())
                .bind(&walk.position)
                .bind(walk.removed)
                .bind(walk.told_at)
                .bind(walk.due_at)
                .execute(c)
                .await?;
        });
        Ok(())
    }

    /// Removes old transitions, but never a device's last one.
    async fn age_transitions(&mut self, workspace: WorkspaceId, position: &str, before: Millis) -> Result<Step> {
        const LOOK: &str = "select t.environment, t.device_id, t.seq, t.received_at < $5 and t.seq < \
            (select d.transitions from devices d where d.workspace_id = t.workspace_id \
            and d.environment = t.environment and d.id = t.device_id) as old \
            from transitions t where t.workspace_id = $1 and (t.environment, t.device_id, t.seq) > ($2, $3, $4) \
            order by t.environment, t.device_id, t.seq limit $6";
        const REMOVE: &str = "delete from transitions where workspace_id = $1 and (environment, device_id, seq) in \
            (select cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), \
            cast(given.value->>2 as bigint) from jsonb_each($2) as given)";
        type Key = (i64, i64, i64);
        let from: Key = read(position).unwrap_or((i64::MIN, i64::MIN, i64::MIN));
        let seen: Vec<(i64, i64, i64, bool)> = on!(&mut *self, c => sqlx::query_as(LOOK)
            .bind(workspace)
            .bind(from.0)
            .bind(from.1)
            .bind(from.2)
            .bind(before)
            .bind(STEP)
            .fetch_all(c)
            .await?);
        let key = |(environment, device, seq, _): &(i64, i64, i64, bool)| (*environment, *device, *seq);
        let old = given(seen.iter().filter(|(.., old)| *old).map(key));
        let mut removed = 0;
        if old != NONE {
            removed = on!(self, c => sqlx::query(REMOVE).bind(workspace).bind(old).execute(c).await?.rows_affected());
        }
        Ok(Step { removed: count(removed), next: last(&seen).map(|last| json!(key(last)).to_string()) })
    }

    /// Adds days before `first` to the one row that stands for all of them; of active devices nothing is kept.
    async fn age_days(&mut self, workspace: WorkspaceId, position: &str, first: i64) -> Result<Step> {
        const LOOK: &str = "select environment, unit, app_id, dimension, value, day, slot from daily \
            where workspace_id = $1 and (environment, unit, app_id, dimension, value, day, slot) > \
            ($2, $3, $4, $5, $6, $7, $8) \
            order by environment, unit, app_id, dimension, value, day, slot limit $9";
        const ADD: &str = days!(
            "insert into daily (workspace_id, environment, unit, app_id, dimension, value, day, slot, \
             not_determined, restricted, denied, authorized, unknown, not_applicable) \
             select workspace_id, environment, unit, app_id, dimension, value, 0, slot, \
             cast(sum(not_determined) as bigint), cast(sum(restricted) as bigint), cast(sum(denied) as bigint), \
             cast(sum(authorized) as bigint), cast(sum(unknown) as bigint), cast(sum(not_applicable) as bigint) \
             from daily",
            " and unit in (0, 1) group by workspace_id, environment, unit, app_id, dimension, value, slot \
             on conflict (workspace_id, environment, unit, app_id, dimension, value, day, slot) do update \
             set not_determined = daily.not_determined + excluded.not_determined, \
             restricted = daily.restricted + excluded.restricted, denied = daily.denied + excluded.denied, \
             authorized = daily.authorized + excluded.authorized, unknown = daily.unknown + excluded.unknown, \
             not_applicable = daily.not_applicable + excluded.not_applicable"
        );
        const REMOVE: &str = days!("delete from daily", "");
        type Key = (i64, i64, i64, String, String, i64, i64);
        let least = || (i64::MIN, i64::MIN, i64::MIN, String::new(), String::new(), i64::MIN, i64::MIN);
        let from: Key = read(position).unwrap_or_else(least);
        let seen: Vec<Key> = on!(&mut *self, c => sqlx::query_as(LOOK)
            .bind(workspace)
            .bind(from.0)
            .bind(from.1)
            .bind(from.2)
            .bind(&from.3)
            .bind(&from.4)
            .bind(from.5)
            .bind(from.6)
            .bind(STEP)
            .fetch_all(c)
            .await?);
        let old = given(seen.iter().filter(|(.., day, _)| 0 < *day && *day < first));
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
        Ok(Step { removed: count(removed), next: last(&seen).map(|last| json!(last).to_string()) })
    }

    async fn age_request_ids(&mut self, workspace: WorkspaceId, before: Millis) -> Result<Step> {
        const REMOVE: &str = "delete from dedup where workspace_id = $1 and (input_id, hash) in \
            (select o.input_id, o.hash from dedup o where o.workspace_id = $1 and o.received_at < $2 \
            order by o.received_at limit $3)";
        const HOURS: &str = "delete from dedup_hours where workspace_id = $1 and hour < $2";
        let removed = on!(self, c => {
            sqlx::query(HOURS).bind(workspace).bind(before.0 / HOUR).execute(&mut *c).await?;
            sqlx::query(REMOVE).bind(workspace).bind(before).bind(STEP).execute(c).await?.rows_affected()
        });
        let more = count(removed) == STEP;
        Ok(Step { removed: count(removed), next: more.then(String::new) })
    }

    /// The moment before which ids of requests are more than may be kept.
    async fn over_cap(&mut self, workspace: WorkspaceId, most: i64) -> Result<Millis> {
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

    async fn tell_aged(&mut self, workspace: WorkspaceId, what: Aging, walk: &Walk, now: Millis) -> Result<()> {
        let known = self.workspace_by_id(workspace).await?;
        let entry = Entry {
            action: AuditAction::RetentionRemoved,
            target: known.map_or_else(|| workspace.to_string(), |workspace| workspace.slug.to_string()),
            before: Value::Null,
            after: json!({"what": what.as_str(), "removed": walk.removed, "since_ms": walk.told_at}),
            reason: None,
            settings_version: None,
        };
        let actor = Actor::system("retention");
        append(self, INSTALLATION, now, &actor, actor.without_role(), entry).await?;
        Ok(())
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
