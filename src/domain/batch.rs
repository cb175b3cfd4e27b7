//! A batch of the Events API: what is read of it, and every fault at once.

use super::att::Status;
use super::environment::Environment;
use super::error::{Fault, Problem};
use super::identifier::{IdentifierKind, normalized};
use super::identity::IdentityKind;
use super::json::{self, Field, Object};
use super::platform::Platform;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One KB is 1,024 bytes.
const KB: usize = 1024;
/// The largest request, in bytes.
pub const LARGEST_REQUEST: usize = 256 * KB;
/// The largest single batch, in bytes.
pub const LARGEST_BATCH: usize = 128 * KB;
/// The most batches of one bulk request.
pub const MOST_BATCHES: usize = 100;
/// The most user attributes of one batch.
pub const MOST_ATTRIBUTES: usize = 100;

/// What a batch says, as far as anything here needs it; the rest is dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub environment: Environment,
    pub source_request_id: Option<String>,
    pub mpid: Option<i64>,
    /// In the order in which they decide.
    pub identities: Vec<(IdentityKind, String)>,
    /// Ids of the device, normalized, without absent ones.
    pub identifiers: Vec<(IdentifierKind, String)>,
    /// `None`: whatever the device is known as.
    pub platform: Option<Platform>,
    /// `application_info.package`.
    pub bundle: Option<String>,
    pub app_name: Option<String>,
    pub app_version: Option<String>,
    pub os_version: Option<String>,
    /// ISO 3166 alpha-2 in capitals.
    pub country: Option<String>,
    pub status: Option<Status>,
    /// What older SDKs send in place of a status; only compared with it.
    pub limit_ad_tracking: Option<bool>,
    /// `att_timestamp_unixtime_ms` as sent.
    pub att_ms: Option<i64>,
    /// `timestamp_unixtime_ms` as sent.
    pub batch_ms: Option<i64>,
    /// The latest of the events' times.
    pub event_ms: Option<i64>,
}

/// The field of a status.
pub const STATUS: &str = "device_info.att_authorization_status";

impl Batch {
    /// Reads one batch; on failure all that is wrong with it, field by field.
    pub fn parse(raw: &RawValue) -> Result<Self, Vec<Fault>> {
        if raw.get().len() > LARGEST_BATCH {
            return Err(vec![Fault::new("", Problem::TooLarge)]);
        }
        let top = Object::read(raw).map_err(|problem| vec![Fault::new("", problem)])?;
        let mut reader = Reader { faults: Vec::new() };
        let batch = reader.batch(&top);
        if reader.faults.is_empty() { Ok(batch) } else { Err(reader.faults) }
    }

    /// Whether the policy `require_status` refuses it: it has an Apple platform's IDFA, and neither a status nor a default
    /// to go by. Decided from the batch and the settings alone.
    pub fn lacks_status(&self, default: Option<Status>) -> bool {
        let apple = self.platform.is_some_and(Platform::is_apple);
        apple && self.identifier(IdentifierKind::Idfa).is_some() && self.status.is_none() && default.is_none()
    }

    /// The id under which a device of this kind is known, when the batch carries it.
    pub fn identifier(&self, kind: IdentifierKind) -> Option<&str> {
        self.identifiers.iter().find(|(known, _)| *known == kind).map(|(_, value)| value.as_str())
    }
}

