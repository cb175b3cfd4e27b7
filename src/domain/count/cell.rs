//! Counters, and sums of them.

use super::dimension::{Slice, Unit};
use crate::domain::att::CountedState;
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// One counter. `app` is `None` for the whole workspace, `slice` is `None` for all units.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub environment: Environment,
    pub unit: Unit,
    pub app: Option<AppId>,
    pub slice: Option<Slice>,
    pub state: CountedState,
}

/// Counters with their numbers, or with differences.
pub type Cells = BTreeMap<Cell, i64>;

/// Adds `n` to the number of a key; a sum of zero is left out.
pub fn add<K: Ord>(to: &mut BTreeMap<K, i64>, key: K, n: i64) {
    match to.entry(key) {
        Entry::Vacant(entry) if n != 0 => {
            entry.insert(n);
        }
        Entry::Occupied(mut entry) => {
            *entry.get_mut() += n;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
        Entry::Vacant(_) => {}
    }
}

/// Adds `n` times other counters.
pub fn merge(to: &mut Cells, cells: Cells, n: i64) {
    for (cell, number) in cells {
        add(to, cell, n * number);
    }
}
