//! Alerts: set by a form or a script, looked at by a job, and told on the Overview, in notices and by API.

use super::api;
use crate::harness::{Cookie, World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR, MINUTE};
use axum::http::StatusCode;
use serde_json::{Value, json};

on_both! {
    an_alert_begins_is_told_once_and_ends
    a_rate_that_moved_is_told_and_chance_is_not
    data_problems_are_told_when_they_are_many_more_than_usual
    rounded_roles_learn_no_exact_figure_of_an_alert
    what_cannot_be_set_is_said_beside_its_field
}

const PATH: &str = "/w/acme/alerts";
const API: &str = "/api/v1/workspaces/acme/alerts";

fn device(name: &str, status: Option<&str>) -> Value {
    json!({"user_identities": {"customer_id": name},
        "device_info": {"platform": "iOS", "os_version": "18.1", "ios_idfv": name, "att_authorization_status": status}})
}

async fn send(world: &World, input: &(String, String), names: impl Iterator<Item = String>, status: Option<&str>) {
    for name in names {
        assert_eq!(world.event(input, &device(&name, status)).await.status, StatusCode::ACCEPTED);
    }
}

async fn begin(world: &World) -> (String, (String, String)) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    (ada, world.input("acme", "Backend").await)
}

async fn put(world: &World, rules: Value) {
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let reply = world.ask("PUT", API, Some(&bearer(&token)), rules.to_string()).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.body);
}

/// What the API says of an alert: whether it holds, and what was found.
async fn found(world: &World, kind: &str) -> (bool, Option<f64>) {
    let token = world.token("acme", Role::Analyst).await;
    let told = api(world, &token, "alerts").await;
    let all = told["alerts"].as_array().expect("alerts").clone();
    let of = all.iter().find(|alert| alert["kind"] == kind).unwrap_or_else(|| panic!("{told}"));
    (!of["since_ms"].is_null(), of["found"].as_f64())
}

async fn notices(world: &World) -> i64 {
    let rows: Vec<(i64,)> = world.rows("select count(*) from notices where kind = 'alert'").await;
    rows[0].0
}

/// How many changes of alerts are in the log.
async fn changes(world: &World) -> i64 {
    let rows: Vec<(i64,)> = world.rows("select count(*) from audit where action = 'alerts.set'").await;
    rows[0].0
}

/// How often a page says something.
async fn says(world: &World, cookie: &Cookie, page: &str, words: &str) -> usize {
    world.get(page, cookie).await.body.matches(words).count()
}

async fn an_alert_begins_is_told_once_and_ends(world: World) {
    let (ada, input) = begin(&world).await;
    let cookie = world.sign_in(&ada).await;
    let form = [
        ("unknown_share_on", "yes"),
        ("unknown_share", "60"),
        ("rate_change", "3"),
        ("data_problems", "3"),
        ("silence_on", "yes"),
        ("silence", "2"),
    ];
    let reply = world.post(PATH, &cookie, &form).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    assert_eq!(says(&world, &cookie, PATH, "It is looked at within a minute").await, 2);
    send(&world, &input, (0..60).map(|n| format!("u{n}")), None).await;
    send(&world, &input, (0..60).map(|n| format!("a{n}")), Some("authorized")).await;
    world.run_jobs().await;
    assert_eq!((found(&world, "unknown_share").await, notices(&world).await), ((false, Some(50.0)), 0));
    send(&world, &input, (60..120).map(|n| format!("u{n}")), None).await;
    world.clock.advance(6 * MINUTE);
    world.run_jobs().await;
    assert_eq!((found(&world, "unknown_share").await, notices(&world).await), ((true, Some(66.6)), 1));
    assert_eq!(found(&world, "silence").await, (false, Some(0.1)));
    let words = "66.6% of the profiles have no status";
    for page in [PATH, "/w/acme/overview", "/account"] {
        assert_eq!(says(&world, &cookie, page, words).await, 1, "{page}");
    }
    // It goes on, ends, and begins once more on the same day: that was told already.
    world.clock.advance(6 * MINUTE);
    world.run_jobs().await;
    put(&world, json!({"unknown_share": 70})).await;
    world.run_jobs().await;
    assert_eq!(found(&world, "unknown_share").await, (false, Some(66.6)));
    put(&world, json!({"unknown_share": 50})).await;
    world.run_jobs().await;
    assert_eq!((found(&world, "unknown_share").await.0, notices(&world).await), (true, 1));
    put(&world, json!({"unknown_share": null})).await;
    world.clock.advance(3 * HOUR);
    world.run_jobs().await;
    assert_eq!((found(&world, "unknown_share").await, found(&world, "silence").await.0), ((false, None), true));
    let cookie = world.sign_in(&ada).await;
    assert_eq!(says(&world, &cookie, "/w/acme/overview", "No batch for 3.2 hours").await, 1);
    assert_eq!(changes(&world).await, 4);
    world.assert_holds().await;
}