/// Collects faults while it reads.
struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn batch(&mut self, top: &Object) -> Batch {
        let device = self.object(top, "", "device_info");
        let app = self.object(top, "", "application_info");
        let identifiers = self.identifiers(top, device.as_ref());
        let status = self.value(device.as_ref(), "device_info.", "att_authorization_status", status);
        let att_ms = self.value(device.as_ref(), "device_info.", "att_timestamp_unixtime_ms", json::integer);
        let platform =
            self.text(device.as_ref(), "device_info.", "platform").and_then(|text| Platform::of_sender(&text));
        let os = self.text(app.as_ref(), "application_info.", "os").and_then(|text| Platform::of_sender(&text));
        let speaks_ios =
            identifiers.iter().any(|(kind, _)| matches!(kind, IdentifierKind::Idfv | IdentifierKind::Idfa))
                || status.is_some()
                || att_ms.is_some()
                || device
                    .as_ref()
                    .is_some_and(|device| IOS_FIELDS.iter().any(|name| matches!(device.field(name), Field::Value(_))));
        self.attributes(top);
        Batch {
            environment: self.value(Some(top), "", "environment", environment).unwrap_or_default(),
            source_request_id: self.text(Some(top), "", "source_request_id").filter(|id| !id.is_empty()),
            mpid: self.value(Some(top), "", "mpid", json::integer_or_decimal_text).flatten().filter(|mpid| *mpid != 0),
            identities: self.identities(top),
            identifiers,
            platform: platform.or(os).or(speaks_ios.then_some(Platform::Ios)),
            bundle: self.filled(app.as_ref(), "application_info.", "package"),
            app_name: self.filled(app.as_ref(), "application_info.", "application_name"),
            app_version: self.filled(app.as_ref(), "application_info.", "application_version"),
            os_version: self.filled(device.as_ref(), "device_info.", "os_version"),
            country: self.country(top, device.as_ref()),
            status,
            limit_ad_tracking: device.as_ref().and_then(limited),
            att_ms,
            batch_ms: self.value(Some(top), "", "timestamp_unixtime_ms", json::integer),
            event_ms: self.latest_event(top),
        }
    }

    /// The value under `name`, read by `read`; a fault is noted under its whole path.
    fn value<'a, T>(
        &mut self,
        object: Option<&Object<'a>>,
        within: &str,
        name: &'static str,
        read: impl Fn(&'a RawValue) -> Result<T, Problem>,
    ) -> Option<T> {
        let problem = match object?.field(name) {
            Field::Absent => return None,
            Field::Repeated => Problem::Repeated,
            Field::Value(raw) => match read(raw) {
                Ok(value) => return Some(value),
                Err(problem) => problem,
            },
        };
        let path = if within.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(format!("{within}{name}")) };
        self.faults.push(Fault { field: path, problem });
        None
    }

    fn text<'a>(&mut self, object: Option<&Object<'a>>, within: &str, name: &'static str) -> Option<String> {
        self.value(object, within, name, json::kept_text).map(Cow::into_owned)
    }

    /// Text without space around it; an empty one is absent.
    fn filled<'a>(&mut self, object: Option<&Object<'a>>, within: &str, name: &'static str) -> Option<String> {
        let text = self.text(object, within, name)?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn object<'a>(&mut self, top: &Object<'a>, within: &str, name: &'static str) -> Option<Object<'a>> {
        self.value(Some(top), within, name, Object::read)
    }

    fn identifiers<'a>(&mut self, top: &Object<'a>, device: Option<&Object<'a>>) -> Vec<(IdentifierKind, String)> {
        let mut identifiers = Vec::new();
        for kind in IdentifierKind::SENT {
            let (object, within) =
                if kind == IdentifierKind::MpDeviceId { (Some(top), "") } else { (device, "device_info.") };
            if let Some(id) = self.text(object, within, kind.as_str()).and_then(|id| normalized(&id)) {
                identifiers.push((kind, id));
            }
        }
        identifiers
    }

    fn identities<'a>(&mut self, top: &Object<'a>) -> Vec<(IdentityKind, String)> {
        let object = self.object(top, "", "user_identities");
        let mut identities = Vec::new();
        for kind in IdentityKind::all() {
            // Three official clients spell it so; the documented spelling wins where both are sent.
            let spellings =
                if kind == IdentityKind::CUSTOMER_ID { &["customer_id", "customerid"][..] } else { &[kind.as_str()] };
            for spelling in spellings {
                let value = self.value(object.as_ref(), "user_identities.", spelling, json::kept_text_or_number);
                let known = identities.iter().any(|(known, _)| *known == kind);
                if let Some(value) = value.and_then(|value| kind.normalized(&value)).filter(|_| !known) {
                    identities.push((kind, value));
                }
            }
        }
        identities
    }

    fn attributes(&mut self, top: &Object) {
        let attributes = self.object(top, "", "user_attributes");
        if attributes.is_some_and(|attributes| attributes.len() > MOST_ATTRIBUTES) {
            self.faults.push(Fault::new("user_attributes", Problem::TooManyAttributes));
        }
    }

    /// The latest time of the events; they may have any shape, so what is no time is none.
    fn latest_event(&mut self, top: &Object) -> Option<i64> {
        let events = self.value(Some(top), "", "events", json::array)?;
        let time = |event: &RawValue| {
            let Field::Value(data) = Object::read(event).ok()?.field("data") else { return None };
            let Field::Value(time) = Object::read(data).ok()?.field("timestamp_unixtime_ms") else { return None };
            json::integer(time).ok()
        };
        events.into_iter().filter_map(time).max()
    }

    fn country<'a>(&mut self, top: &Object<'a>, device: Option<&Object<'a>>) -> Option<String> {
        let location =
            self.object(top, "", "context").and_then(|context| self.object(&context, "context.", "location"));
        let mut said = vec![self.text(location.as_ref(), "context.location.", "country_code")];
        for name in ["network_country", "device_country", "locale_country"] {
            said.push(self.text(device, "device_info.", name));
        }
        let first = said.into_iter().flatten().find(|text| !text.trim().is_empty())?.trim().to_ascii_uppercase();
        (first.len() == 2 && first.bytes().all(|b| b.is_ascii_uppercase())).then_some(first)
    }
}

/// Fields that only Apple's devices have, though nothing of them but their presence is used.
const IOS_FIELDS: [&str; 3] = ["ios_idfv", "ios_advertising_id", "att_authorization_status"];

fn status(raw: &RawValue) -> Result<Status, Problem> {
    json::kept_text(raw).ok().and_then(|text| Status::parse(&text)).ok_or(Problem::NotAStatus)
}

