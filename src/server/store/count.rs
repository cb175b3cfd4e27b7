//! Counters: every "now" is read from them, however many devices there are; and what each day added to them.

use super::db::{Tx, given, on};
use super::handle::Scope;
use crate::domain::att::State;
use crate::domain::count::{Cell, Cells, Counts, Dimension, Slice, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, WorkspaceId};
use crate::server::error::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// What holds for the whole workspace stands under this app.
pub(super) const ALL_APPS: AppId = AppId(0);
/// Counters of all values stand under this dimension.
const ALL_VALUES: &str = "";

#[derive(sqlx::FromRow)]
struct Stored {
    environment: Environment,
    unit: i64,
    app_id: AppId,
    dimension: String,
    value: String,
    status: i64,
    n: i64,
}

impl Stored {
    fn cell(self) -> Option<(Cell, i64)> {
        let state = State::from_code(self.status)?;
        let unit = Unit::ALL.into_iter().find(|unit| unit.code() == self.unit)?;
        let app = (self.app_id != ALL_APPS).then_some(self.app_id);
        let slice = match self.dimension.as_str() {
            ALL_VALUES => None,
            dimension => Some(Slice { dimension: Dimension::parse(dimension)?, value: self.value }),
        };
        Some((Cell { environment: self.environment, unit, app, slice, state }, self.n))
    }
}

fn cells_of(rows: Vec<Stored>) -> Result<Cells> {
    let mut cells = Cells::new();
    for row in rows {
        let (cell, n) = row.cell().ok_or_else(|| Error::Internal("a counter that nothing counts".into()))?;
        if n != 0 {
            cells.insert(cell, n);
        }
    }
    Ok(cells)
}

/// A cell's key in the order of the tables' columns, and its number.
fn row<'a>((cell, n): (&'a Cell, &i64)) -> impl Serialize + use<'a> {
    let app = cell.app.unwrap_or(ALL_APPS).0;
    let (dimension, value) = key(cell.slice.as_ref());
    (cell.environment.code(), cell.unit.code(), app, dimension, value, cell.state.code(), *n)
}

impl Tx {
    /// Adds differences that came about on a day, sorted by key, in the writer's slot.
    pub(super) async fn add_cells(&mut self, workspace: WorkspaceId, slot: i64, day: i64, cells: &Cells) -> Result<()> {
        const NOW: &str = "insert into counters (workspace_id, environment, unit, app_id, dimension, value, status, slot, n) \
            select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), \
            cast(given.value->>2 as bigint), given.value->>3, given.value->>4, cast(given.value->>5 as bigint), $3, \
            cast(given.value->>6 as bigint) from jsonb_each($2) as given where true \
            on conflict (workspace_id, environment, unit, app_id, dimension, value, status, slot) \
            do update set n = counters.n + excluded.n";
        const DAILY: &str = "insert into daily (workspace_id, environment, unit, app_id, dimension, value, day, status, slot, n) \
            select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), \
            cast(given.value->>2 as bigint), given.value->>3, given.value->>4, $4, cast(given.value->>5 as bigint), $3, \
            cast(given.value->>6 as bigint) from jsonb_each($2) as given where true \
            on conflict (workspace_id, environment, unit, app_id, dimension, value, day, status, slot) \
            do update set n = daily.n + excluded.n";
        let now = given(cells.iter().filter(|(cell, _)| cell.unit.of_now()).map(row));
        let of_days = |cell: &Cell| cell.slice.as_ref().is_none_or(|slice| !slice.dimension.is_of_now());
        let daily = given(cells.iter().filter(|(cell, _)| of_days(cell)).map(row));
        if cells.is_empty() {
            return Ok(());
        }
        on!(self, c => {
            sqlx::query(NOW).bind(workspace).bind(now).bind(slot).execute(&mut *c).await?;
            sqlx::query(DAILY).bind(workspace).bind(daily).bind(slot).bind(day).execute(c).await?;
        });
        Ok(())
    }

    /// All counters of a workspace that are not zero.
    pub(super) async fn cells(&mut self, workspace: WorkspaceId) -> Result<Cells> {
        const SQL: &str = "select environment, unit, app_id, dimension, value, status, cast(sum(n) as bigint) as n \
            from counters where workspace_id = $1 group by environment, unit, app_id, dimension, value, status";
        let rows: Vec<Stored> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        cells_of(rows)
    }

    /// The sums of all days of what is counted now too, by cell.
    pub(super) async fn daily_sums(&mut self, workspace: WorkspaceId) -> Result<Cells> {
        const SQL: &str = "select environment, unit, app_id, dimension, value, status, cast(sum(n) as bigint) as n \
            from daily where workspace_id = $1 and unit in (0, 1) \
            group by environment, unit, app_id, dimension, value, status";
        let rows: Vec<Stored> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        cells_of(rows)
    }
}

