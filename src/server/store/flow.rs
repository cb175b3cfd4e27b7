//! What happened on each day, as it is counted.

use super::counter::{ALL_APPS, ALL_VALUES, Slot, dimension_and_value, single_app};
use super::db::{Tx, given, on};
use super::row::rows;
use super::scope::Scope;
use super::writes::Writes;
use crate::domain::count::{Dimension, Slice};
use crate::domain::environment::Environment;
use crate::domain::flow::{Flow, FlowCell, FlowCells};
use crate::domain::id::{AppId, WorkspaceId};
use crate::domain::metric::Period;
use crate::domain::time::Day;
use crate::server::error::Result;
use std::collections::BTreeMap;
use std::ops::Range;

rows! {
    /// What one process added to one counter of a day.
    pub(super) flows: FlowRow {
        key {
            environment: Environment as bigint,
            app_id: AppId as bigint,
            dimension: String as text,
            value: String as text,
            day: Day as bigint,
            flow: i64 as bigint,
        }
        fixed {}
        changing {
            n: i64 as bigint,
        }
    }
}

impl FlowRow {
    fn of((cell, n): (&FlowCell, &i64)) -> Self {
        let (dimension, value) = dimension_and_value(cell.slice.as_ref());
        Self {
            environment: cell.environment,
            app_id: cell.app.unwrap_or(ALL_APPS),
            dimension: dimension.to_owned(),
            value: value.to_owned(),
            day: cell.day,
            flow: cell.flow.code(),
            n: *n,
        }
    }

    /// The counter; `None` for what newer code counts.
    fn cell(self) -> Option<(FlowCell, i64)> {
        let slice = match self.dimension.as_str() {
            ALL_VALUES => None,
            dimension => Some(Slice { dimension: Dimension::parse(dimension)?, value: self.value }),
        };
        let (app, flow) = (single_app(self.app_id), Flow::from_code(self.flow)?);
        Some((FlowCell { environment: self.environment, app, slice, day: self.day, flow }, self.n))
    }
}

impl Writes {
    /// Adds up what happened, in the process's slot.
    pub fn flows(&mut self, slot: Slot, cells: &FlowCells) {
        const SQL: &str = concat!(
            "insert into flows as kept (workspace_id, slot, ",
            flows!(columns),
            ") select $1, $3, ",
            flows!(given),
            " from jsonb_each($2) as given where true on conflict (workspace_id, ",
            flows!(key),
            ", slot) do update set ",
            flows!(added)
        );
        self.rows_and(SQL, given(cells.iter().map(FlowRow::of)), &[slot.0]);
    }
}

impl Tx {
    /// What is counted of the days from one on, in all, by app and by dimension.
    pub(super) async fn flow_cells(&mut self, workspace: WorkspaceId, first: Day) -> Result<FlowCells> {
        const SQL: &str = concat!(
            "select ",
            flows!(key),
            ", ",
            flows!(sums),
            " from flows where workspace_id = $1 and day >= $2 group by ",
            flows!(key)
        );
        let rows: Vec<FlowRow> = on!(self, c => sqlx::query_as(SQL).bind(workspace).bind(first).fetch_all(c).await?);
        Ok(rows.into_iter().filter_map(FlowRow::cell).collect())
    }
}

impl Scope {
    /// What happened on each of these days, in all or in one app: what has a number of these.
    pub async fn flows(
        &mut self,
        environment: Environment,
        app: Option<AppId>,
        Period { first, last }: Period,
        codes: Range<i64>,
    ) -> Result<BTreeMap<(Day, Flow), i64>> {
        const SQL: &str = "select day, flow, cast(sum(n) as bigint) as n from flows where workspace_id = $1 \
            and environment = $2 and app_id = $3 and dimension = '' and value = '' and day >= $4 and day <= $5 \
            and flow >= $6 and flow < $7 group by day, flow";
        let workspace = self.workspace.id;
        let rows: Vec<(Day, i64, i64)> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(app.unwrap_or(ALL_APPS))
            .bind(first)
            .bind(last)
            .bind(codes.start)
            .bind(codes.end)
            .fetch_all(c)
            .await?);
        Ok(rows.into_iter().filter_map(|(day, flow, n)| Some(((day, Flow::from_code(flow)?), n))).collect())
    }
}
