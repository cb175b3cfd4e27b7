//! What real senders send: in their spellings, packings and paths.

use crate::harness::{Reply, World, basic, bearer, on_both};
use attest::domain::role::{Role, TokenRole};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;

on_both! {
    public_senders_are_understood_as_they_are
    packed_bodies_and_byte_order_marks_are_taken
    an_encoding_that_is_not_known_is_refused
    partners_paths_and_trailing_slashes_are_taken
    an_unknown_address_among_those_for_machines_is_told_in_json
    refused_batches_are_named_beside_those_that_were_stored
    a_nul_is_refused_and_never_an_internal_error
    an_empty_apple_id_in_a_template_makes_no_iphone
    spellings_of_a_platform_keep_its_status
    a_word_for_none_is_nobody
    a_repeated_request_is_counted_and_explained
}

/// A request with these headers besides, from an input.
async fn post(world: &World, input: &(String, String), path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
    let mut request = Request::post(path).header("authorization", basic(&input.0, &input.1));
    request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    world.send(request.body(Body::from(body)).expect("a request"), "127.0.0.1").await
}

const JSON: (&str, &str) = ("content-type", "application/json");

async fn resolved(world: &World, token: &str, kind: &str, value: &str) -> Reply {
    let path = "/userprofile/v1/resolve/main/main/acme?fields=user_identities,devices";
    let question = json!({"environment_type": "production", "identity": {"type": kind, "value": value}});
    world.ask("POST", path, Some(&bearer(token)), question.to_string()).await
}

