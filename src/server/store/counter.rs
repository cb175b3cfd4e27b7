//! Rows of counters, and the cells whose numbers are in them.

use super::row::rows;
use crate::domain::att::{CountedState, Status};
use crate::domain::count::{self, Cell, Cells, Counts, Dimension, Slice, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::AppId;

/// Which of a counter's rows a process adds to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot(pub(super) i64);

/// Counters of the whole workspace have this app.
pub(super) const ALL_APPS: AppId = AppId(0);

/// The app whose counters they are; `None` for those of the whole workspace.
pub(super) fn single_app(app: AppId) -> Option<AppId> {
    (app != ALL_APPS).then_some(app)
}

/// Counters of all values have this dimension, and no value.
pub(super) const ALL_VALUES: &str = "";

/// The units of which there is a number now ([`Unit::of_now`]), spelt out, for there are days of others too.
macro_rules! unit_of_now {
    () => {
        "unit in (0, 1)"
    };
}
pub(super) use unit_of_now;

rows! {
    /// What one process added to the counters of one value, in all or on a day.
    pub(super) counters: CounterRow {
        key {
            environment: Environment as bigint,
            unit: Unit as bigint,
            app_id: AppId as bigint,
            dimension: String as text,
            value: String as text,
        }
        fixed {}
        changing {
            not_determined: i64 as bigint,
            restricted: i64 as bigint,
            denied: i64 as bigint,
            authorized: i64 as bigint,
            unknown: i64 as bigint,
            not_applicable: i64 as bigint,
        }
    }
}

impl CounterRow {
    /// The row that a cell's number is in, with nothing counted.
    fn of(cell: &Cell) -> Self {
        let (dimension, value) = dimension_and_value(cell.slice.as_ref());
        Self {
            environment: cell.environment,
            unit: cell.unit,
            app_id: cell.app.unwrap_or(ALL_APPS),
            dimension: dimension.to_owned(),
            value: value.to_owned(),
            not_determined: 0,
            restricted: 0,
            denied: 0,
            authorized: 0,
            unknown: 0,
            not_applicable: 0,
        }
    }

    /// Whether a cell's number is in this row.
    fn has(&self, cell: &Cell) -> bool {
        let (dimension, value) = dimension_and_value(cell.slice.as_ref());
        (self.environment, self.unit, self.app_id) == (cell.environment, cell.unit, cell.app.unwrap_or(ALL_APPS))
            && (self.dimension.as_str(), self.value.as_str()) == (dimension, value)
    }

    fn number_mut(&mut self, state: CountedState) -> &mut i64 {
        match state {
            CountedState::Known(Status::NotDetermined) => &mut self.not_determined,
            CountedState::Known(Status::Restricted) => &mut self.restricted,
            CountedState::Known(Status::Denied) => &mut self.denied,
            CountedState::Known(Status::Authorized) => &mut self.authorized,
            CountedState::Unknown => &mut self.unknown,
            CountedState::NotApplicable => &mut self.not_applicable,
        }
    }

    pub fn counts(&mut self) -> Counts {
        let mut counts = Counts::default();
        CountedState::ALL.into_iter().for_each(|state| counts.add(state, *self.number_mut(state)));
        counts
    }

    /// The cell of one of its numbers, to be known by its state; `None` when nothing counts under its dimension.
    fn cell(&self) -> Option<Cell> {
        let slice = match self.dimension.as_str() {
            ALL_VALUES => None,
            dimension => Some(Slice { dimension: Dimension::parse(dimension)?, value: self.value.clone() }),
        };
        let app = single_app(self.app_id);
        Some(Cell { environment: self.environment, unit: self.unit, app, slice, state: CountedState::Unknown })
    }
}

pub(super) fn dimension_and_value(slice: Option<&Slice>) -> (&str, &str) {
    slice.map_or((ALL_VALUES, ""), |slice| (slice.dimension.as_str(), &slice.value))
}

pub(super) fn cells_of(rows: Vec<CounterRow>) -> Cells {
    let mut cells = Cells::new();
    for mut row in rows {
        // What newer code counts by is none of ours.
        let Some(cell) = row.cell() else { continue };
        let counts = row.counts();
        for state in CountedState::ALL.into_iter().filter(|state| counts.of(*state) != 0) {
            count::add(&mut cells, Cell { state, ..cell.clone() }, counts.of(state));
        }
    }
    cells
}

/// The rows that cells make up, sorted by key as the cells are.
pub(super) fn rows_of<'a>(cells: impl Iterator<Item = (&'a Cell, &'a i64)>) -> Vec<CounterRow> {
    let mut rows: Vec<CounterRow> = Vec::new();
    for (cell, n) in cells {
        if !rows.last().is_some_and(|row| row.has(cell)) {
            rows.push(CounterRow::of(cell));
        }
        if let Some(row) = rows.last_mut() {
            *row.number_mut(cell.state) += n;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_unit_of_now_is_left_out() {
        let of_now = Unit::ALL.into_iter().filter(|unit| unit.of_now());
        let codes: Vec<String> = of_now.map(|unit| unit.code().to_string()).collect();
        assert_eq!(unit_of_now!(), format!("unit in ({})", codes.join(", ")));
    }
}
