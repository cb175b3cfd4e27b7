//! What folding makes of batches that are told one after another.

mod counted;
mod gate;
mod joined;
mod problem;

use super::*;
use crate::domain::att::Policy;
use crate::domain::device::Device;
use crate::domain::id::{AppId, InputId, ProfileId};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::placeholder::Placeholders;
use crate::domain::time::{DAY, Day, Millis};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::sync::Arc;

/// Ids that count up.
struct Numbers(i64);

impl IdSource for Numbers {
    fn new_id(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }

    fn new_mpid(&mut self) -> i64 {
        self.new_id() + 1_000_000
    }
}

/// A population with nothing else in the store, and how the next batch arrives.
struct Story {
    population: Population,
    arrival: Arrival,
    ids: Numbers,
}

impl Story {
    fn new() -> Self {
        let arrival = Arrival {
            input: InputId(1),
            app: AppId(1),
            named_by: AppId(1),
            received: Millis(1_795_356_300_000),
            policy: Policy::Withhold,
            default: None,
            erasings: Arc::default(),
            is_clock_steady: true,
            day: Day(20_779),
            historical: false,
        };
        Self { population: Population::default(), arrival, ids: Numbers(0) }
    }

    fn tell(&mut self, batch: &Value) -> Folded {
        let raw = RawValue::from_string(batch.to_string()).expect("JSON");
        let batch = Batch::parse(&raw, Placeholders::Absent).expect("a batch");
        let folded = self.population.fold(&batch, &self.arrival, &mut self.ids);
        self.population.decide();
        assert_eq!(self.population.clone().decide_afresh(), [], "what decides is as it would be derived");
        assert_eq!(self.population.devices_that_differ(), []);
        folded
    }

    fn problems(&mut self, batch: &Value) -> Vec<DataProblem> {
        self.tell(batch).data_problems
    }

    /// The device that a batch turns out to be about.
    fn device(&mut self, batch: &Value) -> Device {
        let device = self.tell(batch).device.expect("a device");
        self.population.devices[&device].clone()
    }

    fn wait(&mut self, ms: i64) {
        self.arrival.received = self.arrival.received.plus(ms);
        self.arrival.day = Day(self.arrival.day.0 + ms / DAY);
    }

    fn customer(&self, value: &str) -> Option<ProfileId> {
        let environment = Default::default();
        let identity = Identity { environment, kind: IdentityKind::CustomerId, value: value.to_owned() };
        self.population.identities.get(&identity).map(|lead| lead.to)
    }
}

/// A batch of an iPhone of this IDFV with more of its device's fields.
fn phone(idfv: &str, more: Value) -> Value {
    let mut device = json!({"platform": "iOS", "os_version": "17.5", "ios_idfv": idfv});
    let (Value::Object(device_fields), Value::Object(more)) = (&mut device, more) else { unreachable!() };
    device_fields.extend(more);
    json!({ "device_info": device })
}

/// The batch with more at its top.
fn with(mut batch: Value, name: &str, value: Value) -> Value {
    batch[name] = value;
    batch
}

/// The batch of somebody by their customer id.
fn of(customer: &str, batch: Value) -> Value {
    with(batch, "user_identities", json!({"customer_id": customer}))
}

const IDFA: &str = "11111111-2222-3333-4444-555555555555";
const OTHER_IDFA: &str = "99999999-2222-3333-4444-555555555555";
