//! Counting later. What a commit adds to the counters goes into ten rows for each device, most of them the same ones in
//! every commit. While more waits than one commit takes, each notes what it would add as one row, and many are added up
//! at once. A process adds up what it noted before it answers the last one who waits; what a killed one left is added up
//! by whoever counts in the workspace next, by the next process that starts, or within a minute.

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
    /// Once somebody calls [`Store::count_noted`], or counts something at once.
    Later,
}

/// How many commits are added up at once.
const TOGETHER: usize = 64;

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

    /// Removes what was noted under these ids.
    fn forget_noted(&mut self, ids: String) {
        const SQL: &str = "delete from uncounted where workspace_id = $1 and id in \
            (select cast(given.value->>0 as bigint) from jsonb_each($2) as given)";
        self.rows(SQL, ids);
    }
}

impl Store {
    /// Adds up what commits noted of these workspaces, in one transaction; in one for each where that fails, and where
    /// workspaces are spread over machines.
    pub async fn count_noted(&self, workspaces: BTreeSet<WorkspaceId>) -> Result<()> {
        if !self.is_spread && self.count_together(workspaces.clone()).await.is_ok() {
            return Ok(());
        }
        self.count_each(workspaces).await
    }

    /// What cannot be counted of one workspace keeps nothing back of the others.
    async fn count_each(&self, workspaces: BTreeSet<WorkspaceId>) -> Result<()> {
        let mut all = Ok(());
        for workspace in workspaces {
            all = all.and(self.count_together(BTreeSet::from([workspace])).await);
        }
        all
    }

    async fn count_together(&self, workspaces: BTreeSet<WorkspaceId>) -> Result<()> {
        self.persist(move |store| {
            let workspaces = workspaces.clone();
            async move {
                let mut tx = store.turn(workspaces.clone()).await?.tx;
                for workspace in workspaces {
                    tx.count_noted(&store, workspace).await?;
                }
                tx.commit().await
            }
        })
        .await
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
        self.count_each(left).await
    }
}

/// A commit's id and day, and its rows of `counters`, `daily` and `flows` as JSON.
type Noted = (i64, Day, String, String, String);

impl Tx {
    async fn has_noted(&mut self, workspace: WorkspaceId) -> Result<bool> {
        const SQL: &str = "select exists (select 1 from uncounted where workspace_id = $1)";
        Ok(on!(self, c => sqlx::query_scalar(SQL).bind(workspace).fetch_one(c).await?))
    }

    /// Adds up what was noted of a workspace, whose lane this transaction has, by whatever process. Whoever counts
    /// something at once does this before: later differences without earlier ones would make numbers that never were.
    pub(super) async fn count_noted(&mut self, store: &Store, workspace: WorkspaceId) -> Result<()> {
        let mut last = i64::MIN;
        loop {
            let (noted, mut taken, mut sums) = (self.noted(workspace, last).await?, Vec::new(), Sums::default());
            last = noted.last().map_or(last, |(id, ..)| *id);
            for commit in &noted {
                match sums.add(commit) {
                    Ok(()) => taken.push([commit.0.to_string()]),
                    // It stays, for the check to show; whoever reports next shall not suffer from it.
                    Err(error) => tracing::error!(%error, "what a commit noted is left out of the counters"),
                }
            }
            let mut writes = Writes::new(workspace);
            writes.forget_noted(given(&taken));
            sums.write(store.slot, &mut writes);
            writes.write(self, store.is_spread).await?;
            if noted.len() < TOGETHER {
                return Ok(());
            }
        }
    }

    /// What was noted, in the order of ids, from after one on.
    async fn noted(&mut self, workspace: WorkspaceId, after: i64) -> Result<Vec<Noted>> {
        const SQL: &str = "select id, day, counters_json, daily_json, flows_json from uncounted \
            where workspace_id = $1 and id > $2 order by id limit $3";
        Ok(on!(self, c => sqlx::query_as(SQL).bind(workspace).bind(after).bind(TOGETHER as i64).fetch_all(c).await?))
    }
}

/// The sum of rows, by their key. Keys stay the texts that they are in JSON, so that what newer code counts by is added up
/// as it was noted.
#[derive(Default)]
struct Summed(BTreeMap<Vec<String>, Vec<i64>>);

impl Summed {
    /// Adds a row to those of its key.
    fn add(&mut self, KeyedRow { key, numbers }: KeyedRow) {
        let sums = self.0.entry(key).or_insert_with(|| vec![0; numbers.len()]);
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
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

/// A row whose first columns are its key and whose others are numbers.
struct KeyedRow {
    key: Vec<String>,
    numbers: Vec<i64>,
}

/// Rows of so many columns as a commit noted them, of which so many make up the key. Those of code that counts more or
/// less are for that code to add up.
fn read(rows: &str, key: usize, columns: usize) -> Result<Vec<KeyedRow>> {
    let unreadable = || Error::Internal("no rows of counters".to_owned());
    let rows: Vec<Vec<String>> = serde_json::from_str(rows).map_err(|_| unreadable())?;
    if rows.iter().any(|row| row.len() != columns) {
        return Err(unreadable());
    }
    let read = |mut row: Vec<String>| {
        let numbers = row.split_off(key);
        let numbers: Result<Vec<i64>> = numbers.iter().map(|number| number.parse().map_err(|_| unreadable())).collect();
        Ok(KeyedRow { key: row, numbers: numbers? })
    };
    rows.into_iter().map(read).collect()
}

/// What several commits add.
#[derive(Default)]
struct Sums {
    now: Summed,
    daily: BTreeMap<Day, Summed>,
    flows: Summed,
}

impl Sums {
    /// Adds a commit's differences, all or none of them.
    fn add(&mut self, (_, day, counters, daily, flows): &Noted) -> Result<()> {
        let (counters, flows) =
            (read(counters, CounterRow::KEY, CounterRow::COLUMNS)?, read(flows, FlowRow::KEY, FlowRow::COLUMNS)?);
        let days = read(daily, CounterRow::KEY, CounterRow::COLUMNS)?;
        counters.into_iter().for_each(|row| self.now.add(row));
        let of_day = self.daily.entry(*day).or_default();
        days.into_iter().for_each(|row| of_day.add(row));
        flows.into_iter().for_each(|row| self.flows.add(row));
        Ok(())
    }

    fn write(self, slot: Slot, writes: &mut Writes) {
        writes.rows_and(ADD_NOW, self.now.given(), &[slot.0]);
        for (day, rows) in self.daily {
            writes.rows_and(ADD_DAILY, rows.given(), &[slot.0, day.0]);
        }
        writes.rows_and(ADD_FLOWS, self.flows.given(), &[slot.0]);
    }
}
