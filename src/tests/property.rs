//! Properties that hold for any input, tried on many.

use crate::harness::{Backend, World, bearer};
use attest::domain::att::{Report, Reported, Status, apply_report};
use attest::domain::audit::canonical;
use attest::domain::batch::Batch;
use attest::domain::placeholder::Placeholders;
use attest::domain::role::Role;
use attest::domain::time::Millis;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::value::RawValue;

const NOW: i64 = 1_795_356_300_000;

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(Status::ALL.to_vec())
}

/// A report with a time of its own; few times, so that ties are common.
fn report() -> impl Strategy<Value = Report<'static>> {
    (status(), 0..6_i64, prop::option::of(0..6_i64)).prop_map(|(status, t, att)| Report {
        status: Some(status),
        att_ms: att.map(|att| NOW - 1000 + att),
        batch_ms: Some(NOW - 1000 + t),
        events_ms: &[],
        received: Millis(NOW),
        historical: false,
    })
}

fn apply(reports: &[Report<'_>]) -> Option<Reported> {
    reports.iter().fold(None, |reported, report| apply_report(reported, report).reported)
}

fn known(reported: Option<Reported>) -> Option<(Status, Millis)> {
    reported.map(|reported| (reported.status, reported.as_of))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What is known depends neither on the order in which reports arrive nor on repeats.
    #[test]
    fn property_the_register_does_not_depend_on_order_or_repeats(
        (reports, shuffled) in prop::collection::vec(report(), 1..12).prop_flat_map(|reports| {
            let repeated = [reports.clone(), reports.clone()].concat();
            (Just(reports), Just(repeated).prop_shuffle())
        })
    ) {
        prop_assert_eq!(known(apply(&reports)), known(apply(&shuffled)));
    }

    /// A status never begins after it was reported, and is never reported for the future.
    #[test]
    fn property_since_is_never_after_as_of(reports in prop::collection::vec(report(), 1..12)) {
        let reported = apply(&reports).expect("a status");
        prop_assert!(reported.since <= reported.as_of && reported.as_of <= Millis(NOW));
    }

    /// Reading a batch never panics, whatever JSON it is.
    #[test]
    fn property_reading_a_batch_never_panics(text in "\\PC{0,40}", n in any::<f64>(), key in 0..8_usize) {
        let fields = ["mpid", "device_info", "user_identities", "events", "context", "environment", "timestamp_unixtime_ms", "application_info"];
        for value in [serde_json::json!(text), serde_json::json!(n), serde_json::json!({fields[key]: text}), serde_json::json!([n])] {
            let json = serde_json::json!({fields[key]: value}).to_string();
            let _ = Batch::parse(&RawValue::from_string(json).expect("JSON"), Placeholders::Absent);
        }
    }

    /// Canonical text reads back to the same value, and says the same whatever order the keys came in.
    #[test]
    fn property_canonical_text_is_one_text(pairs in prop::collection::btree_map("\\PC{0,8}", -1000..1000_i64, 0..8)) {
        let forward: serde_json::Map<_, _> = pairs.iter().map(|(key, n)| (key.clone(), (*n).into())).collect();
        let backward: serde_json::Map<_, _> = pairs.iter().rev().map(|(key, n)| (key.clone(), (*n).into())).collect();
        let text = canonical(&forward.clone().into()).expect("canonical");
        prop_assert_eq!(&text, &canonical(&backward.into()).expect("canonical"));
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("JSON"), serde_json::Value::from(forward));
    }
}

/// Whatever a query says, it is answered: with figures, or with what is wrong with it. The same of forms.
#[tokio::test]
async fn property_no_query_and_no_form_makes_an_error_of_ours() {
    let world = World::new(Backend::Sqlite).await;
    world.workspace("Acme").await;
    let (token, ada) =
        (world.token("acme", Role::ComplianceAdmin).await, world.member("acme", "Ada", Role::ComplianceAdmin).await);
    let cookie = world.sign_in(&ada).await;
    let names = [
        "unit",
        "basis",
        "from",
        "to",
        "step",
        "by",
        "platform",
        "os_version",
        "app",
        "country",
        "limit",
        "page",
        "q",
        "act",
    ];
    let values = [
        "",
        "day",
        "devices",
        "2026-11-22",
        "9999-99-99",
        "-1",
        "99999999999999999999",
        "%00",
        "%FF",
        "iOS",
        "\u{202e}x",
        "a&b=c",
        "null",
    ];
    let pair = (
        prop::sample::select(names.to_vec()),
        prop_oneof![prop::sample::select(values.to_vec()).prop_map(str::to_owned), "\\PC{0,30}"],
    );
    let query = prop::collection::vec(pair, 0..5);
    let mut runner = TestRunner::deterministic();
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..300 {
        let pairs = query.new_tree(&mut runner).expect("a query").current();
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        for path in ["distribution", "trend", "breakdown", "transitions", "audit"] {
            let path = format!("/api/v1/workspaces/acme/{path}?{encoded}");
            let reply = world.ask("GET", &path, Some(&bearer(&token)), "").await;
            assert!(!reply.status.is_server_error(), "{path}: {}", reply.body);
            if reply.status.is_success() { right += 1 } else { wrong += 1 }
        }
        for path in ["overview", "audit", "members", "tokens", "inputs"] {
            let reply = world.get(&format!("/w/acme/{path}?{encoded}"), &cookie).await;
            assert!(!reply.status.is_server_error(), "{path}?{encoded}");
        }
        let fields: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for path in ["/w/acme/privacy", "/w/acme/members", "/w/acme/tokens", "/account", "/account/second-factor"] {
            let reply = world.post(path, &cookie, &fields).await;
            assert!(!reply.status.is_server_error(), "{path} {fields:?}");
        }
    }
    assert!(right > 20 && wrong > 200, "{right} {wrong}");
    world.assert_holds().await;
}
