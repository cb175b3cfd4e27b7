//! Counters: every "now" is read from them, however many devices there are; and what each day added to them.

use super::db::{Tx, given, on};
use super::scope::Scope;
use crate::domain::att::{CountedState, Status};
use crate::domain::count::{self, Cell, Cells, Counts, Dimension, Slice, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, WorkspaceId};
use crate::server::error::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// What holds for the whole workspace stands under this app.
pub(super) const ALL_APPS: AppId = AppId(0);
/// Counters of all values stand under this dimension.
const ALL_VALUES: &str = "";

/// The columns of a row's numbers.
#[derive(sqlx::FromRow)]
struct Numbers {
    not_determined: i64,
    restricted: i64,
    denied: i64,
    authorized: i64,
    unknown: i64,
    not_applicable: i64,
}

impl From<Numbers> for Counts {
    fn from(numbers: Numbers) -> Self {
        let mut counts = Self::default();
        for (state, n) in [
            (CountedState::Known(Status::NotDetermined), numbers.not_determined),
            (CountedState::Known(Status::Restricted), numbers.restricted),
            (CountedState::Known(Status::Denied), numbers.denied),
            (CountedState::Known(Status::Authorized), numbers.authorized),
            (CountedState::Unknown, numbers.unknown),
            (CountedState::NotApplicable, numbers.not_applicable),
        ] {
            counts.add(state, n);
        }
        counts
    }
}

/// One writer's row.
#[derive(sqlx::FromRow)]
struct Stored {
    environment: Environment,
    unit: i64,
    app_id: AppId,
    dimension: String,
    value: String,
    #[sqlx(flatten)]
    numbers: Numbers,
}

impl Stored {
    /// The cell of one of its numbers, to be known by its state.
    fn cell(&self) -> Option<Cell> {
        let unit = Unit::ALL.into_iter().find(|unit| unit.code() == self.unit)?;
        let app = (self.app_id != ALL_APPS).then_some(self.app_id);
        let slice = match self.dimension.as_str() {
            ALL_VALUES => None,
            dimension => Some(Slice { dimension: Dimension::parse(dimension)?, value: self.value.clone() }),
        };
        Some(Cell { environment: self.environment, unit, app, slice, state: CountedState::Unknown })
    }
}

fn cells_of(rows: Vec<Stored>) -> Result<Cells> {
    let mut cells = Cells::new();
    for row in rows {
        let cell = row.cell().ok_or_else(|| Error::Internal("a counter that nothing counts".into()))?;
        let counts = Counts::from(row.numbers);
        for state in CountedState::ALL.into_iter().filter(|state| counts.of(*state) != 0) {
            count::add(&mut cells, Cell { state, ..cell.clone() }, counts.of(state));
        }
    }
    Ok(cells)
}

/// A row's key in the order of the tables' columns: environment, unit, app, dimension, value.
type Key<'a> = (i64, i64, i64, &'a str, &'a str);

/// The rows that cells make up, sorted by key as the cells are.
fn rows<'a>(cells: impl Iterator<Item = (&'a Cell, &'a i64)>) -> impl Iterator<Item = impl Serialize> {
    let mut rows: Vec<(Key<'a>, Counts)> = Vec::new();
    for (cell, n) in cells {
        let (dimension, value) = key(cell.slice.as_ref());
        let key = (cell.environment.code(), cell.unit.code(), cell.app.unwrap_or(ALL_APPS).0, dimension, value);
        match rows.last_mut() {
            Some((last, counts)) if *last == key => counts.add(cell.state, *n),
            _ => {
                let mut counts = Counts::default();
                counts.add(cell.state, *n);
                rows.push((key, counts));
            }
        }
    }
    rows.into_iter().map(|((environment, unit, app, dimension, value), counts)| {
        let n = |status| counts.of(CountedState::Known(status));
        let (unknown, not_applicable) = (counts.of(CountedState::Unknown), counts.of(CountedState::NotApplicable));
        (
            environment,
            unit,
            app,
            dimension,
            value,
            n(Status::NotDetermined),
            n(Status::Restricted),
            n(Status::Denied),
            n(Status::Authorized),
            unknown,
            not_applicable,
        )
    })
}

impl Tx {
    /// Adds differences that came about on a day, sorted by key, in the writer's slot.
    pub(super) async fn add_cells(&mut self, workspace: WorkspaceId, slot: i64, day: i64, cells: &Cells) -> Result<()> {
        const NOW: &str = "insert into counters (workspace_id, environment, unit, app_id, dimension, value, slot, \
            not_determined, restricted, denied, authorized, unknown, not_applicable) \
            select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), \
            cast(given.value->>2 as bigint), given.value->>3, given.value->>4, $3, cast(given.value->>5 as bigint), \
            cast(given.value->>6 as bigint), cast(given.value->>7 as bigint), cast(given.value->>8 as bigint), \
            cast(given.value->>9 as bigint), cast(given.value->>10 as bigint) from jsonb_each($2) as given where true \
            on conflict (workspace_id, environment, unit, app_id, dimension, value, slot) do update \
            set not_determined = counters.not_determined + excluded.not_determined, \
            restricted = counters.restricted + excluded.restricted, denied = counters.denied + excluded.denied, \
            authorized = counters.authorized + excluded.authorized, unknown = counters.unknown + excluded.unknown, \
            not_applicable = counters.not_applicable + excluded.not_applicable";
        const DAILY: &str = "insert into daily (workspace_id, environment, unit, app_id, dimension, value, day, slot, \
            not_determined, restricted, denied, authorized, unknown, not_applicable) \
            select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), \
            cast(given.value->>2 as bigint), given.value->>3, given.value->>4, $4, $3, cast(given.value->>5 as bigint), \
            cast(given.value->>6 as bigint), cast(given.value->>7 as bigint), cast(given.value->>8 as bigint), \
            cast(given.value->>9 as bigint), cast(given.value->>10 as bigint) from jsonb_each($2) as given where true \
            on conflict (workspace_id, environment, unit, app_id, dimension, value, day, slot) do update \
            set not_determined = daily.not_determined + excluded.not_determined, \
            restricted = daily.restricted + excluded.restricted, denied = daily.denied + excluded.denied, \
            authorized = daily.authorized + excluded.authorized, unknown = daily.unknown + excluded.unknown, \
            not_applicable = daily.not_applicable + excluded.not_applicable";
        let now = given(rows(cells.iter().filter(|(cell, _)| cell.unit.of_now())));
        let of_days = |cell: &Cell| cell.slice.as_ref().is_none_or(|slice| !slice.dimension.is_of_now());
        let daily = given(rows(cells.iter().filter(|(cell, _)| of_days(cell))));
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
        const SQL: &str = "select * from counters where workspace_id = $1";
        let rows: Vec<Stored> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        cells_of(rows)
    }

