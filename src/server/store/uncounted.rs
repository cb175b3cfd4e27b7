//! Counting later. What a commit adds to the counters goes into ten rows for each device, most of them the same ones in
//! every commit. While more waits than one commit takes, each notes what it would add as one row, and many are added up
//! at once. A process adds up what it noted before it answers the last one who waits; what a killed one left is added up
//! by the next that starts, or within a minute.

use super::Store;
use super::count::{ADD_DAILY, ADD_NOW, rows_of_day, rows_of_now};
use super::counter::{CounterRow, Slot};
use super::db::{Tx, given, on};
use super::flow::{ADD_FLOWS, FlowRow};
use super::system::System;
use super::writes::Writes;
use crate::domain::count::Cells;
use crate::domain::flow::FlowCells;
use crate::domain::id::WorkspaceId;
use crate::domain::time::Day;
use crate::server::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

/// When a commit's differences are added to the counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// With the commit.
    AtOnce,
    /// Once somebody calls [`Store::count_noted`].
    Later,
}

/// How many commits are added up at once.
const TOGETHER: i64 = 64;

impl Writes {
    /// Notes differences that came about on a day, and what happened, under a new id.
    pub fn note_uncounted(&mut self, id: i64, day: Day, cells: &Cells, flows: &FlowCells) {
        const SQL: &str = "insert into uncounted (workspace_id, id, day, counters_json, daily_json, flows_json) \
            values ($1, $2, $3, $4, $5, $6)";
        if !cells.is_empty() || !flows.is_empty() {
            let rows = [given(rows_of_now(cells)), given(rows_of_day(cells)), given(flows.iter().map(FlowRow::of))];
            self.numbers_and(SQL, &[id, day.0], rows);
        }
    }
}

impl Store {
    /// Adds up what commits noted of these workspaces.
    pub async fn count_noted(&self, workspaces: BTreeSet<WorkspaceId>) -> Result<()> {
        for workspace in workspaces {
            while self.persist(move |store| async move { store.count_some(workspace).await }).await? == TOGETHER {}
        }
        Ok(())
    }

    /// The same for some of the commits, in one transaction; returns for how many.
    async fn count_some(&self, workspace: WorkspaceId) -> Result<i64> {
        let mut tx = self.turn(BTreeSet::from([workspace])).await?.tx;
        let noted = tx.take_noted(workspace).await?;
        let taken = noted.len() as i64;
        let mut writes = Writes::new(workspace);
        Sums::of(noted)?.write(self.slot, &mut writes);
        writes.write(&mut tx, self.is_spread).await?;
        tx.commit().await?;
        Ok(taken)
    }
}

impl System {
    /// Adds up what no process is going to: what one noted that was killed.
    pub async fn count_left_over(&self) -> Result<()> {
        let mut view = self.system_view().await?;
        let mut left = BTreeSet::new();
        for workspace in view.workspaces().await? {
            if view.tx.has_noted(workspace.id).await? {
                left.insert(workspace.id);
            }
        }
        drop(view);
        self.count_noted(left).await
    }
}

/// A commit's day, and its rows of `counters`, `daily` and `flows` as JSON.
type Noted = (Day, String, String, String);

impl Tx {
    async fn has_noted(&mut self, workspace: WorkspaceId) -> Result<bool> {
        const SQL: &str = "select exists (select 1 from uncounted where workspace_id = $1)";
        Ok(on!(self, c => sqlx::query_scalar(SQL).bind(workspace).fetch_one(c).await?))
    }

    /// Takes the oldest of what was noted away.
    async fn take_noted(&mut self, workspace: WorkspaceId) -> Result<Vec<Noted>> {
        const SQL: &str = "delete from uncounted where workspace_id = $1 and id in \
            (select id from uncounted where workspace_id = $1 order by id limit $2) \
            returning day, counters_json, daily_json, flows_json";
        Ok(on!(self, c => sqlx::query_as(SQL).bind(workspace).bind(TOGETHER).fetch_all(c).await?))
    }
}

/// The sum of rows, by their key. Keys stay the texts that they are in JSON, so that what newer code counted is added up
/// as it was counted.
#[derive(Default)]
struct Summed(BTreeMap<Vec<String>, Vec<i64>>);

impl Summed {
    /// Adds rows of which so many columns make up the key and the others are numbers.
    fn add(&mut self, rows: &str, key: usize) -> Result<()> {
        let unreadable = |what: &str| Error::Internal(format!("what a commit counted is {what}"));
        let rows: Vec<Vec<String>> = serde_json::from_str(rows).map_err(|_| unreadable("no list of rows"))?;
        for mut row in rows {
            let numbers = row.split_off(key.min(row.len()));
            let sums = self.0.entry(row).or_insert_with(|| vec![0; numbers.len()]);
            if sums.len() != numbers.len() {
                return Err(unreadable("of another length"));
            }
            for (sum, number) in sums.iter_mut().zip(numbers) {
                *sum += number.parse::<i64>().map_err(|_| unreadable("no number"))?;
            }
        }
        Ok(())
    }

    /// The rows, sorted by key; without those that add nothing.
    fn given(self) -> String {
        let adds = |numbers: &[i64]| numbers.iter().any(|number| *number != 0);
        let rows = self.0.into_iter().filter(|(_, numbers)| adds(numbers));
        given(rows.map(|(mut row, numbers)| {
            row.extend(numbers.iter().map(ToString::to_string));
            row
        }))
    }
}

/// What several commits add.
#[derive(Default)]
struct Sums {
    now: Summed,
    daily: BTreeMap<Day, Summed>,
    flows: Summed,
}

impl Sums {
    fn of(noted: Vec<Noted>) -> Result<Self> {
        let mut sums = Self::default();
        for (day, counters, daily, flows) in noted {
            sums.now.add(&counters, CounterRow::KEY)?;
            sums.daily.entry(day).or_default().add(&daily, CounterRow::KEY)?;
            sums.flows.add(&flows, FlowRow::KEY)?;
        }
        Ok(sums)
    }

    fn write(self, slot: Slot, writes: &mut Writes) {
        writes.rows_and(ADD_NOW, self.now.given(), &[slot.0]);
        for (day, rows) in self.daily {
            writes.rows_and(ADD_DAILY, rows.given(), &[slot.0, day.0]);
        }
        writes.rows_and(ADD_FLOWS, self.flows.given(), &[slot.0]);
    }
}
