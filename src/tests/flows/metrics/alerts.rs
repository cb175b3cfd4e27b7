//! Alerts: set by a form or a script, looked at by a job, and told on the Overview, in notices and by API.

use super::api;
use crate::harness::{Cookie, World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR, MINUTE};
use axum::http::StatusCode;
use serde_json::{Value, json};

on_both! {
    an_alert_begins_is_told_once_and_ends
    a_stale_form_changes_only_what_was_touched
    a_rate_that_moved_is_told_and_chance_is_not
    data_problems_are_told_when_they_are_many_more_than_usual
    a_single_data_problem_of_another_kind_is_not_told_apart
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

/// Sends the form of the page, where each alert is shown with one threshold and typed with another; empty ones are off.
async fn fill(world: &World, cookie: &Cookie, shown: [&str; 4], typed: [&str; 4]) -> (StatusCode, String) {
    let kinds = ["unknown_share", "rate_change", "data_problems", "silence"];
    let mut fields: Vec<(String, String)> = Vec::new();
    for ((kind, shown), typed) in kinds.iter().zip(shown).zip(typed) {
        if !typed.is_empty() {
            fields.push((format!("{kind}_on"), "yes".to_owned()));
        }
        fields.push(((*kind).to_owned(), typed.to_owned()));
        fields.push((format!("{kind}_before"), shown.to_owned()));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply = world.post(PATH, cookie, &fields).await;
    (reply.status, reply.body)
}

async fn an_alert_begins_is_told_once_and_ends(world: World) {
    let (ada, input) = begin(&world).await;
    for (name, role) in [("Bob", Role::Admin), ("Cleo", Role::Compliance), ("Rea", Role::ReadOnly)] {
        world.member("acme", name, role).await;
    }
    let cookie = world.sign_in(&ada).await;
    assert_eq!(fill(&world, &cookie, [""; 4], ["60", "", "", "2"]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(says(&world, &cookie, PATH, "It is looked at within 5 minutes").await, 2);
    send(&world, &input, (0..60).map(|n| format!("u{n}")), None).await;
    send(&world, &input, (0..60).map(|n| format!("a{n}")), Some("authorized")).await;
    world.run_jobs().await;
    assert_eq!((found(&world, "unknown_share").await, notices(&world).await), ((false, Some(50.0)), 0));
    send(&world, &input, (60..120).map(|n| format!("u{n}")), None).await;
    world.clock.advance(6 * MINUTE);
    world.run_jobs().await;
    assert_eq!((found(&world, "unknown_share").await, notices(&world).await), ((true, Some(66.7)), 2));
    let told =
        "select p.name from notices n join people p on p.id = n.person_id where n.kind = 'alert' order by p.name";
    let told: Vec<(String,)> = world.rows(told).await;
    assert_eq!(told, ["Ada", "Bob"].map(|name| (name.to_owned(),)), "those who may set it");
    assert_eq!(found(&world, "silence").await, (false, Some(0.1)));
    let words = "About 66.7% of the Apple profiles in production have no status";
    for page in [PATH, "/w/acme/overview", "/w/acme/overview?environment=development", "/account"] {
        assert_eq!(says(&world, &cookie, page, words).await, 1, "{page}");
    }
    // Another threshold that was reached too changes nothing of since when; one that was not ends it.
    let since = async || world.rows::<(Option<i64>,)>("select since from alerts where kind = 'unknown_share'").await;
    let began = since().await;
    put(&world, json!({"unknown_share": 61})).await;
    assert_eq!(since().await, began);
    world.run_jobs().await;
    assert_eq!(since().await, began);
    put(&world, json!({"unknown_share": 70})).await;
    assert_eq!(since().await, [(None,)]);
    world.run_jobs().await;
    assert_eq!(found(&world, "unknown_share").await, (false, Some(66.7)));
    // It begins once more on the same day: that was told already. On the next day it goes on, which is not told either.
    put(&world, json!({"unknown_share": 50})).await;
    world.run_jobs().await;
    assert_eq!((found(&world, "unknown_share").await.0, notices(&world).await), (true, 2));
    world.clock.advance(DAY);
    send(&world, &input, (0..1).map(|n| format!("u{n}")), None).await;
    world.run_jobs().await;
    assert_eq!((found(&world, "unknown_share").await.0, notices(&world).await), (true, 2));
    for threshold in [90, 50] {
        put(&world, json!({"unknown_share": threshold})).await;
        world.run_jobs().await;
    }
    assert_eq!(
        (found(&world, "unknown_share").await.0, notices(&world).await),
        (true, 4),
        "it began anew on another day"
    );
    put(&world, json!({"unknown_share": null})).await;
    world.clock.advance(3 * HOUR);
    world.run_jobs().await;
    assert_eq!(
        (found(&world, "unknown_share").await, found(&world, "silence").await),
        ((false, None), (true, Some(3.0)))
    );
    let cookie = world.sign_in(&ada).await;
    assert_eq!(says(&world, &cookie, "/w/acme/overview", "No batch came to production for 3 hours").await, 1);
    assert_eq!(changes(&world).await, 7);
    world.assert_holds().await;
}

/// Two people have the page open; each sets what they touched.
async fn a_stale_form_changes_only_what_was_touched(world: World) {
    let (ada, _) = begin(&world).await;
    let cookie = world.sign_in(&ada).await;
    put(&world, json!({"silence": 2, "unknown_share": 50})).await;
    put(&world, json!({"silence": null})).await;
    assert_eq!(fill(&world, &cookie, ["50", "", "", "2"], ["60", "", "", "2"]).await.0, StatusCode::SEE_OTHER);
    let set = "select kind || ' ' || threshold from alerts order by kind";
    assert_eq!(world.rows::<(String,)>(set).await, [("unknown_share 60".to_owned(),)]);
    let before = changes(&world).await;
    assert_eq!(fill(&world, &cookie, ["60", "", "", ""], ["60", "", "", ""]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(changes(&world).await, before, "nothing was touched");
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
    assert_eq!(found(&world, "rate_change").await, (false, Some(-2.4)), "which of 210 rounding alone could turn");
    send(&world, &input, (110..200).map(|n| format!("d{n}")), Some("denied")).await;
    world.clock.advance(6 * MINUTE);
    world.run_jobs().await;
    assert_eq!((found(&world, "rate_change").await, notices(&world).await), ((true, Some(-16.7)), 1));
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
    assert_eq!(found(&world, "data_problems").await, (false, Some(1.0)), "as on each day");
    wrong(0..30).await;
    world.clock.advance(6 * MINUTE);
    world.run_jobs().await;
    assert_eq!((found(&world, "data_problems").await, notices(&world).await), ((true, Some(3.0)), 1));
    world.clock.advance(2 * DAY);
    world.run_jobs().await;
    assert!(!found(&world, "data_problems").await.0, "it was the day before yesterday");
}

/// Fourteen of a kind are shown as ten, and one of another as fewer than ten: together they are no fifteen.
async fn a_single_data_problem_of_another_kind_is_not_told_apart(world: World) {
    let (_, input) = begin(&world).await;
    put(&world, json!({"data_problems": 2})).await;
    world.clock.advance(3 * DAY);
    send(&world, &input, (0..14).map(|n| format!("w{n}")), Some("authorized")).await;
    world.run_jobs().await;
    let before = found(&world, "data_problems").await;
    let mut other = device("x", Some("denied"));
    other["device_info"]["ios_advertising_id"] = "0f0e0d0c-0b0a-4908-8706-050403020100".into();
    assert_eq!(world.event(&input, &other).await.status, StatusCode::ACCEPTED);
    let kinds: Vec<(i64,)> = world.rows("select count(distinct kind) from data_problems").await;
    assert_eq!(kinds, [(2,)], "one of another kind came");
    world.clock.advance(6 * MINUTE);
    world.run_jobs().await;
    assert_eq!((before, found(&world, "data_problems").await), ((false, Some(1.1)), before));
}

async fn rounded_roles_learn_no_exact_figure_of_an_alert(world: World) {
    let (ada, input) = begin(&world).await;
    put(&world, json!({"unknown_share": 1})).await;
    send(&world, &input, (0..52).map(|n| format!("u{n}")), None).await;
    send(&world, &input, (0..49).map(|n| format!("a{n}")), Some("authorized")).await;
    world.run_jobs().await;
    // 52 of 101 are 51.4 percent; as everybody may see them, 50 of 100 have a status.
    assert_eq!(found(&world, "unknown_share").await, (true, Some(50.0)));
    let words = "About 50% of the Apple profiles in production have no status";
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
    for wrong in ["0", "100", " ", "ten", "1.5", "-3", "99999999999999999999"] {
        let (status, body) = fill(&world, &cookie, [""; 4], [wrong, "51", "", ""]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
        // Once in the summary and once beside its field, for both.
        assert_eq!(body.matches("Enter a whole number within the range").count(), 4, "{wrong:?}: {body}");
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
