//! Which of a profile's devices decides its status.

use super::device::Device;
use super::id::DeviceId;
use super::time::Millis;
use std::cmp::Reverse;

/// What a device has to outrank the other devices of a profile. Among Apple devices with a status the greatest `as_of`
/// is first; then come Apple devices without one, and then the others, each by when they were seen last. The smaller id
/// breaks a tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    as_of: Option<Millis>,
    is_apple: bool,
    /// Of devices without a status: among others the id alone may break a tie.
    last_seen: Option<Millis>,
    id: Reverse<DeviceId>,
}

/// A device's rank; a retired one has none.
pub fn rank(device: &Device) -> Option<Rank> {
    let is_apple = device.platform.is_apple();
    let as_of = device.reported.filter(|_| is_apple).map(|reported| reported.as_of);
    let last_seen = as_of.is_none().then_some(device.last_seen);
    (!device.retired).then_some(Rank { as_of, is_apple, last_seen, id: Reverse(device.id) })
}

/// The device of the highest rank.
pub fn deciding_device<'a>(devices: impl IntoIterator<Item = &'a Device>) -> Option<&'a Device> {
    let ranked = devices.into_iter().filter_map(|device| Some((rank(device)?, device)));
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, device)| device)
}
