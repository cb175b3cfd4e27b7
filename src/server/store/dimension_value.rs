//! Which values of the open dimensions are admitted to a counter of their own.

use super::counter::{ALL_APPS, single_app};
use super::db::{NONE, Tx, given, on};
use super::handle::{Act, Change};
use super::row::rows;
use super::scope::Scope;
use crate::domain::count::{AdmittedValues, Dimension, DimensionKey, MOST_VALUES, UNSEEN};
use crate::domain::id::{AppId, WorkspaceId};
use crate::domain::time::{DAY, Day};
use crate::server::error::Result;
use std::collections::{BTreeMap, BTreeSet};

rows! {
    dimension_values: DimensionValueRow {
        key {
            app_id: AppId as bigint,
            dimension: Dimension as text,
            value: String as text,
        }
        fixed {}
        changing {}
    }
}

rows! {
    /// What values share their room.
    dimension_groups: DimensionGroupRow {
        key {
            app_id: AppId as bigint,
            dimension: Dimension as text,
        }
        fixed {}
        changing {}
    }
}

impl From<&DimensionKey<'_>> for DimensionValueRow {
    fn from((app, dimension, value): &DimensionKey<'_>) -> Self {
        Self { app_id: app.unwrap_or(ALL_APPS), dimension: *dimension, value: value.to_string() }
    }
}

/// An app, or all of them, and a dimension.
type DimensionGroup = (Option<AppId>, Dimension);

/// A value that was last seen before this day is no longer admitted on `day`.
fn oldest_seen(day: Day) -> Day {
    day.plus(-UNSEEN / DAY)
}

impl Tx {
    /// Admits these values, seen on `day`, as long as there is room; returns those that are admitted.
    pub(super) async fn admit(
        &mut self,
        workspace: WorkspaceId,
        dimension_keys: BTreeSet<DimensionKey<'_>>,
        day: Day,
    ) -> Result<AdmittedValues> {
        #[derive(sqlx::FromRow)]
        struct SeenValue {
            #[sqlx(flatten)]
            key: DimensionValueRow,
            seen_on: Option<Day>,
        }
        // A question of its own for each, which goes by the key: see `Tx::apps_by_bundle`.
        const KNOWN: &str = concat!(
            "select ",
            dimension_values!(columns),
            ", (select v.seen_on from dimension_values v where v.workspace_id = $1 and v.app_id = asked.app_id \
            and v.dimension = asked.dimension and v.value = asked.value) as seen_on from (select ",
            dimension_values!(given),
            " from jsonb_each($2) as given) as asked"
        );
        const SEEN: &str = concat!(
            "insert into dimension_values as kept (workspace_id, seen_on, ",
            dimension_values!(columns),
            ") select $1, $3, ",
            dimension_values!(given),
            " from jsonb_each($2) as given where true on conflict (workspace_id, ",
            dimension_values!(key),
            ") do update set seen_on = excluded.seen_on where kept.seen_on < excluded.seen_on"
        );
        if dimension_keys.is_empty() {
            return Ok(AdmittedValues::default());
        }
        let wanted = given(dimension_keys.iter().map(DimensionValueRow::from));
        let known: Vec<SeenValue> =
            on!(&mut *self, c => sqlx::query_as(KNOWN).bind(workspace).bind(wanted).fetch_all(c).await?);
        // The day on which each was seen; `None` for those that are admitted now.
        let mut admitted: BTreeMap<DimensionKey<'static>, Option<Day>> = BTreeMap::new();
        for SeenValue { key, seen_on } in known {
            let app = single_app(key.app_id);
            if seen_on >= Some(oldest_seen(day)) {
                admitted.insert((app, key.dimension, key.value.into()), seen_on);
            }
        }
        let overflowing: Vec<DimensionKey<'static>> = dimension_keys
            .into_iter()
            .filter(|key| !admitted.contains_key(key))
            .map(|(app, dimension, value)| (app, dimension, value.into_owned().into()))
            .collect();
        let groups = overflowing.iter().map(|(app, dimension, _)| (*app, *dimension)).collect();
        let mut counts = self.count_admitted(workspace, &groups, day).await?;
        for key in overflowing {
            let n = counts.entry((key.0, key.1)).or_default();
            if *n < MOST_VALUES {
                *n += 1;
                admitted.insert(key, None);
            }
        }
        let seen = given(
            admitted.iter().filter(|(_, seen_on)| **seen_on < Some(day)).map(|(key, _)| DimensionValueRow::from(key)),
        );
        if seen != NONE {
            on!(self, c => { sqlx::query(SEEN).bind(workspace).bind(seen).bind(day).execute(c).await?; });
        }
        Ok(admitted.into_keys().collect())
    }

    /// How many values of these groups are admitted.
    async fn count_admitted(
        &mut self,
        workspace: WorkspaceId,
        groups: &BTreeSet<DimensionGroup>,
        day: Day,
    ) -> Result<BTreeMap<DimensionGroup, i64>> {
        const SQL: &str = concat!(
            "select app_id, dimension, (select count(*) from dimension_values v where v.workspace_id = $1 \
            and v.app_id = asked.app_id and v.dimension = asked.dimension and v.seen_on >= $3) from (select ",
            dimension_groups!(given),
            " from jsonb_each($2) as given) as asked"
        );
        let row = |(app, dimension): &DimensionGroup| DimensionGroupRow {
            app_id: app.unwrap_or(ALL_APPS),
            dimension: *dimension,
        };
        let asked = given(groups.iter().map(row));
        if asked == NONE {
            return Ok(BTreeMap::new());
        }
        let rows: Vec<(AppId, Dimension, i64)> = on!(self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(asked)
            .bind(oldest_seen(day))
            .fetch_all(c)
            .await?);
        let group = |(app, dimension, n)| ((single_app(app), dimension), n);
        Ok(rows.into_iter().map(group).collect())
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
    /// The values of a dimension that are admitted on `day`.
    pub async fn admitted_values(
        &mut self,
        app: Option<AppId>,
        dimension: Dimension,
        day: Day,
    ) -> Result<BTreeSet<String>> {
        const SQL: &str = "select value from dimension_values where workspace_id = $1 and app_id = $2 \
            and dimension = $3 and seen_on >= $4";
        let workspace = self.workspace.id;
        let values: Vec<String> = on!(&mut self.tx, c => sqlx::query_scalar(SQL)
            .bind(workspace)
            .bind(app.unwrap_or(ALL_APPS))
            .bind(dimension)
            .bind(oldest_seen(day))
            .fetch_all(c)
            .await?);
        Ok(values.into_iter().collect())
    }
}
