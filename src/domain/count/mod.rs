//! Counting: which counters a profile and a device count in. One function each, used by ingest (after minus before), by
//! the check and by the demo, so that they cannot disagree.

mod breakdown;
mod cell;
mod counts;
mod dimension;
mod facet;
mod overflow;
mod value;

pub use breakdown::BreakdownBy;
pub use cell::{Cell, Cells, add, merge};
pub use counts::Counts;
pub use dimension::{Dimension, OVERFLOW, Slice, UNKNOWN, Unit};
pub use facet::{
    Facet, Facets, active, cells, of_changed_device, of_decided_profiles, of_device, of_undecided_profile,
};
pub use overflow::{AdmittedValues, DimensionKey, MOST_VALUES, UNSEEN, dimension_keys, note_overflow};
pub use value::Description;
