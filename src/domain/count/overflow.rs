//! Values that senders choose freely have a place of their own only as long as there are not too many of them; the
//! rest is counted together. A device remembers which of its values were, so that it leaves the counts where it entered
//! them.

use super::{Dimension, OVERFLOW, UNKNOWN};
use crate::domain::device::Device;
use crate::domain::id::AppId;
use crate::domain::time::DAY;
use std::collections::BTreeSet;

/// How many values of one dimension have a place, in the workspace and in each app.
pub const MOST_VALUES: i64 = 1000;
/// A value that was not seen for so long gives its place back, in milliseconds.
pub const UNSEEN: i64 = 180 * DAY;

/// Which of a device's values are counted under [`OVERFLOW`]: one bit for each dimension in the workspace, and one in the
/// app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverflowValues(pub i64);

impl OverflowValues {
    fn bit(dimension: Dimension, within_app: bool) -> i64 {
        1 << (2 * dimension as i64 + i64::from(within_app))
    }

    pub(super) fn contains(self, dimension: Dimension, within_app: bool) -> bool {
        self.0 & Self::bit(dimension, within_app) != 0
    }
}

/// A value of a dimension, in the workspace or in an app.
pub type DimensionKey = (Option<AppId>, Dimension, String);

/// The values that have a place.
#[derive(Clone, Debug, Default)]
pub struct AdmittedValues(pub BTreeSet<DimensionKey>);

impl Device {
    /// Where its values would be counted.
    pub fn dimension_keys(&self) -> impl Iterator<Item = DimensionKey> {
        let each = self.open_values().into_iter().filter(|(_, value)| value != UNKNOWN && value != OVERFLOW);
        each.flat_map(|(dimension, value)| [None, Some(self.app)].map(|app| (app, dimension, value.to_string())))
    }

    /// Folds those of its values that have no place.
    pub fn note_overflow(&mut self, admitted: &AdmittedValues) {
        let overflowing = self.dimension_keys().filter(|key| !admitted.0.contains(key));
        let bits = overflowing.map(|(app, dimension, _)| OverflowValues::bit(dimension, app.is_some()));
        self.overflow = OverflowValues(bits.fold(0, |all, bit| all | bit));
    }
}
