//! The Profile API: what it returns, to whom, and how reads are recorded.

use crate::harness::{Reply, World, bearer, on_both};
use attest::domain::role::{Role, TokenRole};
use attest::domain::time::{DAY, MINUTE};
use axum::http::StatusCode;
use serde_json::{Value, json};

on_both! {
    a_profile_is_read_by_mpid_and_by_identity
    many_devices_are_returned_in_pages
    the_idfa_goes_through_the_gate
    without_the_permission_nothing_is_returned
    reads_are_one_row_a_minute
    questions_that_cannot_be_read_are_refused
}

const WORKSPACE: &str = "/userprofile/v1/main/main/acme";

async fn get(world: &World, token: &str, path: &str) -> Reply {
    world.ask("GET", path, Some(&bearer(token)), "").await
}

async fn resolve(world: &World, token: &str, fields: &str, body: Value) -> Reply {
    let fields = if fields.is_empty() { String::new() } else { format!("?fields={fields}") };
    let path = format!("/userprofile/v1/resolve/main/main/acme{fields}");
    world.ask("POST", &path, Some(&bearer(token)), body.to_string()).await
}

fn ada(status: Option<&str>) -> Value {
    json!({"mpid": 77, "user_identities": {"customer_id": "ada", "email": "Ada@Example.com"},
        "application_info": {"package": "com.acme.app", "application_version": "4.2"},
        "device_info": {"platform": "iOS", "os_version": "17.5", "ios_idfv": "v1", "ios_advertising_id": "A1",
            "att_authorization_status": status, "att_timestamp_unixtime_ms": 1_614_121_622_175_i64}})
}

async fn a_profile_is_read_by_mpid_and_by_identity(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    world.event(&input, &ada(Some("denied"))).await;
    let token = world.token_of("acme", TokenRole::ProfileReader).await;
    let plain = get(&world, &token, &format!("{WORKSPACE}/77")).await;
    assert_eq!(plain.status, StatusCode::OK, "{}", plain.body);
    let now = world.store.clock().now();
    let expected = json!({"mpid": 77, "environment_type": "production", "created_timestamp_ms": now, "last_stored_timestamp_ms": now});
    assert_eq!(plain.json(), expected, "only what was asked for");
    let posted = world.ask("POST", &format!("{WORKSPACE}/77"), Some(&bearer(&token)), "").await;
    assert_eq!(posted.json(), expected);
    let identity = json!({"environment_type": "production", "identity": {"type": "email", "value": "ADA@example.com"}});
    let whole = resolve(&world, &token, "devices,user_identities,device_identities", identity).await.json();
    assert_eq!(whole["mpid"], 77);
    assert_eq!(
        whole["user_identities"],
        json!([{"type": "customer_id", "value": "ada"}, {"type": "email", "value": "ada@example.com"}])
    );
    assert_eq!(whole["device_identities"], json!([{"type": "ios_idfv", "value": "v1"}]), "no IDFA of a refusal");
    let device = &whole["devices"][0];
    assert_eq!(device["application"], json!({"name": "com.acme.app", "package": "com.acme.app"}));
    assert_eq!(
        (&device["platform"], &device["os_version"], &device["application_version"]),
        (&json!("iOS"), &json!("17.5"), &json!("4.2"))
    );
    assert_eq!(
        device["att"],
        json!({"authorization_status": "denied", "origin": "explicit", "explicit_status": "denied",
            "timestamp_unixtime_ms": 1_614_121_622_175_i64, "as_of_unixtime_ms": now, "settings_version": 1})
    );
    let by_device = json!({"identity": {"type": "ios_idfv", "value": "v1"}});
    assert_eq!(resolve(&world, &token, "", by_device).await.json()["mpid"], 77);
    world.assert_holds().await;
}

