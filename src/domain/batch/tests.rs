//! What is understood of a batch, and what is not.

use super::field::{self, BatchField, FieldKind};
use super::*;
use serde_json::{Value, json};

fn parse(json: &str) -> Result<Batch, Vec<Fault>> {
    Batch::parse(&RawValue::from_string(json.to_owned()).unwrap(), Placeholders::Absent)
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
    assert_eq!(batch.identities, vec![(IdentityKind::CustomerId, "123456789".to_owned())]);
}

#[test]
fn absent_in_all_its_spellings() {
    let batch = parse(
        r#"{"mpid":0,"mp_deviceid":"","environment":"unknown","user_identities":null,"source_request_id":"",
        "device_info":{"ios_idfv":"00000000-0000-0000-0000-000000000000","ios_advertising_id":null,"platform":"Unknown"}}"#,
    )
    .unwrap();
    assert_eq!(batch, Batch::default());
    assert_eq!(parse("{}").unwrap(), Batch::default());
}

#[test]
fn official_clients_are_understood() {
    let batch = parse(r#"{"mpid":"-5","user_identities":{"customerid":42,"email":"A@B.se","facebook":null}}"#).unwrap();
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
    assert_eq!(parse(r#"{"device_info":{"device_country":"Sweden","locale_country":"SE"}}"#).unwrap().country, None);
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
    let faults = parse(r#"{"mpid":true,"device_info":{"os_version":17,"att_authorization_status":"?"}}"#).unwrap_err();
    assert_eq!(faults.len(), 3);
}

/// A batch that has nothing but one field.
fn with_only(field: BatchField, value: Value) -> String {
    let path = field.path();
    path.rsplit('.').fold(value, |within, name| json!({ name: within })).to_string()
}

/// A value that the field takes, if it is no object.
fn right(kind: FieldKind) -> Option<Value> {
    Some(match kind {
        FieldKind::Object | FieldKind::Attributes => return None,
        FieldKind::Events => json!([{"data": {"timestamp_unixtime_ms": 7}}]),
        FieldKind::Environment => json!("development"),
        FieldKind::Status => json!("denied"),
        // A country as well as any other text.
        FieldKind::Text | FieldKind::TextOrNumber => json!("SE"),
        FieldKind::Integer | FieldKind::IntegerOrText => json!(7),
        FieldKind::Flag => json!(true),
    })
}

#[test]
fn each_listed_field_of_a_wrong_type_is_a_fault() {
    for field in field::all() {
        let wrong = if field.kind() == FieldKind::Object { json!(7) } else { json!({"wrong": 0}) };
        match field.kind() {
            FieldKind::Flag => assert_eq!(parse(&with_only(field, wrong)), Ok(Batch::default())),
            FieldKind::Attributes => assert_eq!(fault(&with_only(field, json!([]))).0, field.path()),
            _ => assert_eq!(fault(&with_only(field, wrong)).0, field.path()),
        }
    }
}

#[test]
fn each_listed_field_is_understood() {
    for field in field::all() {
        if let Some(value) = right(field.kind()) {
            let batch = parse(&with_only(field, value)).unwrap();
            assert_ne!(batch, Batch::default(), "{} changes nothing", field.path());
        }
    }
}

/// What is read from a field that is not on the list stays empty here.
#[test]
fn all_that_is_read_is_on_the_list() {
    let mut sent = json!({});
    for field in field::all() {
        if let Some(value) = right(field.kind()) {
            let object = field.within().split('.').filter(|name| !name.is_empty());
            object.fold(&mut sent, |object, name| &mut object[name])[field.name()] = value;
        }
    }
    // Every part is named: a new one does not compile until it is here.
    let Batch {
        environment,
        source_request_id,
        mpid,
        identities,
        identifiers,
        platform,
        bundle,
        app_name,
        app_version,
        os_version,
        country,
        status,
        limit_ad_tracking,
        att_ms,
        batch_ms,
        event_ms,
        has_placeholder,
    } = parse(&sent.to_string()).unwrap();
    assert_eq!(environment, Environment::Development);
    assert!(!has_placeholder);
    assert_eq!(platform, Some(Platform::Other));
    assert_eq!(status, Some(Status::Denied));
    assert_eq!(limit_ad_tracking, Some(true));
    assert_eq!([mpid, att_ms, batch_ms, event_ms], [Some(7); 4]);
    let texts = [source_request_id, bundle, app_name, app_version, os_version, country];
    assert!(texts.iter().all(|text| text.as_deref() == Some("SE")), "{texts:?}");
    assert_eq!(identities.len(), IdentityKind::ALL.len());
    assert_eq!(identifiers.len(), IdentifierKind::sent().count());
}

#[test]
fn the_path_of_the_status_is_that_of_its_field() {
    assert_eq!(field::ATT_STATUS.path(), STATUS);
}