impl Scope {
    /// The counters of one unit in one environment that are not zero: totals, by app, by platform, and by platform
    /// within each app.
    pub async fn counts(&mut self, environment: Environment, unit: Unit) -> Result<Cells> {
        const SQL: &str = "select environment, unit, app_id, dimension, value, status, cast(sum(n) as bigint) as n \
            from counters where workspace_id = $1 and environment = $2 and unit = $3 and dimension in ('', 'platform') \
            group by environment, unit, app_id, dimension, value, status";
        let workspace = self.workspace.id;
        let rows: Vec<Stored> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(unit.code())
            .fetch_all(c)
            .await?);
        cells_of(rows)
    }

    /// How many units have each state: of all, or of one app, of all values or of one.
    pub async fn counts_of(
        &mut self,
        environment: Environment,
        unit: Unit,
        app: Option<AppId>,
        slice: Option<&Slice>,
    ) -> Result<Counts> {
        const SQL: &str = "select status, cast(sum(n) as bigint) from counters where workspace_id = $1 \
            and environment = $2 and unit = $3 and app_id = $4 and dimension = $5 and value = $6 group by status";
        let (dimension, value) = key(slice);
        let workspace = self.workspace.id;
        let rows: Vec<(i64, i64)> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(unit.code())
            .bind(app.unwrap_or(ALL_APPS))
            .bind(dimension)
            .bind(value)
            .fetch_all(c)
            .await?);
        Ok(counts(rows))
    }

    /// The same for each value of a dimension.
    pub async fn counts_by(
        &mut self,
        environment: Environment,
        unit: Unit,
        app: Option<AppId>,
        dimension: Dimension,
    ) -> Result<BTreeMap<String, Counts>> {
        const SQL: &str = "select value, status, cast(sum(n) as bigint) from counters where workspace_id = $1 \
            and environment = $2 and unit = $3 and app_id = $4 and dimension = $5 group by value, status";
        let workspace = self.workspace.id;
        let rows: Vec<(String, i64, i64)> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(unit.code())
            .bind(app.unwrap_or(ALL_APPS))
            .bind(dimension.as_str())
            .fetch_all(c)
            .await?);
        Ok(by(rows))
    }

    /// The same for each app.
    pub async fn counts_by_app(&mut self, environment: Environment, unit: Unit) -> Result<BTreeMap<AppId, Counts>> {
        const SQL: &str = "select app_id, status, cast(sum(n) as bigint) from counters where workspace_id = $1 \
            and environment = $2 and unit = $3 and app_id <> 0 and dimension = '' group by app_id, status";
        let workspace = self.workspace.id;
        let rows: Vec<(AppId, i64, i64)> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(unit.code())
            .fetch_all(c)
            .await?);
        Ok(by(rows))
    }

    /// What each day from `first` on added.
    pub async fn daily(
        &mut self,
        environment: Environment,
        unit: Unit,
        app: Option<AppId>,
        slice: Option<&Slice>,
        first: i64,
    ) -> Result<BTreeMap<i64, Counts>> {
        const SQL: &str = "select day, status, cast(sum(n) as bigint) from daily where workspace_id = $1 \
            and environment = $2 and unit = $3 and app_id = $4 and dimension = $5 and value = $6 and day >= $7 \
            group by day, status";
        let (dimension, value) = key(slice);
        let workspace = self.workspace.id;
        let rows: Vec<(i64, i64, i64)> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(unit.code())
            .bind(app.unwrap_or(ALL_APPS))
            .bind(dimension)
            .bind(value)
            .bind(first)
            .fetch_all(c)
            .await?);
        Ok(by(rows))
    }
}

fn key(slice: Option<&Slice>) -> (&str, &str) {
    slice.map_or((ALL_VALUES, ""), |slice| (slice.dimension.as_str(), &slice.value))
}

fn counts(rows: impl IntoIterator<Item = (i64, i64)>) -> Counts {
    let mut counts = Counts::default();
    for (status, n) in rows {
        if let Some(state) = State::from_code(status) {
            counts.add(state, n);
        }
    }
    counts
}

fn by<K: Ord>(rows: Vec<(K, i64, i64)>) -> BTreeMap<K, Counts> {
    let mut found: BTreeMap<K, Counts> = BTreeMap::new();
    for (key, status, n) in rows {
        let counts = found.entry(key).or_default();
        *counts = counts.plus(self::counts([(status, n)]));
    }
    found
}
