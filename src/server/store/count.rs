//! Counters: every "now" is read from them, however many devices there are; and what each day added to them.

use super::counter::Slot;
use super::counter::{ALL_APPS, ALL_VALUES, CounterRow, cells_of, counters, dimension_and_value, rows_of, unit_of_now};
use super::db::{Tx, given, on};
use super::scope::Scope;
use super::writes::Writes;
use crate::domain::count::{Cell, Cells, Counts, Dimension, Slice, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, WorkspaceId};
use crate::domain::metric::Period;
use crate::domain::time::Day;
use crate::server::error::Result;
use std::collections::BTreeMap;

impl Writes {
    /// Adds differences that came about on a day, sorted by key, in the process's slot.
    pub fn cells(&mut self, slot: Slot, day: Day, cells: &Cells) {
        const NOW: &str = concat!(
            "insert into counters as kept (workspace_id, slot, ",
            counters!(columns),
            ") select $1, $3, ",
            counters!(given),
            " from jsonb_each($2) as given where true on conflict (workspace_id, ",
            counters!(key),
            ", slot) do update set ",
            counters!(added)
        );
        const DAILY: &str = concat!(
            "insert into daily as kept (workspace_id, slot, day, ",
            counters!(columns),
            ") select $1, $3, $4, ",
            counters!(given),
            " from jsonb_each($2) as given where true on conflict (workspace_id, ",
            counters!(key),
            ", day, slot) do update set ",
            counters!(added)
        );
        let now = given(rows_of(cells.iter().filter(|(cell, _)| cell.unit.of_now())));
        let of_days = |cell: &Cell| cell.slice.as_ref().is_none_or(|slice| !slice.dimension.is_of_now());
        let daily = given(rows_of(cells.iter().filter(|(cell, _)| of_days(cell))));
        self.rows_and(NOW, now, &[slot.0]);
        self.rows_and(DAILY, daily, &[slot.0, day.0]);
    }
}

impl Tx {
    /// All counters of a workspace that are not zero.
    pub(super) async fn cells(&mut self, workspace: WorkspaceId) -> Result<Cells> {
        const SQL: &str =
            concat!("select ", counters!(columns), " from counters where workspace_id = $1 and ", unit_of_now!());
        let rows: Vec<CounterRow> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        Ok(cells_of(rows))
    }

    /// The sums of all days of what is counted now too, by cell.
    pub(super) async fn daily_sums(&mut self, workspace: WorkspaceId) -> Result<Cells> {
        const SQL: &str = concat!(
            "select ",
            counters!(key),
            ", ",
            counters!(sums),
            " from daily where workspace_id = $1 and ",
            unit_of_now!(),
            " group by ",
            counters!(key)
        );
        let rows: Vec<CounterRow> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        Ok(cells_of(rows))
    }
}

/// Which counters are asked for: those of one unit in one environment, of all or of one app, of all values or of one.
#[derive(Clone, Copy, Debug)]
pub struct CounterSelection<'a> {
    pub environment: Environment,
    pub unit: Unit,
    pub app: Option<AppId>,
    pub slice: Option<&'a Slice>,
}

/// What days added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Those of the period.
    pub within: Counts,
    /// Those after it.
    pub after: Counts,
}

#[derive(sqlx::FromRow)]
struct AddedRow {
    is_after: bool,
    #[sqlx(flatten)]
    counter: CounterRow,
}

fn added_by<K: Ord>(rows: Vec<AddedRow>, key: impl Fn(&mut CounterRow) -> K) -> BTreeMap<K, Added> {
    let mut added: BTreeMap<K, Added> = BTreeMap::new();
    for AddedRow { is_after, mut counter } in rows {
        let counts = counter.counts();
        let sum = added.entry(key(&mut counter)).or_default();
        let part = if is_after { &mut sum.after } else { &mut sum.within };
        *part = part.plus(counts);
    }
    added
}

/// How many units in an app never answered.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UnknownInApp {
    pub name: String,
    pub profiles: i64,
    pub devices: i64,
    /// How many such apps there are.
    pub apps: i64,
}

/// Asks for rows of the scope's workspace, of one unit in one environment; with what else the text takes.
macro_rules! select {
    ($scope:ident, $sql:ident, $environment:expr, $unit:expr $(, $further:expr)*) => {{
        let workspace = $scope.workspace.id;
        on!(&mut $scope.tx, c => sqlx::query_as($sql)
            .bind(workspace)
            .bind($environment)
            .bind($unit)
            $(.bind($further))*
            .fetch_all(c)
            .await?)
    }};
}

impl Scope {
    /// The counters of one unit in one environment that are not zero: totals, by app, by platform, and by platform
    /// within each app.
    pub async fn counts(&mut self, environment: Environment, unit: Unit) -> Result<Cells> {
        const SQL: &str = concat!(
            "select ",
            counters!(columns),
            " from counters where workspace_id = $1 and environment = $2 and unit = $3 and dimension in ($4, $5)"
        );
        let (all, platform) = (ALL_VALUES, Dimension::Platform);
        Ok(cells_of(select!(self, SQL, environment, unit, all, platform)))
    }

    /// How many units have each state.
    pub async fn counts_of(&mut self, selection: CounterSelection<'_>) -> Result<Counts> {
        const SQL: &str = concat!(
            "select ",
            counters!(columns),
            " from counters where workspace_id = $1 and environment = $2 and unit = $3 \
            and app_id = $4 and dimension = $5 and value = $6"
        );
        let CounterSelection { environment, unit, app, slice } = selection;
        let (dimension, value) = dimension_and_value(slice);
        let rows: Vec<CounterRow> = select!(self, SQL, environment, unit, app.unwrap_or(ALL_APPS), dimension, value);
        Ok(rows.into_iter().fold(Counts::default(), |sum, mut row| sum.plus(row.counts())))
    }

