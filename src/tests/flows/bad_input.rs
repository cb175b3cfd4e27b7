//! Bad input gets a clear error, and nothing is lost or half done.

use crate::harness::{Cookie, World, basic, bearer, on_both};
use attest::domain::role::Role;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use std::io::ErrorKind;

on_both! {
    bad_batches_are_refused_with_their_field
    odd_batches_are_taken_with_a_note
    bad_forms_are_refused_and_change_nothing
    ids_of_another_workspace_lead_nowhere
    forms_from_elsewhere_are_refused
    a_long_query_is_refused
    a_body_that_breaks_off_is_told_as_such
    sign_in_leads_to_no_broken_address
    refusals_tell_nobody_of_what_is_not_theirs
}

async fn bad_batches_are_refused_with_their_field(world: World) {
    world.workspace("Acme").await;
    let (key, secret) = world.input("acme", "Backend").await;
    let many = (0..3000).map(|n| format!("\"a{n}\":1")).collect::<Vec<_>>().join(",");
    let (too_many, long) =
        (format!("{{\"user_attributes\":{{{many}}}}}"), format!("{{\"mp_deviceid\":\"{}\"}}", "x".repeat(256)));
    for (body, field) in [
        ("{", "request: expected JSON"),
        ("{\"mpid\":1}garbage", "request: expected JSON"),
        ("null", "request: expected an object"),
        ("{\"mpid\":\"x\"}", "mpid: expected a whole number"),
        ("{\"mpid\":92233720368547758070}", "mpid: expected a number of at most 64 bits"),
        ("{\"timestamp_unixtime_ms\":\"1\"}", "timestamp_unixtime_ms: expected a whole number"),
        ("{\"timestamp_unixtime_ms\":1e400}", "timestamp_unixtime_ms: expected a number of at most 64 bits"),
        ("{\"environment\":7}", "environment: expected a string"),
        ("{\"mp_deviceid\":{}}", "mp_deviceid: expected a string or a number"),
        ("{\"source_request_id\":[]}", "source_request_id: expected a string or a number"),
        ("{\"application_info\":{\"package\":true}}", "application_info.package: expected a string or a number"),
        ("{\"events\":7}", "events: expected an array"),
        ("{\"user_identities\":[7]}", "user_identities: expected an object"),
        ("{\"user_identities\":{\"customer_id\":true}}", "user_identities.customer_id: expected a string or a number"),
        ("{\"device_info\":\"x\"}", "device_info: expected an object"),
        (
            "{\"device_info\":{\"att_authorization_status\":\"DENIED\"}}",
            "device_info.att_authorization_status: expected one of",
        ),
        ("{\"device_info\":{\"att_authorization_status\":3}}", "device_info.att_authorization_status: expected one of"),
        ("{\"device_info\":{\"ios_idfv\":\"\\ud800\"}}", "device_info.ios_idfv: expected text without NUL"),
        ("{\"device_info\":{\"ios_idfv\":\"a\\u0000\"}}", "device_info.ios_idfv: expected text without NUL"),
        ("{\"mpid\":1,\"mpid\":2}", "mpid: expected once"),
        (too_many.as_str(), "user_attributes: expected at most 100"),
        (long.as_str(), "mp_deviceid: expected fewer characters"),
    ] {
        let reply = world.ask("POST", "/v2/events", Some(&basic(&key, &secret)), body.to_owned()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", &body[..body.len().min(80)]);
        let message = reply.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.starts_with(field), "{message}");
    }
    let invalid = Request::post("/v2/events")
        .header("authorization", basic(&key, &secret))
        .header("content-type", "application/json");
    let reply = world.send(invalid.body(Body::from(vec![b'{', 0xff, b'}'])).expect("a request"), "127.0.0.1").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    world.assert_holds().await;
}

