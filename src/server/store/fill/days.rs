//! Gathering what many days add to the counters, in small keys: a long history counts hundreds of millions of times.

use crate::domain::att::CountedState;
use crate::domain::count::{self, Cell, Cells, Dimension, Facets, Slice, Unit};
use crate::domain::environment::Environment;
use crate::domain::flow::FlowCells;
use crate::domain::id::AppId;
use crate::domain::time::Day;
use std::collections::{BTreeMap, HashMap};

/// What each day of the workspace adds to the counters.
#[derive(Default)]
pub struct Days {
    numbers: HashMap<DayKey, i64>,
    values: Values,
    pub flows: FlowCells,
}

/// A counter of one day.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct DayKey {
    day: Day,
    environment: Environment,
    unit: Unit,
    app: Option<AppId>,
    /// With the number of the value.
    slice: Option<(Dimension, u32)>,
    state: CountedState,
}

/// Values of dimensions by number.
#[derive(Default)]
struct Values {
    numbers: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Values {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.numbers.insert(text.to_owned(), number);
        self.texts.push(text.to_owned());
        number
    }
}

impl Days {
    /// Counts what came about on a day.
    pub fn add(&mut self, day: Day, facets: &Facets<'_>) {
        for (facet, n) in facets {
            let (environment, unit, app, state) = (facet.environment, facet.unit, facet.app, facet.state);
            for slice in [None].into_iter().chain(facet.slices().map(Some)) {
                let slice = slice.map(|(dimension, value)| (dimension, self.values.number(value)));
                *self.numbers.entry(DayKey { day, environment, unit, app, slice, state }).or_default() += n;
            }
        }
    }

    /// Takes in what others add.
    pub fn merge(&mut self, others: &Self) {
        for (key, n) in &others.numbers {
            let slice = key
                .slice
                .map(|(dimension, value)| (dimension, self.values.number(&others.values.texts[value as usize])));
            *self.numbers.entry(DayKey { slice, ..*key }).or_default() += n;
        }
        for (cell, n) in &others.flows {
            count::add(&mut self.flows, cell.clone(), *n);
        }
    }

    /// The counters of each day.
    pub fn cells(&self) -> BTreeMap<Day, Cells> {
        let mut days: BTreeMap<Day, Cells> = BTreeMap::new();
        for (key, n) in self.numbers.iter().filter(|(_, n)| **n != 0) {
            let DayKey { day, environment, unit, app, slice, state } = *key;
            let value = |value: u32| self.values.texts[value as usize].clone();
            let slice = slice.map(|(dimension, number)| Slice { dimension, value: value(number) });
            days.entry(day).or_default().insert(Cell { environment, unit, app, slice, state }, *n);
        }
        days
    }
}
