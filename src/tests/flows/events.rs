//! The Events API, status by status.

use crate::harness::{World, basic, on_both};
use attest::domain::role::Role;
use axum::http::StatusCode;
use serde_json::{Value, json};

on_both! {
    the_guides_own_example_is_understood
    every_documented_status
    a_bulk_request_stores_the_good_and_counts_the_bad
    a_fault_in_each_field_is_reported_by_its_path
    the_checks_go_in_their_order
    require_status_refuses_an_idfa_without_one
    a_historical_batch_never_outranks_a_later_report
}

/// The example of mParticle's guide to iOS 14: it names no platform.
fn guide() -> Value {
    json!({"user_identities": {"customer_id": "123456789"},
        "device_info": {"ios_advertising_id": "613ff528-afd1-4c1b-9628-e6ed25ece9c0",
            "att_authorization_status": "authorized", "att_timestamp_unixtime_ms": 1_614_121_622_175_i64},
        "events": []})
}

async fn the_guides_own_example_is_understood(world: World) {
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    let reply = world.event(&input, &guide()).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::ACCEPTED, ""));
    let read = world.distribution("acme", &token, "platform=iOS").await;
    assert_eq!(read["counts"]["authorized"], 1);
    world.assert_holds().await;
}

async fn every_documented_status(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let (key, secret) = world.input("acme", "Backend").await;
    let right = basic(&key, &secret);
    let send = async |authorization: Option<&str>, body: String| {
        let reply = world.ask("POST", "/v2/events", authorization, body).await;
        if reply.status != StatusCode::ACCEPTED {
            assert!(reply.json()["errors"][0]["message"].is_string(), "{}", reply.body);
        }
        reply.status
    };
    assert_eq!(send(Some(&right), guide().to_string()).await, StatusCode::ACCEPTED);
    assert_eq!(send(None, guide().to_string()).await, StatusCode::UNAUTHORIZED);
    for wrong in [basic(&key, "wrong"), basic("nobody", &secret), "Basic !".into(), "Bearer x".into()] {
        assert_eq!(send(Some(&wrong), guide().to_string()).await, StatusCode::FORBIDDEN);
    }
    assert_eq!(send(Some(&right), "[]".into()).await, StatusCode::BAD_REQUEST);
    assert_eq!(send(Some(&right), "{\"mpid\":".into()).await, StatusCode::BAD_REQUEST);
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(128 * 1024));
    assert_eq!(send(Some(&right), large.clone()).await, StatusCode::PAYLOAD_TOO_LARGE);
    for (path, body, limit) in
        [("/v2/events", large.clone(), "at most 128 KB"), ("/v2/bulkevents", large.repeat(2), "at most 256 KB")]
    {
        let reply = world.ask("POST", path, Some(&right), body).await;
        assert!(reply.body.contains(limit), "{path}: {}", reply.body);
    }
    let cookie = world.sign_in(&ada).await;
    let page = world.get("/w/acme/inputs", &cookie).await.body;
    let start = page.find("/w/acme/inputs/").expect("the input's address");
    let address = &page[start..start + "/w/acme/inputs/".len() + 13];
    assert_eq!(world.post(address, &cookie, &[("act", "pause"), ("sure", "yes")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(send(Some(&right), guide().to_string()).await, StatusCode::FORBIDDEN, "paused");
    world.post(address, &cookie, &[("act", "resume")]).await;
    assert_eq!(send(Some(&right), guide().to_string()).await, StatusCode::ACCEPTED, "resumed");
}

async fn a_bulk_request_stores_the_good_and_counts_the_bad(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let ((key, secret), token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    let send =
        async |body: Value| world.ask("POST", "/v2/bulkevents", Some(&basic(&key, &secret)), body.to_string()).await;
    let bad = json!({"device_info": {"att_authorization_status": "AUTHORIZED"}});
    let oversized = json!({"user_attributes": {"a": "x".repeat(129 * 1024)}});
    assert_eq!(send(json!([guide(), bad, oversized])).await.status, StatusCode::ACCEPTED);
    let read = world.distribution("acme", &token, "").await;
    assert_eq!(read["total"], 1);
    let reply = send(json!([bad, 7])).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let errors = reply.json();
    let messages: Vec<&str> =
        errors["errors"].as_array().expect("errors").iter().filter_map(|error| error["message"].as_str()).collect();
    assert_eq!(
        messages[0],
        "[0].device_info.att_authorization_status: expected one of authorized, denied, restricted, not_determined"
    );
    assert_eq!(messages[1], "[1]: expected an object");
    assert_eq!(send(json!([])).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(send(json!({})).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(send(Value::from(vec![json!({}); 101])).await.status, StatusCode::BAD_REQUEST);
    let cookie = world.sign_in(&ada).await;
    let page = world.get("/w/acme/inputs", &cookie).await.body;
    let start = page.find("/w/acme/inputs/").expect("the input's address");
    let page = world.get(&page[start..start + "/w/acme/inputs/".len() + 13], &cookie).await.body;
    assert!(page.contains("device_info.att_authorization_status: expected one of authorized"), "{page}");
    assert!(page.contains("at most 100 batches"), "{page}");
    world.assert_holds().await;
}

async fn a_fault_in_each_field_is_reported_by_its_path(world: World) {
    use attest::domain::batch::field::{self, FieldKind};
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    let (mut batch, mut paths) = (json!({}), Vec::new());
    for field in field::all() {
        // Objects hold the faulty fields, and no flag is a fault.
        if field.kind().has_members() || field.kind() == FieldKind::Flag {
            continue;
        }
        let within = field.within().split('.').filter(|name| !name.is_empty());
        let wrong = if field.kind() == FieldKind::Attributes { json!([7]) } else { json!({}) };
        within.fold(&mut batch, |object, name| &mut object[name])[field.name()] = wrong;
        paths.push(field.path());
    }
    let reply = world.event(&input, &batch).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let errors = reply.json()["errors"].as_array().expect("errors").clone();
    let reported: Vec<&str> = errors.iter().filter_map(|error| error["message"].as_str()?.split(':').next()).collect();
    assert_eq!(reported.len(), paths.len(), "{reported:?}");
    for path in paths {
        assert!(reported.contains(&&*path), "{path}: {reported:?}");
    }
    world.assert_holds().await;
}

async fn the_checks_go_in_their_order(world: World) {
    use axum::body::Body;
    use axum::http::Request;
    world.workspace("Acme").await;
    let (key, secret) = world.input("acme", "Backend").await;
    let send = async |authorization: Option<&str>, kind: &str, body: String| {
        let mut request = Request::post("/v2/bulkevents").header("content-type", kind);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        world.send(request.body(Body::from(body)).expect("a request"), "127.0.0.1").await.status
    };
    let (right, large) = (basic(&key, &secret), "x".repeat(257 * 1024));
    assert_eq!(send(None, "text/plain", large.clone()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(send(Some(&right), "text/plain", large).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(send(Some(&right), "text/plain", "not json".into()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(send(Some(&right), "application/json; charset=utf-8", "not json".into()).await, StatusCode::BAD_REQUEST);
}

async fn require_status_refuses_an_idfa_without_one(world: World) {
    use attest::domain::att::{Policy, Status};
    use attest::server::services::privacy::{NewSettings, change_settings};
    use attest::server::store::WorkspaceRef;
    let workspace = world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    let change = async |default, policy, version| {
        let wanted = NewSettings { default, policy, reason: "a test".into(), version, typed_name: None };
        change_settings(&world.store, &World::actor(), WorkspaceRef::Id(workspace), wanted).await.expect("changed");
    };
    let with = |n: usize, platform: &str, idfa: Option<&str>, status: Option<&str>| {
        json!({"source_request_id": format!("r{n}"), "user_identities": {"customer_id": format!("c{n}")},
            "device_info": {"platform": platform, "ios_idfv": format!("v{n}"), "ios_advertising_id": idfa,
                "att_authorization_status": status}})
    };
    let bad = with(1, "iOS", Some("A1"), None);
    change(None, Some(Policy::RequireStatus), 1).await;
    let reply = world.event(&input, &bad).await;
    let message = reply.json()["errors"][0]["message"].as_str().expect("a message").to_owned();
    assert!(
        reply.status == StatusCode::BAD_REQUEST && message.starts_with("device_info.att_authorization_status:"),
        "{message}"
    );
    let zero = "00000000-0000-0000-0000-000000000000";
    let good = [
        with(2, "iOS", Some("A2"), Some("denied")),
        with(3, "iOS", None, None),
        with(4, "iOS", Some(zero), None),
        with(5, "Android", Some("A5"), None),
    ];
    for batch in &good {
        assert_eq!(world.event(&input, batch).await.status, StatusCode::ACCEPTED, "{batch}");
    }
    let bulk = async |body: Value| {
        world.ask("POST", "/v2/bulkevents", Some(&basic(&input.0, &input.1)), body.to_string()).await
    };
    assert_eq!(
        bulk(json!([bad, with(6, "iOS", None, None)])).await.status,
        StatusCode::ACCEPTED,
        "the good one is stored"
    );
    let reply = bulk(json!([with(7, "iOS", None, Some("yes")), bad])).await;
    let messages: Vec<_> =
        reply.json()["errors"].as_array().expect("errors").iter().map(|error| error["message"].clone()).collect();
    assert!(
        reply.status == StatusCode::BAD_REQUEST
            && messages[1].as_str().is_some_and(|message| message.starts_with("[1].device_info")),
        "{messages:?}"
    );
    assert_eq!(world.distribution("acme", &token, "unit=devices").await["total"], 5);
    change(Some(Some(Status::Denied)), None, 2).await;
    assert_eq!(
        world.event(&input, &bad).await.status,
        StatusCode::ACCEPTED,
        "there is a default to go by, and no request id was used up"
    );
    assert_eq!(world.distribution("acme", &token, "unit=devices").await["total"], 6);
    world.assert_holds().await;
}

async fn a_historical_batch_never_outranks_a_later_report(world: World) {
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    let of = |n: usize, status: &str, at: Option<i64>| {
        json!({"device_info": {"platform": "iOS", "ios_idfv": format!("v{n}"), "att_authorization_status": status,
            "att_timestamp_unixtime_ms": at}})
    };
    let now = world.store.clock().now().0;
    world.event(&input, &of(1, "denied", Some(now - 1000))).await;
    world.clock.advance(1000);
    let old = json!([of(1, "authorized", Some(now - 5000)), of(2, "restricted", Some(now - 9000))]);
    let path = "/v2/bulkevents/historical";
    let reply = world.ask("POST", path, Some(&basic(&input.0, &input.1)), old.to_string()).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    let counts = world.distribution("acme", &token, "unit=devices").await["counts"].clone();
    assert_eq!((&counts["denied"], &counts["authorized"], &counts["restricted"]), (&json!(1), &json!(0), &json!(1)));
    assert_eq!(world.ask("POST", path, None, "[]").await.status, StatusCode::UNAUTHORIZED);
    world.assert_holds().await;
}