/// Anything but a boolean says nothing: no rule needs it.
fn limited(device: &Object) -> Option<bool> {
    let Field::Value(raw) = device.field("limit_ad_tracking") else { return None };
    raw.get().parse().ok()
}

fn environment(raw: &RawValue) -> Result<Environment, Problem> {
    match json::kept_text(raw)?.as_ref() {
        "unknown" | "" => Ok(Environment::Production),
        text => Environment::parse(text).ok_or(Problem::NotAnEnvironment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Batch, Vec<Fault>> {
        Batch::parse(&RawValue::from_string(json.to_owned()).unwrap())
    }

    fn fault(json: &str) -> (String, Problem) {
        let faults = parse(json).unwrap_err();
        assert_eq!(faults.len(), 1, "{json}: {faults:?}");
        (faults[0].field.to_string(), faults[0].problem)
    }

    #[test]
    fn a_batch_that_names_an_idfa_but_no_platform_is_ios() {
        let batch = parse(
            r#"{"user_identities":{"customer_id":"123456789"},"device_info":{"ios_advertising_id":"613FF528afd14c1b9628e6ed25ece9c0",
            "att_authorization_status":"authorized","att_timestamp_unixtime_ms":1614121622175.0},"events":[{"data":{"timestamp_unixtime_ms":7}},3,{"data":"x"}]}"#,
        )
        .unwrap();
        assert_eq!(batch.platform, Some(Platform::Ios));
        assert_eq!(batch.status, Some(Status::Authorized));
        assert_eq!(batch.att_ms, Some(1_614_121_622_175));
        assert_eq!(batch.event_ms, Some(7));
        assert_eq!(batch.identifier(IdentifierKind::Idfa), Some("613ff528-afd1-4c1b-9628-e6ed25ece9c0"));
        assert_eq!(batch.identities, vec![(IdentityKind::CUSTOMER_ID, "123456789".to_owned())]);
    }

    #[test]
    fn absent_in_all_its_spellings() {
        let batch = parse(
            r#"{"mpid":0,"mp_deviceid":"","environment":"unknown","user_identities":null,"source_request_id":"",
            "device_info":{"ios_idfv":"00000000-0000-0000-0000-000000000000","ios_advertising_id":null,"platform":"Unknown"}}"#,
        )
        .unwrap();
        assert_eq!(batch, Batch { platform: Some(Platform::Ios), ..Batch::default() });
        assert_eq!(parse("{}").unwrap(), Batch::default());
    }

    #[test]
    fn official_clients_are_understood() {
        let batch =
            parse(r#"{"mpid":"-5","user_identities":{"customerid":42,"email":"A@B.se","facebook":null}}"#).unwrap();
        assert_eq!(batch.mpid, Some(-5));
        let said: Vec<_> = batch.identities.iter().map(|(kind, value)| (kind.as_str(), value.as_str())).collect();
        assert_eq!(said, [("customer_id", "42"), ("email", "a@b.se")]);
        let both = parse(r#"{"user_identities":{"customerid":"b","customer_id":"a"}}"#).unwrap();
        assert_eq!(both.identities.len(), 1);
        assert_eq!(both.identities[0].1, "a");
    }

    #[test]
    fn the_first_country_said_counts() {
        let json = r#"{"context":{"location":{"country_code":"se"}},"device_info":{"locale_country":"US"}}"#;
        assert_eq!(parse(json).unwrap().country.as_deref(), Some("SE"));
        assert_eq!(
            parse(r#"{"device_info":{"device_country":"Sweden","locale_country":"SE"}}"#).unwrap().country,
            None
        );
    }

    #[test]
    fn each_fault_names_its_field() {
        assert_eq!(fault("[]"), (String::new(), Problem::NotAnObject));
        assert_eq!(
            fault(r#"{"device_info":{"att_authorization_status":"Authorized"}}"#),
            ("device_info.att_authorization_status".into(), Problem::NotAStatus)
        );
        assert_eq!(fault(r#"{"mpid":1,"mpid":1}"#), ("mpid".into(), Problem::Repeated));
        assert_eq!(fault(r#"{"environment":"staging"}"#), ("environment".into(), Problem::NotAnEnvironment));
        assert_eq!(fault(r#"{"user_identities":{"email":["a"]}}"#), ("user_identities.email".into(), Problem::NotText));
        assert_eq!(fault(r#"{"context":{"location":7}}"#), ("context.location".into(), Problem::NotAnObject));
        assert_eq!(fault(r#"{"events":{}}"#), ("events".into(), Problem::NotAnArray));
        let many: Vec<String> = (0..101).map(|n| format!(r#""a{n}":1"#)).collect();
        assert_eq!(
            fault(&format!(r#"{{"user_attributes":{{{}}}}}"#, many.join(","))),
            ("user_attributes".into(), Problem::TooManyAttributes)
        );
    }

    #[test]
    fn all_faults_at_once() {
        let faults =
            parse(r#"{"mpid":true,"device_info":{"os_version":17,"att_authorization_status":"?"}}"#).unwrap_err();
        assert_eq!(faults.len(), 3);
    }
}