async fn odd_batches_are_taken_with_a_note(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let (input, token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    let odd = |n: usize, at: serde_json::Value| json!({"timestamp_unixtime_ms": at, "device_info": {"ios_idfv": format!("v{n}"), "att_authorization_status": "denied", "att_timestamp_unixtime_ms": 1_614_121_622}});
    for (n, at) in [json!(0), json!(-5), json!(4_102_444_800_000_i64), json!(1_795_356_300)].into_iter().enumerate() {
        assert_eq!(world.event(&input, &odd(n, at)).await.status, StatusCode::ACCEPTED);
    }
    assert_eq!(world.event(&input, &json!({})).await.status, StatusCode::ACCEPTED);
    assert_eq!(world.distribution("acme", &token, "unit=devices").await["counts"]["denied"], 4);
    let cookie = world.sign_in(&ada).await;
    let page = world.get("/w/acme/inputs", &cookie).await.body;
    let start = page.find("/w/acme/inputs/").expect("the input's address");
    let page = world.get(&page[start..start + "/w/acme/inputs/".len() + 13], &cookie).await.body;
    for words in [
        "Timestamp zero or negative",
        "Timestamp in seconds",
        "Timestamp in the future",
        "Without any id (not stored)</dt><dd class=\"n\">1<",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

async fn bad_forms_are_refused_and_change_nothing(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let cookie = world.sign_in(&ada).await;
    let send = async |fields: &[(&str, &str)]| world.post("/w/acme/privacy", &cookie, fields).await.status;
    let faulty = StatusCode::UNPROCESSABLE_ENTITY;
    assert_eq!(
        send(&[("form", "default"), ("version", "1"), ("status", "denied")]).await,
        faulty,
        "a field is missing"
    );
    assert_eq!(
        send(&[("form", "default"), ("version", "1"), ("status", "denied"), ("status", "authorized"), ("reason", "x")])
            .await,
        faulty,
        "a field is repeated"
    );
    assert_eq!(send(&[("form", "default"), ("version", "1"), ("status", "DENIED"), ("reason", "x")]).await, faulty);
    assert_eq!(send(&[("form", "default"), ("version", "one"), ("status", "denied"), ("reason", "x")]).await, faulty);
    assert_eq!(send(&[("form", "default"), ("version", "1"), ("status", "denied"), ("reason", " \n ")]).await, faulty);
    assert_eq!(
        send(&[("form", "default"), ("version", "1"), ("status", "denied"), ("reason", &"x".repeat(1001))]).await,
        faulty
    );
    assert_eq!(send(&[("version", "1")]).await, StatusCode::BAD_REQUEST, "no form of ours");
    assert_eq!(
        send(&[("form", "default"), ("version", "1"), ("status", "denied"), ("reason", &"x".repeat(1 << 20))]).await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(
        send(&[("form", "default"), ("version", "7"), ("status", "denied")]).await,
        StatusCode::CONFLICT,
        "the version first"
    );
    let page = world.get("/w/acme/privacy", &cookie).await.body;
    assert!(page.contains("Version 1, created with the workspace"), "{page}");
    for (email, password) in [("", ""), ("x", "y"), ("a@b.c", "")] {
        let reply = world
            .post(
                "/sign-in",
                &Cookie::default(),
                &[("email", email), ("password", password), ("next", "//evil.example")],
            )
            .await;
        assert_eq!(reply.status, faulty);
        assert!(!reply.body.contains("evil.example"), "no link leads away from here");
    }
    world.assert_holds().await;
}

async fn ids_of_another_workspace_lead_nowhere(world: World) {
    world.workspace("Acme").await;
    world.workspace("Other").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let (theirs, cookie) = (world.input("other", "Theirs").await, world.sign_in(&ada).await);
    world.event(&theirs, &json!({"user_identities": {"customer_id": "secret"}, "application_info": {"package": "com.other"}, "device_info": {"ios_idfv": "v1"}})).await;
    let eve = world.member("other", "Eve", Role::ComplianceAdmin).await;
    let eve = world.sign_in(&eve).await;
    let page = world.get("/w/other/inputs", &eve).await.body;
    let start = page.find("/w/other/inputs/").expect("the input's address") + "/w/other/inputs/".len();
    let (input, app) = (page[start..start + 13].to_owned(), {
        let page = world.get("/w/other/overview", &eve).await.body;
        let start = page.find("app=").expect("the app's address") + 4;
        page[start..start + 13].to_owned()
    });
    let not_found = StatusCode::NOT_FOUND;
    assert_eq!(world.get(&format!("/w/acme/inputs/{input}"), &cookie).await.status, not_found);
    for act in ["pause", "resume", "rotate"] {
        let reply =
            world.post(&format!("/w/acme/inputs/{input}"), &cookie, &[("act", act), ("secret_version", "1")]).await;
        assert_eq!(reply.status, not_found, "{act}");
    }
    assert_eq!(world.get(&format!("/w/acme/overview?app={app}"), &cookie).await.status, not_found);
    assert_eq!(
        world.get(&format!("/live/overview?workspace=acme&filters=app%3D{app}"), &cookie).await.status,
        not_found
    );
    let found = world.look_up("/w/acme/profiles", &cookie, "customer_id", "secret").await;
    assert!(found.body.contains("No profile with this id"), "{}", found.body);
    let token = world.token("acme", Role::ComplianceAdmin).await;
    for path in ["att-default", "distribution", "audit"] {
        let reply = world
            .ask("GET", &format!("/api/v1/workspaces/other/{path}"), Some(&crate::harness::bearer(&token)), "")
            .await;
        assert_eq!(reply.status, not_found);
    }
    let path = format!("/api/v1/workspaces/acme/distribution?app={app}");
    assert_eq!(world.ask("GET", &path, Some(&crate::harness::bearer(&token)), "").await.status, not_found);
    assert_eq!(world.get("/w/nowhere/overview", &cookie).await.status, not_found);
    assert_eq!(world.get("/w/NO%20SLUG/overview", &cookie).await.status, not_found);
    assert_eq!(
        world.event(&theirs, &json!({"device_info": {"ios_idfv": "v2"}})).await.status,
        StatusCode::ACCEPTED,
        "theirs works still"
    );
}

async fn forms_from_elsewhere_are_refused(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let cookie = world.sign_in(&ada).await;
    let body = "form=default&version=1&status=denied&reason=x";
    let request = Request::post("/w/acme/privacy")
        .header("cookie", &cookie.0)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "http://evil.example")
        .header("host", "127.0.0.1:3000");
    let reply = world.send(request.body(Body::from(body)).expect("a request"), "127.0.0.1").await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.body.contains("not sent from a page of Attest") && !reply.body.contains("role"), "{}", reply.body);
    assert!(world.get("/w/acme/privacy", &cookie).await.body.contains("Version 1, created with the workspace"));
}

/// A page repeats its query in each of its links: what is sent must not decide how large it gets.
async fn a_long_query_is_refused(world: World) {
    world.workspace("Acme").await;
    let cookie = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    for path in ["/w/acme/overview?x=", "/w/acme/members?q=", "/account?x=", "/live/overview?workspace=acme&filters="] {
        let reply = world.get(&format!("{path}{}", "a".repeat(8000)), &cookie).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        let reply = world.get(&format!("{path}{}", "a".repeat(8200)), &cookie).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}: {}", reply.body);
        assert!(reply.body.len() < 10_000, "{path}");
    }
}

/// Neither too large nor no JSON: who sent it shall send it again.
async fn a_body_that_breaks_off_is_told_as_such(world: World) {
    world.workspace("Acme").await;
    let (key, secret) = world.input("acme", "Backend").await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let broken = |kind: ErrorKind| Body::from_stream(futures::stream::iter([Ok("{"), Err(std::io::Error::from(kind))]));
    let annotations = "/api/v1/workspaces/acme/annotations";
    for (path, authorization) in
        [("/v2/events", basic(&key, &secret)), ("/v2/bulkevents", basic(&key, &secret)), (annotations, bearer(&token))]
    {
        // What is not sent as HTTP says is no better next time.
        let malformed = world.ask("POST", path, Some(&authorization), broken(ErrorKind::InvalidInput)).await;
        assert_eq!(malformed.status, StatusCode::BAD_REQUEST, "{path}: {}", malformed.body);
        let reply = world.ask("POST", path, Some(&authorization), broken(ErrorKind::TimedOut)).await;
        assert_eq!(reply.status, StatusCode::REQUEST_TIMEOUT, "{path}: {}", reply.body);
        assert!(reply.body.contains("did not come whole") && reply.body.contains("errors"), "{path}: {}", reply.body);
    }
    let form = Request::post("/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin");
    let reply = world.send(form.body(broken(ErrorKind::UnexpectedEof)).expect("a request"), "127.0.0.1").await;
    assert_eq!(reply.status, StatusCode::REQUEST_TIMEOUT);
    assert!(reply.body.contains("did not arrive whole"), "{}", reply.body);
}

/// What cannot stand in a header is led nowhere, and an address too long for one is left out.
async fn sign_in_leads_to_no_broken_address(world: World) {
    world.workspace("Acme").await;
    let email = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let cookie = world.sign_in(&email).await;
    for next in ["/%01", "/%0b", "/%7f", "/%C3%A9"] {
        let reply = world.get(&format!("/sign-in?next={next}"), &cookie).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"), "{next}: {}", reply.body);
    }
    let form = [("email", &*email), ("password", crate::harness::PASSWORD), ("next", "/\u{1}")];
    assert_eq!(world.post("/sign-in", &Cookie::default(), &form).await.location(), "/");
    for text in ["a".repeat(1900), "%E4%BD%A0".repeat(800)] {
        let asked = world.get(&format!("/w/acme/audit?text={text}"), &Cookie::default()).await;
        let form = world.get(asked.location(), &Cookie::default()).await;
        assert_eq!(form.status, StatusCode::OK, "{}", form.body);
    }
    let long = "\"".repeat(30_000);
    let reply = world.post("/sign-in", &Cookie::default(), &[("email", &long), ("password", "x"), ("next", "/")]).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// Each refusal is in the words of whoever reads it.
async fn refusals_tell_nobody_of_what_is_not_theirs(world: World) {
    world.workspace("Acme").await;
    let cookie = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let page = world.get("/people", &cookie).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("This page is for operators") && !page.body.contains("Your role"), "{}", page.body);
    let island = world.get("/live/overview?workspace=acme", &Cookie::default()).await;
    assert_eq!(island.status, StatusCode::UNAUTHORIZED);
    assert!(island.body.contains("nobody is signed in"), "{}", island.body);
    assert!(!island.headers.contains_key("www-authenticate"), "{:?}", island.headers);
    let island = world.get("/live/overview?workspace=acme&with_filter=perhaps", &cookie).await;
    assert_eq!(island.status, StatusCode::BAD_REQUEST);
    assert!(island.body.contains("request: a parameter is missing or cannot be read"), "{}", island.body);
}