    /// The sums of all days of what is counted now too, by cell.
    pub(super) async fn daily_sums(&mut self, workspace: WorkspaceId) -> Result<Cells> {
        const SQL: &str = "select environment, unit, app_id, dimension, value, \
            cast(sum(not_determined) as bigint) as not_determined, cast(sum(restricted) as bigint) as restricted, \
            cast(sum(denied) as bigint) as denied, cast(sum(authorized) as bigint) as authorized, \
            cast(sum(unknown) as bigint) as unknown, cast(sum(not_applicable) as bigint) as not_applicable \
            from daily where workspace_id = $1 and unit in (0, 1) \
            group by environment, unit, app_id, dimension, value";
        let rows: Vec<Stored> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        cells_of(rows)
    }
}

impl Scope {
    /// The counters of one unit in one environment that are not zero: totals, by app, by platform, and by platform
    /// within each app.
    pub async fn counts(&mut self, environment: Environment, unit: Unit) -> Result<Cells> {
        const SQL: &str = "select * from counters where workspace_id = $1 and environment = $2 and unit = $3 \
            and dimension in ('', 'platform')";
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
        const SQL: &str = "select * from counters where workspace_id = $1 and environment = $2 and unit = $3 \
            and app_id = $4 and dimension = $5 and value = $6";
        let (dimension, value) = key(slice);
        let workspace = self.workspace.id;
        let rows: Vec<Numbers> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(unit.code())
            .bind(app.unwrap_or(ALL_APPS))
            .bind(dimension)
            .bind(value)
            .fetch_all(c)
            .await?);
        Ok(rows.into_iter().fold(Counts::default(), |sum, numbers| sum.plus(numbers.into())))
    }

    /// The same for each value of a dimension.
    pub async fn counts_by(
        &mut self,
        environment: Environment,
        unit: Unit,
        app: Option<AppId>,
        dimension: Dimension,
    ) -> Result<BTreeMap<String, Counts>> {
        const SQL: &str = "select * from counters where workspace_id = $1 and environment = $2 and unit = $3 \
            and app_id = $4 and dimension = $5";
        let workspace = self.workspace.id;
        let rows: Vec<Stored> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(unit.code())
            .bind(app.unwrap_or(ALL_APPS))
            .bind(dimension.as_str())
            .fetch_all(c)
            .await?);
        Ok(by(rows.into_iter().map(|row| (row.value, row.numbers))))
    }

    /// The same for each app.
    pub async fn counts_by_app(&mut self, environment: Environment, unit: Unit) -> Result<BTreeMap<AppId, Counts>> {
        const SQL: &str = "select * from counters where workspace_id = $1 and environment = $2 and unit = $3 \
            and app_id <> 0 and dimension = ''";
        let workspace = self.workspace.id;
        let rows: Vec<Stored> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(unit.code())
            .fetch_all(c)
            .await?);
        Ok(by(rows.into_iter().map(|row| (row.app_id, row.numbers))))
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
        #[derive(sqlx::FromRow)]
        struct Day {
            day: i64,
            #[sqlx(flatten)]
            numbers: Numbers,
        }
        const SQL: &str = "select * from daily where workspace_id = $1 and environment = $2 and unit = $3 \
            and app_id = $4 and dimension = $5 and value = $6 and day >= $7";
        let (dimension, value) = key(slice);
        let workspace = self.workspace.id;
        let rows: Vec<Day> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(unit.code())
            .bind(app.unwrap_or(ALL_APPS))
            .bind(dimension)
            .bind(value)
            .bind(first)
            .fetch_all(c)
            .await?);
        Ok(by(rows.into_iter().map(|row| (row.day, row.numbers))))
    }
}

fn key(slice: Option<&Slice>) -> (&str, &str) {
    slice.map_or((ALL_VALUES, ""), |slice| (slice.dimension.as_str(), &slice.value))
}

/// The sums of all writers' rows by something of theirs.
fn by<K: Ord>(rows: impl Iterator<Item = (K, Numbers)>) -> BTreeMap<K, Counts> {
    let mut found: BTreeMap<K, Counts> = BTreeMap::new();
    for (key, numbers) in rows {
        let counts = found.entry(key).or_default();
        *counts = counts.plus(numbers.into());
    }
    found
}