/// Who sends, to which path, what, under which identity the person is found, and what status their device has.
type PublicSender = (&'static str, &'static str, Value, (&'static str, &'static str), &'static str);

/// The shapes of public clients and feeds, written anew after their documentation: what each sends for one person.
fn public_senders() -> Vec<PublicSender> {
    let event = |at: i64| {
        json!({"event_type": "custom_event", "data": {"event_name": "opened",
        "custom_event_type": "navigation", "timestamp_unixtime_ms": at, "custom_attributes": {"a": "b"}}})
    };
    vec![
        (
            "the client for Java, which leaves out what is absent",
            "/v2/events",
            json!({"environment": "production", "schema_version": 2, "events": [event(1_795_356_200_000)],
                "user_identities": {"customer_id": "java"}, "user_attributes": {"age": 7},
                "device_info": {"platform": "iOS", "ios_idfv": "AAAAAAAA-0000-4000-8000-000000000001",
                    "att_authorization_status": "authorized", "att_timestamp_unixtime_ms": 1_795_356_100_000_i64}}),
            ("customer_id", "java"),
            "authorized",
        ),
        (
            "the client for Go, which spells an identity otherwise",
            "/v2/events",
            json!({"environment": "production", "events": [event(1_795_356_200_000)], "mpid": 0,
                "user_identities": {"customerid": "go"}, "user_attributes": null, "ip": "",
                "device_info": {"platform": "iOS", "ios_idfv": "AAAAAAAA-0000-4000-8000-000000000002",
                    "att_authorization_status": "denied", "ios_advertising_id": "00000000-0000-0000-0000-000000000000"}}),
            ("customer_id", "go"),
            "denied",
        ),
        (
            "the client for Ruby, in bulk",
            "/v2/bulkevents",
            json!([{"environment": "production", "events": [], "user_identities": {"customer_id": 4242, "email": "Ruby@Example.com"},
                "device_info": {"platform": "tvOS", "ios_idfv": "aaaaaaaa00004000800000000000003a",
                    "att_authorization_status": "restricted"}}]),
            ("email", "ruby@example.com"),
            "restricted",
        ),
        (
            "the client for .NET, with null for all that is absent",
            "/v2/bulkevents",
            json!([{"environment": "production", "events": null, "mpid": null, "deleted_user_attributes": null,
                "user_identities": {"customer_id": "net", "email": null, "facebook": null, "other": null},
                "application_info": {"application_name": null, "package": null, "os": "IOS"},
                "device_info": {"ios_idfv": "AAAAAAAA-0000-4000-8000-000000000004", "os_version": "17.5",
                    "att_authorization_status": "not_determined", "limit_ad_tracking": null}, "context": null}]),
            ("customer_id", "net"),
            "not_determined",
        ),
        (
            "a customer data platform, with numbers for identities and a request id",
            "/v2/events",
            json!({"environment": "production", "source_request_id": "9f1c2f6e-5a3b-4d7c-8e9f-0a1b2c3d4e5f",
                "events": [{"event_type": "screen_view", "data": {"screen_name": "Home", "timestamp_unixtime_ms": 1_795_356_200_000_i64}}],
                "user_identities": {"other": 77, "other2": "anonymous-77", "email": "cdp@example.com"},
                "device_info": {"platform": "iPhone OS", "os_version": 17, "ios_idfv": "AAAAAAAA-0000-4000-8000-000000000005",
                    "att_authorization_status": "authorized", "ios_advertising_id": "613FF528-AFD1-4C1B-9628-E6ED25ECE9C0"},
                "context": {"location": {"country_code": "de"}}}),
            ("other_id_2", "anonymous-77"),
            "authorized",
        ),
        (
            "a business intelligence tool's action, whose rows have no device",
            "/v2/bulkevents",
            json!([{"environment": "production", "schema_version": 2, "user_attributes": {"$Age": "7"},
                "user_identities": {"customer_id": "looked"}, "device_info": {}, "events": [{"event_type": "custom_event",
                    "data": {"event_name": "Looker", "custom_event_type": "other"}}]}]),
            ("customer_id", "looked"),
            "",
        ),
        (
            "a promotion engine's template, with an empty text for what it does not have",
            "/v2/events",
            json!({"environment": "production", "events": [{"event_type": "custom_event", "data": {"event_name": "coupon"}}],
                "user_identities": {"customer_id": "talon", "email": ""}, "mp_deviceid": "",
                "device_info": {"ios_advertising_id": "", "ios_idfv": "",
                    "android_advertising_id": "38400000-8cf0-11bd-b23e-10b96e40000d"}}),
            ("customer_id", "talon"),
            "",
        ),
        (
            "an attribution partner's feed, by its own path",
            "/s2s/v2/bulkevents",
            json!([{"environment": "production", "events": [event(1_795_356_200_000)], "user_identities": [],
                "device_info": {"platform": "ios", "os_version": "17.5", "ios_idfv": "AAAAAAAA-0000-4000-8000-000000000008",
                    "att_authorization_status": "denied", "att_timestamp_unixtime_ms": 1_795_356_100_i64,
                    "limit_ad_tracking": true},
                "application_info": {"package": "com.acme.app", "application_version": 2.10}}]),
            ("ios_idfv", "AAAAAAAA-0000-4000-8000-000000000008"),
            "denied",
        ),
        (
            "a replayed archive, whose identities are a list",
            "/v2/bulkevents/historical",
            json!([{"environment": "production", "mpid": 1e18, "events": [],
                "user_identities": [{"identity_type": "customer_id", "identity": "archive"}],
                "device_info": {"platform": "iOS", "ios_idfv": "AAAAAAAA-0000-4000-8000-000000000009",
                    "att_authorization_status": "authorized", "att_timestamp_unixtime_ms": 1_700_000_000_000_i64}}]),
            ("customer_id", "archive"),
            "authorized",
        ),
    ]
}

async fn public_senders_are_understood_as_they_are(world: World) {
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Feed").await, world.token_of("acme", TokenRole::ProfileReader).await);
    for (sender, path, body, (kind, value), status) in public_senders() {
        let reply = post(&world, &input, path, &[JSON], body.to_string().into_bytes()).await;
        assert_eq!((reply.status, reply.body.as_str()), (StatusCode::ACCEPTED, ""), "{sender}");
        let found = resolved(&world, &token, kind, value).await;
        assert_eq!(found.status, StatusCode::OK, "{sender}: {}", found.body);
        let reported = found.json()["devices"][0]["att"]["explicit_status"].clone();
        assert_eq!(reported.as_str().unwrap_or_default(), status, "{sender}");
    }
    assert_eq!(resolved(&world, &token, "customer_id", "archive").await.json()["mpid"], 1_000_000_000_000_000_000_i64);
    world.assert_holds().await;
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(body).expect("packed");
    packer.finish().expect("packed")
}

async fn packed_bodies_and_byte_order_marks_are_taken(world: World) {
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Feed").await, world.token("acme", Role::Compliance).await);
    let gzip = [JSON, ("content-encoding", "gzip")];
    let batch = |n: usize| json!({"user_identities": {"customer_id": n}}).to_string();
    let marked = format!("\u{feff}{}", batch(3));
    for (headers, body) in [
        (&gzip[..], packed(batch(1).as_bytes())),
        (&[JSON, ("content-encoding", "identity")][..], batch(2).into_bytes()),
        (&[JSON][..], marked.clone().into_bytes()),
        (&gzip[..], packed(marked.replace('3', "4").as_bytes())),
    ] {
        let reply = post(&world, &input, "/v2/events", headers, body).await;
        assert_eq!((reply.status, reply.body.as_str()), (StatusCode::ACCEPTED, ""));
    }
    assert_eq!(world.distribution("acme", &token, "").await["total"], 4);
    // The limit is of what it unpacks to.
    let bomb = packed(&vec![b' '; 20_000_000]);
    assert!(bomb.len() < 128 * 1024);
    let reply = post(&world, &input, "/v2/events", &gzip, bomb).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", reply.body);
    let reply = post(&world, &input, "/v2/events", &gzip, batch(5).into_bytes()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let message = "Content-Encoding: expected a whole body packed by gzip, as the header says";
    assert_eq!(reply.json()["errors"][0]["message"], message);
    world.assert_holds().await;
}

async fn an_encoding_that_is_not_known_is_refused(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Feed").await;
    for encoding in ["br", "deflate", "gzip, br", "zstd"] {
        let reply = post(&world, &input, "/v2/events", &[JSON, ("content-encoding", encoding)], b"{}".to_vec()).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{encoding}");
        assert!(
            reply.json()["errors"][0]["message"].as_str().is_some_and(|said| said.starts_with("Content-Encoding: "))
        );
    }
}

async fn partners_paths_and_trailing_slashes_are_taken(world: World) {
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Feed").await, world.token("acme", Role::Compliance).await);
    let mut n = 0;
    for before in ["", "/s2s"] {
        for behind in ["", "/"] {
            for (path, many) in [("/v2/events", false), ("/v2/bulkevents", true), ("/v2/bulkevents/historical", true)] {
                n += 1;
                let batch = json!({"user_identities": {"customer_id": n}});
                let body = if many { json!([batch]) } else { batch };
                let path = format!("{before}{path}{behind}");
                let reply = post(&world, &input, &path, &[JSON], body.to_string().into_bytes()).await;
                assert_eq!(reply.status, StatusCode::ACCEPTED, "{path}");
                let unknown = world.ask("POST", &path, Some("Basic !"), "{}").await;
                assert_eq!(unknown.status, StatusCode::FORBIDDEN, "{path}");
            }
        }
    }
    assert_eq!(world.distribution("acme", &token, "").await["total"], n);
}

async fn an_unknown_address_among_those_for_machines_is_told_in_json(world: World) {
    for path in [
        "/v2",
        "/v2/",
        "/v2/nothing",
        "/s2s",
        "/s2s/v2/nothing",
        "/s2s/v1/events",
        "/api/v1/x",
        "/userprofile/x",
        "/events",
        "/v1/events",
        "/V2/events",
    ] {
        let reply = world.ask("POST", path, None, "{}").await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.json()["errors"][0]["code"], "NOT_FOUND", "{path}");
    }
}

async fn refused_batches_are_named_beside_those_that_were_stored(world: World) {
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Feed").await, world.token("acme", Role::Compliance).await);
    let (good, bad) = (
        |n: usize| json!({"user_identities": {"customer_id": n}}),
        json!({"device_info": {"att_authorization_status": "yes"}}),
    );
    let body = json!([good(1), bad, good(2), 7]).to_string().into_bytes();
    let reply = post(&world, &input, "/v2/bulkevents", &[JSON], body).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    let message =
        "[1].device_info.att_authorization_status: expected one of authorized, denied, restricted, not_determined";
    let expected = json!({"errors": [{"code": "BAD_REQUEST", "message": message},
        {"code": "BAD_REQUEST", "message": "[3]: expected an object"}]});
    assert_eq!(reply.json(), expected);
    assert_eq!(world.distribution("acme", &token, "").await["total"], 2);
}

async fn a_nul_is_refused_and_never_an_internal_error(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let (cookie, token) = (world.sign_in(&ada).await, world.token("acme", Role::Compliance).await);
    for pair in ["\0:x", "a\0b:c", "a'b:c"] {
        let reply =
            world.ask("POST", "/v2/events", Some(&basic(pair.split(':').next().unwrap_or_default(), "x")), "{}").await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "the same as for any unknown key");
    }
    for query in
        ["distribution?country=%00", "trend?app_version=a%00", "audit?actor=%00", "breakdown?by=country&app=%00"]
    {
        let reply = world.ask("GET", &format!("/api/v1/workspaces/acme/{query}"), Some(&bearer(&token)), "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}: {}", reply.body);
        assert_eq!(reply.json()["errors"][0]["code"], "BAD_REQUEST");
    }
    for page in [
        "/w/acme/audit?text=%00",
        "/w/acme/audit?actor=a%00",
        "/w/acme/overview?app=%00",
        "/w/a%00b/overview",
        "/sign-in?next=/%00",
    ] {
        let reply = world.get(page, &cookie).await;
        assert_eq!((reply.status, reply.is_html()), (StatusCode::BAD_REQUEST, true), "{page}");
    }
    for question in [json!({"type": "customer_id", "value": "a\0"}), json!({"type": "ios_idfv", "value": "\0"})] {
        let body = json!({"identity": question}).to_string();
        let reply = world.ask("POST", "/userprofile/v1/resolve/main/main/acme", Some(&bearer(&token)), body).await;
        assert!(reply.status.is_client_error(), "{}", reply.body);
    }
    for (path, fields) in [
        ("/sign-in", [("email", "a\0@b.c"), ("password", "x\0"), ("next", "/\0")]),
        ("/w/acme/profiles", [("by", "customer_id"), ("value", "a\0"), ("x", "")]),
        ("/w/acme/tokens", [("act", "add"), ("name", "a\0"), ("role", "\0")]),
        ("/w/acme/members", [("act", "invite"), ("email", "a\0@b.c"), ("role", "\0")]),
    ] {
        let reply = world.post(path, &cookie, &fields).await;
        assert!(!reply.status.is_server_error(), "{path}: {} {}", reply.status, reply.body);
    }
}

