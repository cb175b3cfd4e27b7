//! Counters: every "now" is read from them, however many devices there are.

use super::db::{Tx, on};
use super::handle::Scope;
use crate::domain::att::{State, Status};
use crate::domain::count::{Cell, Cells, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, WorkspaceId};
use crate::domain::platform::Platform;
use crate::server::error::{Error, Result};
use serde_json::json;

/// Counters of the whole workspace stand under this app.
const ALL_APPS: AppId = AppId(0);
const PLATFORM: &str = "platform";
/// Several writers would each have a slot of their own; this process writes alone.
const SLOT: i64 = 0;

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
    fn cell(&self) -> Option<(Cell, i64)> {
        let state = match self.status {
            4 => State::Unknown,
            5 => State::NotApplicable,
            code => State::Known(Status::from_code(code)?),
        };
        let unit = Unit::ALL.into_iter().find(|unit| unit.code() == self.unit)?;
        let platform = if self.dimension == PLATFORM { Some(Platform::parse(&self.value)?) } else { None };
        let app = (self.app_id != ALL_APPS).then_some(self.app_id);
        Some((Cell { environment: self.environment, unit, app, platform, state }, self.n))
    }
}

impl Tx {
    /// Adds differences, sorted by key.
    pub(super) async fn add_cells(&mut self, workspace: WorkspaceId, cells: &Cells) -> Result<()> {
        const SQL: &str = "insert into counters (workspace_id, environment, unit, app_id, dimension, value, status, slot, n) \
            select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), \
            cast(given.value->>2 as bigint), given.value->>3, given.value->>4, cast(given.value->>5 as bigint), $3, \
            cast(given.value->>6 as bigint) from json_each($2) as given where true \
            on conflict (workspace_id, environment, unit, app_id, dimension, value, status, slot) \
            do update set n = counters.n + excluded.n";
        if cells.is_empty() {
            return Ok(());
        }
        let row = |(cell, n): (&Cell, &i64)| {
            let (dimension, value) = cell.platform.map_or(("", ""), |platform| (PLATFORM, platform.as_str()));
            let app = cell.app.unwrap_or(ALL_APPS).0;
            json!([cell.environment.code(), cell.unit.code(), app, dimension, value, cell.state.code(), n])
        };
        let rows = serde_json::Value::from(cells.iter().map(row).collect::<Vec<_>>()).to_string();
        on!(self, c => { sqlx::query(SQL).bind(workspace).bind(rows).bind(SLOT).execute(c).await?; });
        Ok(())
    }

    /// All counters of a workspace that are not zero.
    pub(super) async fn cells(&mut self, workspace: WorkspaceId) -> Result<Cells> {
        const SQL: &str = "select environment, unit, app_id, dimension, value, status, cast(sum(n) as bigint) as n \
            from counters where workspace_id = $1 group by environment, unit, app_id, dimension, value, status";
        let rows: Vec<Stored> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        cells_of(rows)
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

impl Scope {
    /// The counters of one unit in one environment that are not zero: totals, by app, by platform, and by platform
    /// within each app.
    pub async fn counts(&mut self, environment: Environment, unit: Unit) -> Result<Cells> {
        const SQL: &str = "select environment, unit, app_id, dimension, value, status, cast(sum(n) as bigint) as n \
            from counters where workspace_id = $1 and environment = $2 and unit = $3 \
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
}
