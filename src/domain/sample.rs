//! Samples of batches: what was read of one, for the eyes of those who may look up profiles.

use super::batch::Batch;
use super::identifier::IdentifierKind;
use super::identity::IdentityKind;
use super::time::HOUR;
use serde_json::{Map, Value, json};

/// How many of its newest batches an input has as samples, beside an example of each data problem.
pub const NEWEST: i64 = 20;
/// How long a sample is kept.
pub const KEPT: i64 = 24 * HOUR;

/// In place of an advertising id that is not kept or not shown.
pub const WITHHELD: &str = "(withheld)";

/// The batch as it was read, in the shape of the Events API, without what nobody reads and without its IDFA.
pub fn sample(batch: &Batch) -> Value {
    let identity = |(kind, value): &(IdentityKind, String)| {
        let repeats_idfa = batch.idfa_identities.iter().any(|(repeating, _)| repeating == kind);
        let shown = if repeats_idfa { WITHHELD } else { value };
        (kind.as_str().to_owned(), shown.into())
    };
    let identities: Map<String, Value> = batch.identities.iter().map(identity).collect();
    let mut device = filled(json!({
        "platform": batch.platform,
        "os_version": batch.os_version,
        "att_authorization_status": batch.status,
        "att_timestamp_unixtime_ms": batch.att_ms,
        "limit_ad_tracking": batch.limit_ad_tracking,
    }));
    for (kind, value) in batch.identifiers.iter().filter(|(kind, _)| *kind != IdentifierKind::MpDeviceId) {
        let shown = if *kind == IdentifierKind::Idfa { WITHHELD } else { value };
        device.insert(kind.as_str().to_owned(), shown.into());
    }
    let app = filled(json!({
        "package": batch.bundle,
        "application_name": batch.app_name,
        "application_version": batch.app_version,
    }));
    let mut top = filled(json!({
        "environment": batch.environment,
        "source_request_id": batch.source_request_id,
        "mpid": batch.mpid,
        "mp_deviceid": batch.identifier(IdentifierKind::MpDeviceId),
        "timestamp_unixtime_ms": batch.batch_ms,
        "country": batch.country,
    }));
    for (name, part) in [("user_identities", identities), ("device_info", device), ("application_info", app)] {
        if !part.is_empty() {
            top.insert(name.to_owned(), part.into());
        }
    }
    top.into()
}

/// The same with its IDFA, for which the gate was asked.
pub fn with_idfa(mut sample: Value, idfa: &str) -> Value {
    if let Some(device) = sample.get_mut("device_info").and_then(Value::as_object_mut) {
        device.insert(IdentifierKind::Idfa.as_str().to_owned(), idfa.into());
    }
    sample
}

/// The members of an object that are there.
fn filled(object: Value) -> Map<String, Value> {
    let Value::Object(members) = object else { return Map::new() };
    members.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::placeholder::Placeholders;
    use serde_json::value::RawValue;

    #[test]
    fn every_place_of_an_idfa_is_withheld_and_nothing_else() {
        let idfa = "613ff528-afd1-4c1b-9628-e6ed25ece9c0";
        let sent = json!({
            "user_identities": {"customer_id": "ada", "other": idfa, "other_id_2": idfa},
            "device_info": {"platform": "iOS", "ios_idfv": "v1", "ios_advertising_id": idfa},
            "mp_deviceid": "m1",
        });
        let raw = RawValue::from_string(sent.to_string()).expect("JSON");
        let shown = sample(&Batch::parse(&raw, Placeholders::Absent).expect("a batch"));
        let wanted = json!({
            "environment": "production",
            "user_identities": {"customer_id": "ada", "other": WITHHELD, "other_id_2": WITHHELD},
            "device_info": {"platform": "iOS", "ios_idfv": "v1", "ios_advertising_id": WITHHELD},
            "mp_deviceid": "m1",
        });
        assert_eq!(shown, wanted);
        assert_eq!(with_idfa(shown, idfa)["device_info"]["ios_advertising_id"], idfa);
    }
}