async fn an_empty_apple_id_in_a_template_makes_no_iphone(world: World) {
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Feed").await, world.token("acme", Role::Compliance).await);
    let batch = json!({"user_identities": {"customer_id": "u"}, "device_info": {"ios_advertising_id": "", "ios_idfv": "",
        "android_advertising_id": "38400000-8cf0-11bd-b23e-10b96e40000d"}});
    assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    let read = world.distribution("acme", &token, "unit=devices&platform=Android").await;
    assert_eq!((&read["not_applicable"], &read["total"]), (&json!(1), &json!(1)));
}

async fn spellings_of_a_platform_keep_its_status(world: World) {
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Feed").await, world.token("acme", Role::Compliance).await);
    for (n, platform) in
        ["iPhone OS", "iPhone", "iPad", "iPod", "iPadOS", "ios", "Apple TV", "appletvos"].iter().enumerate()
    {
        let batch = json!({"device_info": {"platform": platform, "ios_idfv": format!("v{n}"), "att_authorization_status": "denied"}});
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    }
    assert_eq!(world.distribution("acme", &token, "unit=devices").await["counts"]["denied"], 8);
}

async fn a_word_for_none_is_nobody(world: World) {
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Feed").await, world.token_of("acme", TokenRole::ProfileReader).await);
    for (n, word) in ["null", "undefined", "None"].iter().enumerate() {
        let batch = json!({"user_identities": {"customer_id": word}, "device_info": {"platform": "iOS", "ios_idfv": format!("v{n}")}});
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
        assert_eq!(resolved(&world, &token, "customer_id", word).await.status, StatusCode::NOT_FOUND);
    }
}

async fn a_repeated_request_is_counted_and_explained(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let input = world.input("acme", "Feed").await;
    for n in 0..3 {
        let batch = json!({"source_request_id": "queue-7", "user_identities": {"customer_id": n}});
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    }
    let cookie = world.sign_in(&ada).await;
    let list = world.get("/w/acme/inputs", &cookie).await.body;
    let start = list.find("/w/acme/inputs/").expect("the input's address");
    let page = world.get(&list[start..start + "/w/acme/inputs/".len() + 13], &cookie).await.body;
    assert!(page.contains("one source_request_id for several uploads"), "{page}");
}
