//! Profiles: users as the event stream knows them.

use super::closed_list::closed_list;
use super::environment::Environment;
use super::id::{DeviceId, ProfileId};
use super::joins::{Joins, MOST_DEVICES};
use super::time::{Day, Millis};

/// Ids that we make for profiles stay below this, so that every client can hold them in a double.
pub const MADE_BELOW: i64 = 1 << 53;

/// A profile as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub id: ProfileId,
    pub environment: Environment,
    /// The sender's id of it, or one that we made.
    pub mpid: i64,
    /// The device whose anonymous user it is; `None` once a batch named it.
    pub anonymous_on: Option<DeviceId>,
    pub first_seen: Millis,
    pub last_seen: Millis,
    /// How many devices it uses.
    pub devices: i64,
    /// How often it began to use a device.
    pub joins: Joins,
}

impl Profile {
    /// Whether it may use no further device.
    pub fn is_full(&self, day: Day) -> bool {
        self.joins.are_full(day) || self.devices >= MOST_DEVICES
    }
}

closed_list! {
    /// By what somebody looks: the names of the form's choices.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum LookUpBy {
        #[default]
        CustomerId => "customer_id",
        Email => "email",
        Mpid => "mpid",
        DeviceId => "device_id",
    }
}