async fn many_devices_are_returned_in_pages(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    for n in 0..120 {
        let phone = json!({"mpid": 77, "device_info": {"platform": "iOS", "ios_idfv": format!("v{n}")}});
        world.event(&input, &phone).await;
        // Fifty are joined on a day.
        world.clock.advance(if n % 40 == 39 { DAY } else { 1000 });
    }
    let token = world.token_of("acme", TokenRole::ProfileReader).await;
    let (mut pages, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(&world, &token, &format!("{WORKSPACE}/77?fields=devices,device_identities{after}")).await.json();
        let idfvs: Vec<Value> =
            page["device_identities"].as_array().expect("ids").iter().map(|id| id["value"].clone()).collect();
        assert_eq!(page["devices"].as_array().expect("devices").len(), idfvs.len());
        pages.push(idfvs);
        let Some(next) = page["next_devices_after"].as_str() else { break };
        after = format!("&devices_after={next}");
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
    let expected: Vec<Value> = (0..120).rev().map(|n| json!(format!("v{n}"))).collect();
    assert_eq!(pages.concat(), expected, "the newest first, each once");
    let wrong = get(&world, &token, &format!("{WORKSPACE}/77?fields=devices&devices_after=x")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let plain = get(&world, &token, &format!("{WORKSPACE}/77")).await.json();
    assert_eq!(plain["next_devices_after"], Value::Null, "nobody asked for devices");
}

async fn the_idfa_goes_through_the_gate(world: World) {
    use attest::domain::att::{Policy, Status};
    use attest::server::services::privacy::{NewSettings, change_settings};
    use attest::server::store::WorkspaceRef;
    let workspace = world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    let change = async |default, policy, version| {
        let wanted = NewSettings { default, policy, reason: "a test".into(), version, typed_name: None };
        change_settings(&world.store, &World::actor(), WorkspaceRef::Id(workspace), wanted).await.expect("changed");
    };
    change(None, Some(Policy::Observe), 1).await;
    world.event(&input, &ada(None)).await;
    let token = world.token("acme", Role::Compliance).await;
    let device =
        async || get(&world, &token, &format!("{WORKSPACE}/77?fields=devices")).await.json()["devices"][0].clone();
    let with_idfa = device().await;
    assert_eq!(with_idfa["device_identities"].as_array().map(Vec::len), Some(2), "{with_idfa}");
    assert_eq!(
        (&with_idfa["att"]["authorization_status"], &with_idfa["att"]["origin"]),
        (&json!(null), &json!("none"))
    );
    change(Some(Some(Status::Denied)), None, 2).await;
    assert_eq!(device().await["device_identities"].as_array().map(Vec::len), Some(2), "observe keeps it");
    change(None, Some(Policy::Withhold), 3).await;
    let gated = device().await;
    assert_eq!(gated["device_identities"], json!([{"type": "ios_idfv", "value": "v1"}]), "at once");
    assert_eq!(
        gated["att"],
        json!({"authorization_status": "denied", "origin": "default", "explicit_status": null,
            "timestamp_unixtime_ms": null, "as_of_unixtime_ms": null, "settings_version": 4})
    );
}

async fn without_the_permission_nothing_is_returned(world: World) {
    world.workspace("Acme").await;
    world.workspace("Other").await;
    let input = world.input("acme", "Backend").await;
    world.event(&input, &ada(None)).await;
    let path = format!("{WORKSPACE}/77");
    assert_eq!(world.ask("GET", &path, None, "").await.status, StatusCode::UNAUTHORIZED);
    let analyst = world.token("acme", Role::Analyst).await;
    assert_eq!(get(&world, &analyst, &path).await.status, StatusCode::FORBIDDEN);
    let stranger = world.token_of("other", TokenRole::ProfileReader).await;
    let (theirs, nowhere) =
        (get(&world, &stranger, &path).await, get(&world, &stranger, "/userprofile/v1/main/main/nowhere/77").await);
    assert_eq!((theirs.status, nowhere.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(theirs.body, nowhere.body, "one that is not theirs is as one that does not exist");
    let reader = world.token_of("acme", TokenRole::ProfileReader).await;
    for wrong in
        ["/userprofile/v1/main/main/acme/78", "/userprofile/v1/main/main/acme/x", "/userprofile/v1/other/main/acme/77"]
    {
        assert_eq!(get(&world, &reader, wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
    for elsewhere in ["att-default", "distribution", "audit"] {
        let path = format!("/api/v1/workspaces/acme/{elsewhere}");
        assert_eq!(get(&world, &reader, &path).await.status, StatusCode::FORBIDDEN, "this and nothing else");
    }
}

async fn reads_are_one_row_a_minute(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    world.event(&input, &ada(None)).await;
    let reader = world.token_of("acme", TokenRole::ProfileReader).await;
    for mpid in [77, 77, 78] {
        get(&world, &reader, &format!("{WORKSPACE}/{mpid}")).await;
    }
    let auditor = world.token("acme", Role::Auditor).await;
    let rows = async || {
        let path = "/api/v1/workspaces/acme/audit?action=profile.read_by_token";
        world.ask("GET", path, Some(&bearer(&auditor)), "").await.json()["rows"].as_array().expect("rows").clone()
    };
    world.run_jobs().await;
    assert!(rows().await.is_empty(), "the minute is still open");
    world.clock.advance(MINUTE);
    world.run_jobs().await;
    get(&world, &reader, &format!("{WORKSPACE}/77")).await;
    world.clock.advance(MINUTE);
    for _ in 0..2 {
        world.run_jobs().await;
    }
    let found = rows().await;
    let counts: Vec<_> = found.iter().map(|row| row["after"]["reads"].clone()).collect();
    assert_eq!(counts, [json!(1), json!(3)]);
    for row in &found {
        assert_eq!(row["actor"]["role"], "profile_reader", "{row}");
        assert_ne!(row["actor"]["name"], "token", "the token's own name, as in the rows of its other acts");
    }
    // Hashes and ids are random letters: only whole values prove something.
    let text = serde_json::to_string(&found).expect("JSON");
    assert!(!text.contains("\"ada\"") && !text.contains("ada@example.com") && !text.contains("\"v1\""), "{text}");
    world.assert_holds().await;
}

async fn questions_that_cannot_be_read_are_refused(world: World) {
    world.workspace("Acme").await;
    let reader = world.token_of("acme", TokenRole::ProfileReader).await;
    for (body, field) in [
        ("{", "request"),
        ("[]", "request"),
        ("{}", "identity"),
        ("{\"identity\":7}", "identity"),
        ("{\"identity\":{\"type\":\"customer_id\"}}", "identity.value"),
        ("{\"identity\":{\"value\":\"x\"}}", "identity.type"),
        ("{\"identity\":{\"type\":\"shoe size\",\"value\":\"x\"}}", "identity.type"),
        ("{\"identity\":{\"type\":\"profile\",\"value\":\"x\"}}", "identity.type"),
        ("{\"identity\":{\"type\":\"email\",\"value\":\"a\\u0000\"}}", "identity.value"),
        ("{\"identity\":{\"type\":\"email\",\"type\":\"email\",\"value\":\"a\"}}", "identity.type"),
        ("{\"environment_type\":\"moon\",\"identity\":{\"type\":\"email\",\"value\":\"a\"}}", "environment_type"),
    ] {
        let path = "/userprofile/v1/resolve/main/main/acme";
        let reply = world.ask("POST", path, Some(&bearer(&reader)), body.to_owned()).await;
        let message = reply.json()["errors"][0]["message"].as_str().expect("a message").to_owned();
        assert!(
            reply.status == StatusCode::BAD_REQUEST && message.starts_with(&format!("{field}:")),
            "{body}: {message}"
        );
    }
    for query in ["fields=shoes", "environment_type=moon", "shoes=1"] {
        assert_eq!(
            get(&world, &reader, &format!("{WORKSPACE}/77?{query}")).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
}
