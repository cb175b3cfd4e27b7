//! The Admin API, as scripts use it.

use crate::harness::{Cookie, Reply, World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use axum::http::StatusCode;
use serde_json::{Value, json};

on_both! {
    the_default_is_read_and_set
    the_audit_log_is_paged_exactly_as_hashed
    health_is_reported
    what_the_router_refuses_is_reported_alike
    a_token_ends_after_a_year
    the_page_of_the_interfaces_has_every_field
}

async fn the_default_is_read_and_set(world: World) {
    world.workspace("Acme").await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let put = async |body: Value| {
        world.ask("PUT", "/api/v1/workspaces/acme/att-default", Some(&bearer(&token)), body.to_string()).await
    };
    let get = async || world.ask("GET", "/api/v1/workspaces/acme/att-default", Some(&bearer(&token)), "").await.json();
    let first = get().await;
    assert_eq!(
        (&first["status"], &first["idfa_policy"], &first["version"]),
        (&json!(null), &json!("withhold"), &json!(1))
    );
    let made = put(json!({"status": "denied", "reason": "LR-1", "version": 1})).await;
    assert_eq!((made.status, &made.json()["version"]), (StatusCode::OK, &json!(2)));
    let by = made.json()["changed_by"].as_str().map(str::to_owned).expect("a name");
    assert!(by.starts_with("script "), "the token's name: {by}");
    let same = put(json!({"status": "denied", "reason": "again", "version": 2})).await;
    assert_eq!((same.status, &same.json()["version"]), (StatusCode::OK, &json!(2)));
    for (body, status) in [
        (json!({"status": "denied", "reason": "x", "version": 1}), StatusCode::CONFLICT),
        (json!({"version": 1}), StatusCode::CONFLICT),
        (json!({"status": "denied", "version": 2}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({"reason": "x", "version": 2}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({"status": "denied", "reason": "  ", "version": 2}), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({"status": "DENIED", "reason": "x", "version": 2}), StatusCode::BAD_REQUEST),
        (json!({"status": "denied", "reason": 7, "version": 2}), StatusCode::BAD_REQUEST),
        (json!([]), StatusCode::BAD_REQUEST),
        (json!({"status": "denied", "idfa_polcy": "observe", "reason": "x", "version": 2}), StatusCode::BAD_REQUEST),
    ] {
        let reply = put(body.clone()).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
    }
    let both = put(json!({"status": null, "idfa_policy": "observe", "reason": "LR-2", "version": 2})).await.json();
    assert_eq!((&both["status"], &both["idfa_policy"], &both["version"]), (&json!(null), &json!("observe"), &json!(3)));
    let policy = put(json!({"status": null, "idfa_policy": "withhold", "reason": "LR-3", "version": 3})).await.json();
    assert_eq!(policy["version"], 4);
    world.assert_holds().await;
}

async fn the_audit_log_is_paged_exactly_as_hashed(world: World) {
    use attest::domain::audit::canonical;
    use sha2::{Digest, Sha256};
    world.workspace("Acme").await;
    let token = world.token("acme", Role::Auditor).await;
    for n in 0..5 {
        world.member("acme", &format!("P{n}"), Role::Analyst).await;
    }
    let read = async |query: &str| {
        world.ask("GET", &format!("/api/v1/workspaces/acme/audit?{query}"), Some(&bearer(&token)), "").await.json()
    };
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let page = read(&format!("limit=3{before}")).await;
        for row in page["rows"].as_array().expect("rows") {
            let mut hashed = row.clone();
            let hash = hashed.as_object_mut().and_then(|row| row.remove("hash")).expect("a hash");
            let text = canonical(&hashed).expect("canonical");
            let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, hex, "a reader elsewhere gets the same hash");
            seen.push(row["seq"].as_i64().expect("a number"));
        }
        match page["next_before_seq"].as_i64() {
            Some(next) => before = format!("&before_seq={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (1..=7).rev().collect::<Vec<_>>());
    assert_eq!(read("action=member.role_set&limit=100").await["rows"].as_array().map(Vec::len), Some(5));
    assert_eq!(read("actor=nobody").await["rows"], json!([]));
    assert_eq!(read("from=2026-11-23").await["rows"], json!([]));
    for query in [
        "audit?limit=x",
        "audit?actor=",
        "distribution?app=",
        "audit?action=bogus",
        "audit?acton=member.role_set",
        "distribution?enviroment=development",
        "distribution?continent=EU",
    ] {
        let reply = world.ask("GET", &format!("/api/v1/workspaces/acme/{query}"), Some(&bearer(&token)), "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

async fn health_is_reported(world: World) {
    for path in ["/healthz", "/readyz"] {
        assert_eq!(world.get(path, &Cookie::default()).await.status, StatusCode::OK);
    }
    for path in ["/v2/nothing", "/api/v1/nothing"] {
        let reply = world.ask("POST", path, None, "{}").await;
        assert_eq!((reply.status, &reply.json()["errors"][0]["code"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
    }
}

async fn what_the_router_refuses_is_reported_alike(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let (cookie, token) = (world.sign_in(&ada).await, world.token("acme", Role::Compliance).await);
    let ask = async |method: &str, path: &str| world.ask(method, path, Some(&bearer(&token)), "{}").await;
    let message = |reply: &Reply| reply.json()["errors"][0]["message"].as_str().expect("a message").to_owned();
    for (method, path, allowed) in [
        ("GET", "/v2/events", "POST"),
        ("DELETE", "/api/v1/workspaces/acme/att-default", "GET,HEAD,PUT"),
        ("POST", "/healthz", "GET,HEAD"),
    ] {
        let reply = ask(method, path).await;
        assert_eq!((reply.status, reply.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, allowed), "{path}");
        assert!(message(&reply).starts_with("method: expected one of those"), "{path}");
    }
    let reply = ask("GET", "/api/v1/workspaces/%ff/att-default").await;
    assert_eq!(
        (reply.status, message(&reply).as_str()),
        (StatusCode::BAD_REQUEST, "request: the address or its query cannot be read")
    );
    let page = world.get("/w/%ff/overview", &cookie).await;
    assert!(page.status == StatusCode::BAD_REQUEST && page.body.contains("<h1"), "{}", page.body);
    for query in ["overview?unit=bogus", "overview?environment=test", "audit?action=bogus", "audit?before=x"] {
        let page = world.get(&format!("/w/acme/{query}"), &cookie).await;
        assert!(page.status == StatusCode::BAD_REQUEST && page.body.contains("<h1"), "{query}: {}", page.status);
    }
}

async fn a_token_ends_after_a_year(world: World) {
    world.workspace("Acme").await;
    let token = world.token("acme", Role::Analyst).await;
    let status =
        async || world.ask("GET", "/api/v1/workspaces/acme/att-default", Some(&bearer(&token)), "").await.status;
    world.clock.advance(364 * DAY);
    assert_eq!(status().await, StatusCode::OK);
    world.clock.advance(DAY);
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
}

async fn the_page_of_the_interfaces_has_every_field(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ReadOnly).await;
    let page = world.get("/api", &world.sign_in(&ada).await).await.body;
    let of_batches = attest::domain::batch::field::all().map(|field| field.name());
    // Of the others those that shapes include from a shared one.
    for name in of_batches.chain(["as_of_ms", "rounded", "not_applicable"]) {
        assert!(page.contains(&format!("<code>{name}</code>")), "{name} is not on the page");
    }
}
