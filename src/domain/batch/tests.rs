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
    assert_eq!(batch.events_ms, [7]);
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
fn senders_of_many_kinds_are_understood() {
    let said = |json: &str| {
        let batch = parse(json).unwrap();
        batch.identities.iter().map(|(kind, value)| format!("{}={value}", kind.as_str())).collect::<Vec<_>>()
    };
    for spelling in ["customer_id", "customerid", "customerId", "CustomerId"] {
        assert_eq!(said(&format!(r#"{{"user_identities":{{"{spelling}":"u"}}}}"#)), ["customer_id=u"]);
        let pair = format!(r#"{{"user_identities":[{{"identity_type":"{spelling}","identity":"u"}}]}}"#);
        assert_eq!(said(&pair), ["customer_id=u"]);
    }
    for n in 2..=10 {
        assert_eq!(said(&format!(r#"{{"user_identities":{{"other{n}":"x"}}}}"#)), [format!("other_id_{n}=x")]);
    }
    let empty = r#"{"user_identities":[],"device_info":[],"application_info":[],"user_attributes":[],"context":[]}"#;
    assert_eq!(parse(empty).unwrap(), Batch::default());
    let numbers = parse(
        r#"{"mpid":1e18,"device_info":{"os_version":17,"platform":"iPad"},"application_info":{"application_version":2.10}}"#,
    );
    let numbers = numbers.unwrap();
    assert_eq!((numbers.mpid, numbers.platform), (Some(1_000_000_000_000_000_000), Some(Platform::Ios)));
    assert_eq!((numbers.os_version.as_deref(), numbers.app_version.as_deref()), (Some("17"), Some("2.10")));
    assert_eq!(parse(r#"{"mpid":"1E3"}"#).unwrap().mpid, Some(1000));
}

#[test]
fn an_identity_that_repeats_the_idfa_is_told() {
    let batch = parse(
        r#"{"user_identities":{"customer_id":"u","other":"613FF528AFD14C1B9628E6ED25ECE9C0"},
        "device_info":{"ios_advertising_id":"613ff528-afd1-4c1b-9628-e6ed25ece9c0"}}"#,
    );
    let batch = batch.unwrap();
    assert_eq!(batch.idfa_identities, [(IdentityKind::Other, "613FF528AFD14C1B9628E6ED25ECE9C0".to_owned())]);
    assert_eq!(batch.identities[1].1, "613ff528-afd1-4c1b-9628-e6ed25ece9c0", "as it is erased");
    let none = parse(r#"{"user_identities":{"other":"613ff528-afd1-4c1b-9628-e6ed25ece9c0"}}"#);
    assert_eq!(none.unwrap().idfa_identities, []);
}

#[test]
fn an_empty_apple_id_makes_no_iphone() {
    let template = r#"{"user_identities":{"customer_id":"u"},"device_info":{"ios_advertising_id":"","ios_idfv":"",
        "android_advertising_id":"38400000-8cf0-11bd-b23e-10b96e40000d"}}"#;
    let batch = parse(template).unwrap();
    assert_eq!(batch.platform, Some(Platform::Android));
    assert_eq!(batch.identifiers.len(), 1);
}

#[test]
fn an_id_of_one_makers_devices_alone_tells_the_platform() {
    for (field, platform) in [
        ("ios_idfv", Some(Platform::Ios)),
        ("ios_advertising_id", Some(Platform::Ios)),
        ("android_uuid", Some(Platform::Android)),
        ("android_advertising_id", Some(Platform::Android)),
        ("roku_advertising_id", None),
    ] {
        let batch =
            parse(&format!(r#"{{"device_info":{{"{field}":"613ff528-afd1-4c1b-9628-e6ed25ece9c0"}}}}"#)).unwrap();
        assert_eq!(batch.platform, platform, "{field}");
    }
}

#[test]
fn a_batch_has_a_largest_size() {
    let sized = |bytes: usize| {
        let frame = r#"{"nobody_reads":""}"#;
        parse(&frame.replace(r#""""#, &format!(r#""{}""#, "x".repeat(bytes - frame.len()))))
    };
    assert_eq!(sized(LARGEST_BATCH), Ok(Batch::default()));
    assert_eq!(sized(LARGEST_BATCH + 1), Err(vec![Fault::new("", Problem::TooLarge)]));
}

#[test]
fn the_first_country_said_counts() {
    let json = r#"{"context":{"location":{"country_code":"se"}},"device_info":{"locale_country":"US"}}"#;
    assert_eq!(parse(json).unwrap().country.as_deref(), Some("SE"));
    assert_eq!(parse(r#"{"device_info":{"device_country":"Sweden","locale_country":"SE"}}"#).unwrap().country, None);
    for unknown in ["XX", "zz", "S1", "1E", "99"] {
        assert_eq!(parse(&format!(r#"{{"device_info":{{"locale_country":"{unknown}"}}}}"#)).unwrap().country, None);
    }
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
    let attributes = |n: usize| {
        let many: Vec<String> = (0..n).map(|n| format!(r#""a{n}":1"#)).collect();
        format!(r#"{{"user_attributes":{{{}}}}}"#, many.join(","))
    };
    assert_eq!(fault(&attributes(101)), ("user_attributes".into(), Problem::TooManyAttributes));
    assert_eq!(parse(&attributes(100)), Ok(Batch::default()));
}

#[test]
fn all_faults_at_once() {
    let faults =
        parse(r#"{"mpid":true,"device_info":{"os_version":[17],"att_authorization_status":"?"}}"#).unwrap_err();
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
        FieldKind::Object | FieldKind::Identities | FieldKind::Attributes => return None,
        FieldKind::Events => json!([{"data": {"timestamp_unixtime_ms": 7}}]),
        FieldKind::Environment => json!("development"),
        FieldKind::Status => json!("denied"),
        // A country as well as any other text.
        FieldKind::Text => json!("SE"),
        FieldKind::Integer | FieldKind::IntegerOrText => json!(7),
        FieldKind::Flag => json!(true),
    })
}

#[test]
fn each_listed_field_of_a_wrong_type_is_a_fault() {
    for field in field::all() {
        let wrong = if field.kind().has_members() { json!(7) } else { json!({"wrong": 0}) };
        match field.kind() {
            FieldKind::Flag => assert_eq!(parse(&with_only(field, wrong)), Ok(Batch::default())),
            FieldKind::Attributes => assert_eq!(fault(&with_only(field, json!([1]))).0, field.path()),
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
        idfa_identities,
        identifiers,
        idfa_is_zero,
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
        events_ms,
        has_placeholder,
    } = parse(&sent.to_string()).unwrap();
    assert_eq!(environment, Environment::Development);
    assert!(!has_placeholder && !idfa_is_zero);
    assert_eq!(platform, Some(Platform::Other));
    assert_eq!(status, Some(Status::Denied));
    assert_eq!(limit_ad_tracking, Some(true));
    assert_eq!([mpid, att_ms, batch_ms], [Some(7); 3]);
    assert_eq!(events_ms, [7]);
    let texts = [source_request_id, bundle, app_name, app_version, os_version, country];
    assert!(texts.iter().all(|text| text.as_deref() == Some("SE")), "{texts:?}");
    assert_eq!(identities.len(), IdentityKind::ALL.len());
    // All but the e-mail, which has no capitals.
    assert_eq!(idfa_identities.len(), IdentityKind::ALL.len() - 1);
    assert_eq!(identifiers.len(), IdentifierKind::sent().count());
}

#[test]
fn the_path_of_the_status_is_that_of_its_field() {
    assert_eq!(field::ATT_STATUS.path(), STATUS);
}
