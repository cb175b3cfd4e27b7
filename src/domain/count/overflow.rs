//! The overflow bucket: values that senders choose freely are admitted to a counter of their own only as long as there
//! are not too many of them; the rest is counted together. A device remembers which of its values were, so that it
//! leaves the counts where it entered them.

use super::dimension::{Dimension, OVERFLOW, UNKNOWN};
use super::value::Description;
use crate::domain::device::{Device, OverflowValues};
use crate::domain::id::AppId;
use crate::domain::time::DAY;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How many values of one dimension are admitted, in the workspace and in each app.
pub const MOST_VALUES: i64 = 1000;
/// A value that was not seen for so long is no longer admitted, in milliseconds.
pub const UNSEEN: i64 = 180 * DAY;

/// A value of a dimension, in the workspace or in an app.
pub type DimensionKey<'a> = (Option<AppId>, Dimension, Cow<'a, str>);

/// The values that have a counter of their own.
#[derive(Clone, Debug, Default)]
pub struct AdmittedValues(BTreeSet<DimensionKey<'static>>);

impl FromIterator<DimensionKey<'static>> for AdmittedValues {
    fn from_iter<I: IntoIterator<Item = DimensionKey<'static>>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl AdmittedValues {
    pub fn contains(&self, key: &DimensionKey<'_>) -> bool {
        self.0.contains(key)
    }
}

/// One bit for each dimension in the workspace, and one in the app.
fn bit(dimension: Dimension, within_app: bool) -> i64 {
    1 << (2 * dimension as i64 + i64::from(within_app))
}

/// Whether the device's value of a dimension is counted in the overflow bucket.
pub(super) fn counts_under_overflow(device: &Device, dimension: Dimension, within_app: bool) -> bool {
    device.overflow.0 & bit(dimension, within_app) != 0
}

/// Where a device's values would be counted.
pub fn dimension_keys(device: &Device) -> impl Iterator<Item = DimensionKey<'_>> {
    let each =
        Description::of(device).open_values().into_iter().filter(|(_, value)| value != UNKNOWN && value != OVERFLOW);
    each.flat_map(|(dimension, value)| [(None, dimension, value.clone()), (Some(device.app), dimension, value)])
}

/// Notes on the device which of its values are not admitted.
pub fn note_overflow(device: &mut Device, admitted: &AdmittedValues) {
    let overflowing = dimension_keys(device).filter(|key| !admitted.contains(key));
    let bits = overflowing.map(|(app, dimension, _)| bit(dimension, app.is_some()));
    device.overflow = OverflowValues(bits.fold(0, |all, bit| all | bit));
}
