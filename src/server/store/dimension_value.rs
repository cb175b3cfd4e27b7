//! Which values of the open dimensions have a place of their own in the counts.

use super::count::ALL_APPS;
use super::db::{Tx, given, on};
use super::handle::{Act, Change};
use super::scope::Scope;
use crate::domain::count::{AdmittedValues, Dimension, DimensionKey, MOST_VALUES, UNSEEN};
use crate::domain::id::{AppId, WorkspaceId};
use crate::domain::time::DAY;
use crate::server::error::Result;
use serde_json::{Value, json};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

fn row((app, dimension, value): &DimensionKey) -> Value {
    json!([app.unwrap_or(ALL_APPS).0, dimension.as_str(), value])
}

impl Tx {
    /// Admits these values, seen on `day`, as long as there is room; returns those that are admitted.
    pub(super) async fn admit(
        &mut self,
        workspace: WorkspaceId,
        dimension_keys: BTreeSet<DimensionKey>,
        day: i64,
    ) -> Result<AdmittedValues> {
        const KNOWN: &str = "select v.app_id, v.dimension, v.value, v.seen_on from dimension_values v \
            where v.workspace_id = $1 and (v.app_id, v.dimension, v.value) in \
            (select cast(given.value->>0 as bigint), given.value->>1, given.value->>2 from jsonb_each($2) as given)";
        const SEEN: &str = "insert into dimension_values (workspace_id, app_id, dimension, value, seen_on) \
            select $1, cast(given.value->>0 as bigint), given.value->>1, given.value->>2, $3 \
            from jsonb_each($2) as given where true \
            on conflict (workspace_id, app_id, dimension, value) do update set seen_on = excluded.seen_on \
            where dimension_values.seen_on < excluded.seen_on";
        if dimension_keys.is_empty() {
            return Ok(AdmittedValues::default());
        }
        let wanted = given(dimension_keys.iter().map(row));
        let known: Vec<(AppId, String, String, i64)> =
            on!(&mut *self, c => sqlx::query_as(KNOWN).bind(workspace).bind(wanted).fetch_all(c).await?);
        let alive = day - UNSEEN / DAY;
        let mut admitted_values = BTreeMap::new();
        for (app, dimension, value, seen_on) in known {
            let app = (app != ALL_APPS).then_some(app);
            let dimension = Dimension::parse(&dimension).filter(|_| seen_on >= alive);
            admitted_values.extend(dimension.map(|dimension| ((app, dimension, value), seen_on)));
        }
        let overflowing: Vec<&DimensionKey> =
            dimension_keys.iter().filter(|key| !admitted_values.contains_key(*key)).collect();
        let mut left = BTreeMap::new();
        for key in overflowing {
            let (app, dimension, _) = key;
            let group = (*app, *dimension);
            let left = match left.entry(group) {
                Entry::Occupied(left) => left.into_mut(),
                Entry::Vacant(left) => left.insert(MOST_VALUES - self.count_admitted(workspace, group, alive).await?),
            };
            if *left > 0 {
                *left -= 1;
                admitted_values.insert(key.clone(), i64::MIN);
            }
        }
        let seen: Vec<Value> =
            admitted_values.iter().filter(|(_, seen_on)| **seen_on < day).map(|(key, _)| row(key)).collect();
        if !seen.is_empty() {
            on!(self, c => { sqlx::query(SEEN).bind(workspace).bind(given(seen)).bind(day).execute(c).await?; });
        }
        Ok(AdmittedValues(admitted_values.into_keys().collect()))
    }

    async fn count_admitted(
        &mut self,
        workspace: WorkspaceId,
        (app, dimension): (Option<AppId>, Dimension),
        alive: i64,
    ) -> Result<i64> {
        const SQL: &str = "select count(*) from dimension_values where workspace_id = $1 and app_id = $2 \
            and dimension = $3 and seen_on >= $4";
        Ok(on!(self, c => sqlx::query_scalar(SQL)
            .bind(workspace)
            .bind(app.unwrap_or(ALL_APPS))
            .bind(dimension.as_str())
            .bind(alive)
            .fetch_one(c)
            .await?))
    }
}

impl<A: Act> Change<A> {
    /// Forgets which values are admitted; returns how many were.
    pub async fn delete_dimension_values(&mut self) -> Result<u64> {
        const SQL: &str = "delete from dimension_values where workspace_id = $1";
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => sqlx::query(SQL).bind(workspace).execute(c).await?.rows_affected()))
    }
}

impl Scope {
    /// The values of a dimension that have a place on `day`.
    pub async fn admitted_values(
        &mut self,
        app: Option<AppId>,
        dimension: Dimension,
        day: i64,
    ) -> Result<BTreeSet<String>> {
        const SQL: &str = "select value from dimension_values where workspace_id = $1 and app_id = $2 \
            and dimension = $3 and seen_on >= $4";
        let workspace = self.workspace.id;
        let values: Vec<String> = on!(&mut self.tx, c => sqlx::query_scalar(SQL)
            .bind(workspace)
            .bind(app.unwrap_or(ALL_APPS))
            .bind(dimension.as_str())
            .bind(day - UNSEEN / DAY)
            .fetch_all(c)
            .await?);
        Ok(values.into_iter().collect())
    }
}