    /// The same for each value of a dimension.
    pub async fn counts_by(
        &mut self,
        environment: Environment,
        unit: Unit,
        app: Option<AppId>,
        dimension: Dimension,
    ) -> Result<BTreeMap<String, Counts>> {
        const SQL: &str = concat!(
            "select ",
            counters!(columns),
            " from counters where workspace_id = $1 and environment = $2 and unit = $3 and app_id = $4 and dimension = $5"
        );
        let rows: Vec<CounterRow> = select!(self, SQL, environment, unit, app.unwrap_or(ALL_APPS), dimension);
        Ok(sums_by(rows.into_iter().map(|mut row| (std::mem::take(&mut row.value), row.counts()))))
    }

    /// The same for each app.
    pub async fn counts_by_app(&mut self, environment: Environment, unit: Unit) -> Result<BTreeMap<AppId, Counts>> {
        const SQL: &str = concat!(
            "select ",
            counters!(columns),
            " from counters where workspace_id = $1 and environment = $2 and unit = $3 and app_id <> $4 and dimension = $5"
        );
        let rows: Vec<CounterRow> = select!(self, SQL, environment, unit, ALL_APPS, ALL_VALUES);
        Ok(sums_by(rows.into_iter().map(|mut row| (row.app_id, row.counts()))))
    }

    /// The apps with units that never answered, at most `limit`: those with the most devices first, and of as many by name.
    /// Where counts are shown in steps they stand in the order of these, and with apps that have none, which is not told.
    pub async fn unknown_by_app(
        &mut self,
        environment: Environment,
        step: i64,
        limit: i64,
    ) -> Result<Vec<UnknownInApp>> {
        // Put under one another, for Postgres would walk through the sums once for each app that it joins them to.
        const SQL: &str = "with sums as (select id, max(name) as name, cast(sum(profiles) as bigint) as profiles, \
            cast(sum(devices) as bigint) as devices from (\
            select id, name, 0 as profiles, 0 as devices from apps where workspace_id = $1 union all \
            select app_id, null, case when unit = $3 then unknown else 0 end, case when unit = $4 then unknown else 0 end \
            from counters where workspace_id = $1 and environment = $2 and unit in ($3, $4) and dimension = $5) as rows \
            group by id) \
            select name, profiles, devices, count(*) over () as apps from sums \
            where name is not null and ($6 > 1 or profiles + devices > 0) \
            order by case when devices < $6 then 0 else (devices + $6 / 2) / $6 end desc, name, id limit $7";
        Ok(select!(self, SQL, environment, Unit::Profiles, Unit::Devices, ALL_VALUES, step, limit))
    }

    /// What the days of a period and those after it added, for each value of a dimension.
    pub async fn added_by(
        &mut self,
        environment: Environment,
        unit: Unit,
        app: Option<AppId>,
        dimension: Dimension,
        period: Period,
    ) -> Result<BTreeMap<String, Added>> {
        const SQL: &str = concat!(
            "select day > $7 as is_after, ",
            counters!(key),
            ", ",
            counters!(sums),
            " from daily where workspace_id = $1 and environment = $2 and unit = $3 and app_id = $4 and dimension = $5 \
            and day >= $6 group by is_after, ",
            counters!(key)
        );
        let Period { first, last } = period;
        let rows: Vec<AddedRow> =
            select!(self, SQL, environment, unit, app.unwrap_or(ALL_APPS), dimension, first, last);
        Ok(added_by(rows, |row| std::mem::take(&mut row.value)))
    }

    /// The same for each app.
    pub async fn added_by_app(
        &mut self,
        environment: Environment,
        unit: Unit,
        period: Period,
    ) -> Result<BTreeMap<AppId, Added>> {
        const SQL: &str = concat!(
            "select day > $7 as is_after, ",
            counters!(key),
            ", ",
            counters!(sums),
            " from daily where workspace_id = $1 and environment = $2 and unit = $3 and app_id <> $4 and dimension = $5 \
            and day >= $6 group by is_after, ",
            counters!(key)
        );
        let Period { first, last } = period;
        let rows: Vec<AddedRow> = select!(self, SQL, environment, unit, ALL_APPS, ALL_VALUES, first, last);
        Ok(added_by(rows, |row| row.app_id))
    }

    /// What each day from `first` on added.
    pub async fn daily(&mut self, selection: CounterSelection<'_>, first: Day) -> Result<BTreeMap<Day, Counts>> {
        #[derive(sqlx::FromRow)]
        struct DayRow {
            day: Day,
            #[sqlx(flatten)]
            counter: CounterRow,
        }
        const SQL: &str = concat!(
            "select day, ",
            counters!(columns),
            " from daily where workspace_id = $1 and environment = $2 and unit = $3 \
            and app_id = $4 and dimension = $5 and value = $6 and day >= $7"
        );
        let CounterSelection { environment, unit, app, slice } = selection;
        let (dimension, value) = dimension_and_value(slice);
        let rows: Vec<DayRow> = select!(self, SQL, environment, unit, app.unwrap_or(ALL_APPS), dimension, value, first);
        Ok(sums_by(rows.into_iter().map(|mut row| (row.day, row.counter.counts()))))
    }
}

/// The sums of all processes' rows by something of theirs.
fn sums_by<K: Ord>(rows: impl Iterator<Item = (K, Counts)>) -> BTreeMap<K, Counts> {
    let mut sums: BTreeMap<K, Counts> = BTreeMap::new();
    for (key, counts) in rows {
        let sum = sums.entry(key).or_default();
        *sum = sum.plus(counts);
    }
    sums
}