async fn a_rate_that_moved_is_told_and_chance_is_not(world: World) {
    let (_, input) = begin(&world).await;
    put(&world, json!({"rate_change": 5})).await;
    send(&world, &input, (0..100).map(|n| format!("a{n}")), Some("authorized")).await;
    send(&world, &input, (0..100).map(|n| format!("d{n}")), Some("denied")).await;
    world.run_jobs().await;
    assert_eq!(found(&world, "rate_change").await, (false, None), "there is no week before");
    world.clock.advance(7 * DAY);
    send(&world, &input, (100..110).map(|n| format!("d{n}")), Some("denied")).await;
    world.run_jobs().await;
    assert_eq!(found(&world, "rate_change").await, (false, None), "2.4 points of 210 may be chance");
    send(&world, &input, (110..200).map(|n| format!("d{n}")), Some("denied")).await;
    world.clock.advance(6 * MINUTE);
    world.run_jobs().await;
    assert_eq!((found(&world, "rate_change").await, notices(&world).await), ((true, Some(-16.6)), 1));
}

async fn data_problems_are_told_when_they_are_many_more_than_usual(world: World) {
    let (_, input) = begin(&world).await;
    put(&world, json!({"data_problems": 3})).await;
    let wrong = async |of: std::ops::Range<usize>| {
        for n in of {
            assert_eq!(
                world.event(&input, &device(&format!("w{n}"), Some("authorized"))).await.status,
                StatusCode::ACCEPTED
            );
        }
    };
    for _ in 0..4 {
        wrong(0..10).await;
        world.clock.advance(DAY);
    }
    world.run_jobs().await;
    assert_eq!(found(&world, "data_problems").await, (false, None), "ten a day are few");
    wrong(0..30).await;
    world.clock.advance(6 * MINUTE);
    world.run_jobs().await;
    assert_eq!((found(&world, "data_problems").await, notices(&world).await), ((true, Some(3.0)), 1));
    world.clock.advance(2 * DAY);
    world.run_jobs().await;
    assert!(!found(&world, "data_problems").await.0, "it was the day before yesterday");
}

async fn rounded_roles_learn_no_exact_figure_of_an_alert(world: World) {
    let (ada, input) = begin(&world).await;
    put(&world, json!({"unknown_share": 1})).await;
    send(&world, &input, (0..52).map(|n| format!("u{n}")), None).await;
    send(&world, &input, (0..49).map(|n| format!("a{n}")), Some("authorized")).await;
    world.run_jobs().await;
    // 52 of 101 are 51.4 percent; as everybody may see them, 50 of 100 have a status.
    assert_eq!(found(&world, "unknown_share").await, (true, Some(50.0)));
    let words = "50% of the profiles have no status";
    let (ada, rea) = (world.sign_in(&ada).await, world.member("acme", "Rea", Role::ReadOnly).await);
    let rea = world.sign_in(&rea).await;
    for cookie in [&ada, &rea] {
        assert_eq!(says(&world, cookie, PATH, words).await, 1);
    }
    assert_eq!(says(&world, &rea, PATH, "Save alerts").await, 0);
    assert_eq!(world.post(PATH, &rea, &[("silence", "1")]).await.status, StatusCode::FORBIDDEN);
}

async fn what_cannot_be_set_is_said_beside_its_field(world: World) {
    let (ada, _) = begin(&world).await;
    let cookie = world.sign_in(&ada).await;
    for wrong in ["0", "100", "", "ten", "1.5", "-3", "99999999999999999999"] {
        let form = [
            ("unknown_share_on", "yes"),
            ("unknown_share", wrong),
            ("rate_change", "3"),
            ("data_problems", "3"),
            ("silence", "1"),
        ];
        let reply = world.post(PATH, &cookie, &form).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        assert!(reply.body.contains("Enter a whole number within the range"), "{wrong:?}: {}", reply.body);
    }
    let token = world.token("acme", Role::ComplianceAdmin).await;
    for (body, status) in [
        (r#"{"silence": 0}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (r#"{"silence": "1"}"#, StatusCode::BAD_REQUEST),
        (r#"{"silence": 1.5}"#, StatusCode::BAD_REQUEST),
        (r#"{"silenc": 1}"#, StatusCode::BAD_REQUEST),
        (r#"{"silence": 1, "silence": 2}"#, StatusCode::BAD_REQUEST),
        ("[]", StatusCode::BAD_REQUEST),
        ("{}", StatusCode::NO_CONTENT),
    ] {
        let reply = world.ask("PUT", API, Some(&bearer(&token)), body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
    }
    assert_eq!(changes(&world).await, 0);
}
