//! The cases that the specification comes with, each run to the letter. `ATTEST_VECTORS` names another folder of them.

use crate::harness::count;
use attest::domain::att::{
    Origin, Policy, Report, ReportOutcome, Reported, Status, Verdict, apply_report, effective, gate, legacy_flags,
};
use attest::domain::identifier::normalized;
use attest::domain::platform::Platform;
use attest::domain::time::Millis;
use serde_json::Value;
use std::path::PathBuf;

fn cases(name: &str) -> Vec<Value> {
    let ours = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/vectors"));
    let folder = std::env::var("ATTEST_VECTORS").map_or(ours, PathBuf::from);
    let path = folder.join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases: Vec<Value> = serde_json::from_str(&text).expect("an array of cases");
    assert!(!cases.is_empty(), "{name} has no cases");
    count(&format!("vectors {name}"), cases.len());
    cases
}

fn status(value: &Value) -> Option<Status> {
    value.as_str().map(|text| Status::parse(text).expect("a status"))
}

fn platform(value: &Value) -> Platform {
    Platform::of_sender(value.as_str().expect("a platform")).expect("a known platform")
}

/// Whether an IDFA is there and real.
fn real(value: &Value) -> bool {
    value.as_str().is_some_and(|idfa| normalized(idfa).is_some())
}

#[test]
fn vectors_effective() {
    for case in cases("effective") {
        let found = effective(platform(&case["platform"]), status(&case["status"]), status(&case["default"]));
        assert_eq!(found.status, status(&case["effective"]), "{case}");
        let origin: Origin = serde_json::from_value(case["origin"].clone()).expect("an origin");
        assert_eq!(found.origin, origin, "{case}");
    }
}

#[test]
fn vectors_idfa_gate() {
    for case in cases("idfa_gate") {
        let policy = Policy::parse(case["policy"].as_str().expect("a policy")).expect("a policy");
        let verdict = gate(
            policy,
            platform(&case["platform"]),
            status(&case["status"]),
            status(&case["default"]),
            case["os_version"].as_str(),
            real(&case["idfa"]),
        );
        let then = match verdict {
            Verdict::Absent => "absent",
            Verdict::Kept => "kept",
            Verdict::Removed => "removed",
            Verdict::Refused => "refused",
        };
        assert_eq!(case["then"], then, "{case}");
    }
}

#[test]
fn vectors_legacy_flags() {
    for case in cases("legacy_flags") {
        let idfa = case["idfa"].as_str().map(|_| real(&case["idfa"]));
        let flags = legacy_flags(
            status(&case["status"]),
            case["os_version"].as_str(),
            case["limit_ad_tracking"].as_bool(),
            idfa,
        );
        let number = |flag: Option<bool>| flag.map_or(Value::Null, |flag| i64::from(flag).into());
        assert_eq!(number(flags.tracking_enabled), case["tracking_enabled"], "{case}");
        assert_eq!(number(flags.tracking_limited), case["tracking_limited"], "{case}");
    }
}

#[test]
fn vectors_register() {
    for case in cases("register") {
        let mut reported: Option<Reported> = None;
        for step in case["steps"].as_array().expect("steps") {
            let sent = &step["report"];
            let events: Vec<i64> = sent["event_timestamp_ms"].as_i64().into_iter().collect();
            let report = Report {
                status: status(&sent["status"]),
                att_ms: sent["att_timestamp_unixtime_ms"].as_i64(),
                batch_ms: sent["batch_timestamp_ms"].as_i64(),
                events_ms: &events,
                received: Millis(sent["received_ms"].as_i64().expect("a time")),
                historical: sent["historical"].as_bool().unwrap_or_default(),
            };
            let applied = apply_report(reported, &report);
            reported = applied.reported;
            let then = &step["then"];
            assert_eq!(reported.map(|reported| reported.status), status(&then["status"]), "{}: {step}", case["name"]);
            assert_eq!(reported.map(|reported| reported.since.0), then["since"].as_i64(), "{}: {step}", case["name"]);
            assert_eq!(reported.map(|reported| reported.as_of.0), then["as_of"].as_i64(), "{}: {step}", case["name"]);
            let outcome = match applied.outcome {
                ReportOutcome::None => "none",
                ReportOutcome::First => "first",
                ReportOutcome::Same => "same",
                ReportOutcome::Changed => "changed",
                ReportOutcome::Stale => "stale",
            };
            assert_eq!(step["outcome"], outcome, "{}: {step}", case["name"]);
            let mut flags: Vec<&str> =
                step["flags"].as_array().expect("flags").iter().filter_map(Value::as_str).collect();
            let mut faults: Vec<&str> = applied.faults.iter().map(|fault| fault.as_str()).collect();
            flags.sort_unstable();
            faults.sort_unstable();
            assert_eq!(faults, flags, "{}: {step}", case["name"]);
        }
    }
}
