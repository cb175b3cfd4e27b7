//! Releases: when a version is out, whether consent changed with it, and what people note on days.

use super::{api, csv_file, json_file};
use crate::harness::{Cookie, World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use attest::server::calendar;
use attest::server::clock::Clock;
use axum::http::StatusCode;
use serde_json::{Value, json};

on_both! {
    a_release_is_held_against_the_days_before_it
    rounded_roles_see_no_single_answer_of_a_cohort
    rounding_turns_no_change_around
    what_is_noted_is_marked_and_can_be_taken_away
    what_cannot_be_noted_is_said_beside_its_field
    marks_lead_to_their_rows_and_to_the_earlier_ones
}

fn device(name: &str, status: Option<&str>, version: &str) -> Value {
    json!({"user_identities": {"customer_id": name},
        "application_info": {"package": "com.acme.app", "application_version": version},
        "device_info": {"platform": "iOS", "os_version": "18.1", "ios_idfv": name, "att_authorization_status": status}})
}

/// Fourteen days of ten new devices with 4.8, of which four authorize and five deny, and then three days of twelve with 4.9, of which
/// nine authorize and three deny. On the last day the silent ones of the first two days answer: one authorizes, one denies.
async fn tell(world: &World) -> Cookie {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let input = world.input("acme", "Backend").await;
    let send = async |device: Value| {
        assert_eq!(world.event(&input, &device).await.status, StatusCode::ACCEPTED);
    };
    for day in 0..14 {
        for n in 0..10 {
            let status = [Some("authorized"), Some("denied"), None][usize::from(n >= 4) + usize::from(n >= 9)];
            send(device(&format!("a{day}-{n}"), status, "4.8")).await;
        }
        world.clock.advance(DAY);
    }
    for day in 0..3 {
        for n in 0..12 {
            let status = if n < 9 { "authorized" } else { "denied" };
            send(device(&format!("b{day}-{n}"), Some(status), "4.9")).await;
        }
        if day < 2 {
            world.clock.advance(DAY);
        }
    }
    send(device("a0-9", Some("authorized"), "4.9")).await;
    send(device("a1-9", Some("denied"), "4.9")).await;
    // The day must be over before it is said what came out on it.
    world.run_jobs().await;
    world.sign_in(&ada).await
}

async fn a_release_is_held_against_the_days_before_it(world: World) {
    let ada = tell(&world).await;
    let page = world.get("/w/acme/metrics/releases", &ada).await.body;
    let (before, after) = ("57 of 128", "27 of 36");
    assert!(page.contains("com.acme.app 4.9") && page.contains(before) && page.contains(after), "{page}");
    // Newcombe's interval of 57 of 128 and 27 of 36, by a calculation of its own.
    assert!(page.contains("Between +12.2 and +44.5 points: not chance."), "{page}");
    let file = json_file(&world, &ada, "releases/file?format=json").await;
    let rows = file["rows"].as_array().expect("rows");
    let of = |version: &str| rows.iter().find(|row| row["version"] == version).unwrap_or_else(|| panic!("{file}"));
    let newer = of("4.9");
    let figures = ["before_authorized", "before_answered", "after_authorized", "after_answered", "days_after"];
    assert_eq!(figures.map(|name| newer[name].as_i64()), [57, 128, 27, 36, 3].map(Some), "{newer}");
    assert_eq!((&newer["day"], &of("4.8")["day"]), (&json!("2026-12-06"), &json!("2026-11-22")));
    assert_eq!(of("4.8")["before_first_answer_consent"], Value::Null, "nobody was seen before");
    let lines = csv_file(&world, &ada, "releases/file?format=csv").await;
    assert_eq!(lines.iter().map(|line| line["version"].as_str()).collect::<Vec<_>>(), ["4.9", "4.8"]);
    let token = world.token("acme", Role::Compliance).await;
    let told = api(&world, &token, "releases?app=com.acme.app").await;
    let first = &told["milestones"][0];
    assert_eq!((&first["version"], &first["day"]), (&json!("4.9"), &json!("2026-12-06")), "{told}");
    assert_eq!((&first["before"]["from"], &first["after"]["to"]), (&json!("2026-11-22"), &json!("2026-12-08")));
    assert_eq!(first["after"]["first_answer_consent"]["part"], 27);
    for page in ["overview", "metrics/over-time"] {
        let body = world.get(&format!("/w/acme/{page}"), &ada).await.body;
        assert!(body.contains("com.acme.app 4.9") && body.contains("/w/acme/metrics/releases?from="), "{page}: {body}");
    }
    let of_one = world.get("/w/acme/metrics/over-time?app=com.acme.app", &ada).await.body;
    assert!(of_one.contains(">4.9</a>"), "{of_one}");
    let in_development = world.get("/w/acme/metrics/over-time?environment=development", &ada).await.body;
    assert!(!in_development.contains("4.9</a>"), "{in_development}");
    // The next days add what comes out on them, and leave what came out before.
    let input = world.input("acme", "Another").await;
    for (days, version) in [(1, "4.9"), (1, "5.0"), (1, "5.0")] {
        world.clock.advance(days * DAY);
        for n in 0..12 {
            world.event(&input, &device(&format!("c{n}"), Some("denied"), version)).await;
        }
        world.run_jobs().await;
    }
    world.clock.advance(DAY);
    world.run_jobs().await;
    let ada = world.sign_in("ada@example.com").await;
    let later = json_file(&world, &ada, "releases/file?format=json").await;
    let out = |file: &Value| -> Vec<(Value, Value)> {
        let rows = file["rows"].as_array().expect("rows").iter();
        rows.map(|row| (row["version"].clone(), row["day"].clone())).collect()
    };
    let mut expected = vec![(json!("5.0"), json!("2026-12-10"))];
    expected.extend(out(&file));
    assert_eq!(out(&later), expected);
    world.assert_holds().await;
}

async fn rounded_roles_see_no_single_answer_of_a_cohort(world: World) {
    tell(&world).await;
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let page = world.get("/w/acme/metrics/releases", &ann).await.body;
    assert!(page.contains("com.acme.app 4.9") && page.contains("do not tell whether a release"), "{page}");
    let cells: Vec<&str> = page
        .split("<small class=\"muted\">")
        .skip(1)
        .filter_map(|rest| rest.split('<').next())
        .filter(|text| text.contains(" of ") && !text.contains("so far"))
        .collect();
    assert_eq!(cells, [""; 0], "a part that looks larger than its whole says nothing: {page}");
    assert_eq!(page.matches("fewer than 10 on some days").count(), 4, "{page}");
    let token = world.token("acme", Role::Analyst).await;
    let told = api(&world, &token, "releases").await;
    let newer = &told["milestones"][0];
    let whole = |cohort: &str| newer[cohort]["first_answer_consent"]["whole"].clone();
    assert_eq!(
        (whole("before"), whole("after"), &newer["difference_low"]),
        (json!(20), json!(30), &Value::Null),
        "{told}"
    );
    assert!(!page.contains("Add an annotation"));
    let form = [("act", "add"), ("name", "x"), ("day", "2026-12-01"), ("app", "")];
    assert_eq!(world.post("/w/acme/metrics/releases", &ann, &form).await.status, StatusCode::FORBIDDEN);
}

/// Eleven of twenty-six allow it each day, and then fourteen of twenty-six: rounded day by day it was 10 and 10 of 30.
async fn rounding_turns_no_change_around(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let input = world.input("acme", "Backend").await;
    for day in 0..18 {
        for n in 0..26 {
            let status = if n < if day < 14 { 11 } else { 14 } { "authorized" } else { "denied" };
            let sent = world.event(&input, &device(&format!("c{day}-{n}"), Some(status), "4.8")).await;
            assert_eq!(sent.status, StatusCode::ACCEPTED);
        }
        world.clock.advance(DAY);
    }
    let ada = world.sign_in(&ada).await;
    let form = [("act", "add"), ("name", "Prompt moved"), ("day", "2026-12-06"), ("app", "")];
    assert_eq!(world.post("/w/acme/metrics/releases", &ada, &form).await.status, StatusCode::SEE_OTHER);
    let page = world.get("/w/acme/metrics/releases", &ada).await.body;
    assert!(page.contains("42.3%") && page.contains("53.8%") && page.contains("▲ 11.5 points"), "{page}");
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let page = world.get("/w/acme/metrics/releases", &ann).await.body;
    assert!(page.contains("Prompt moved") && page.contains("do not tell whether a release"), "{page}");
    assert!(!page.contains("▲") && !page.contains("▼") && !page.contains("Between"), "{page}");
    let told = api(&world, &world.token("acme", Role::Analyst).await, "releases").await;
    assert_eq!(told["milestones"][0]["difference_low"], Value::Null, "{told}");
}

async fn what_is_noted_is_marked_and_can_be_taken_away(world: World) {
    let ada = tell(&world).await;
    let post = async |form: &[(&str, &str)]| world.post("/w/acme/metrics/releases", &ada, form).await;
    let name = "Prompt moved after <onboarding>";
    let reply = post(&[("act", "add"), ("name", name), ("day", "2026-12-01"), ("app", "")]).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/w/acme/metrics/releases"));
    let page = world.get("/w/acme/metrics/releases", &ada).await.body;
    let shown = "Prompt moved after &lt;onboarding&gt;";
    assert!(page.contains("Annotation added.") && page.contains(shown) && page.contains("noted by Ada"), "{page}");
    for page in ["overview", "metrics/over-time", "metrics/over-time?app=com.acme.app"] {
        assert!(world.get(&format!("/w/acme/{page}"), &ada).await.body.contains(shown), "{page}");
    }
    // A script notes a step of a deployment, once however often it says so.
    let token = world.token("acme", Role::Admin).await;
    let noted = json!({"name": "Deployed", "day": "2026-12-02"}).to_string();
    let path = "/api/v1/workspaces/acme/annotations";
    for _ in 0..2 {
        let reply = world.ask("POST", path, Some(&bearer(&token)), noted.clone()).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.body);
    }
    let unfilled = json!({"name": "Deployed", "day": "2026-12-02", "app": ""}).to_string();
    let reply = world.ask("POST", path, Some(&bearer(&token)), unfilled).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "all apps are meant by who leaves it out: {}", reply.body);
    let told = api(&world, &token, "releases").await;
    let notes: Vec<&Value> =
        told["milestones"].as_array().expect("all").iter().filter(|of| !of["id"].is_null()).collect();
    assert_eq!(notes.iter().map(|note| &note["annotation"]).collect::<Vec<_>>(), ["Deployed", name], "{told}");
    let id = notes[0]["id"].as_str().expect("an id");
    let reply = world.ask("DELETE", &format!("{path}/{id}"), Some(&bearer(&token)), "").await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(
        world.ask("DELETE", &format!("{path}/{id}"), Some(&bearer(&token)), "").await.status,
        StatusCode::NOT_FOUND
    );
    let id = notes[1]["id"].as_str().expect("an id");
    assert_eq!(post(&[("act", "remove"), ("annotation", id)]).await.status, StatusCode::SEE_OTHER);
    assert!(!world.get("/w/acme/metrics/releases", &ada).await.body.contains(shown));
    let log = world.get("/w/acme/audit", &ada).await.body;
    assert!(log.matches("Annotation added").count() >= 2 && log.matches("Annotation removed").count() >= 2, "{log}");
    world.assert_holds().await;
}

async fn what_cannot_be_noted_is_said_beside_its_field(world: World) {
    let ada = tell(&world).await;
    let post = async |name: &str, day: &str, app: &str| {
        let form = [("act", "add"), ("name", name), ("day", day), ("app", app)];
        world.post("/w/acme/metrics/releases?days=90", &ada, &form).await
    };
    let long = "x".repeat(81);
    for (name, day, said) in [
        ("", "2026-12-01", "name-fault"),
        (&long, "2026-12-01", "name-fault"),
        ("x", "", "day-fault"),
        ("x", "yesterday", "day-fault"),
        ("x", "2027-12-01", "day-fault"),
        ("x", "1996-12-01", "day-fault"),
    ] {
        let reply = post(name, day, "").await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {day}");
        assert!(reply.body.contains(said) && reply.body.contains("<title>Error: "), "{name} {day}: {}", reply.body);
    }
    let reply = post("x", "2026-12-01", "0000000000001").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "an app that there is not");
    let kept = "action=\"/w/acme/metrics/releases?days=90\"";
    assert!(reply.body.contains("app-fault") && reply.body.contains(kept), "{}", reply.body);
    let token = world.token("acme", Role::Admin).await;
    for (body, status) in [
        ("[]", StatusCode::BAD_REQUEST),
        (r#"{"name": "x", "when": "2026-12-01"}"#, StatusCode::BAD_REQUEST),
        (r#"{"name": "x"}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (r#"{"name": "x", "day": "2026-12-32"}"#, StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let reply = world.ask("POST", "/api/v1/workspaces/acme/annotations", Some(&bearer(&token)), body).await;
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
    }
    let few = world.token("acme", Role::Analyst).await;
    let body = r#"{"name": "x", "day": "2026-12-01"}"#;
    let reply = world.ask("POST", "/api/v1/workspaces/acme/annotations", Some(&bearer(&few)), body).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

async fn marks_lead_to_their_rows_and_to_the_earlier_ones(world: World) {
    let ada = tell(&world).await;
    let token = bearer(&world.token("acme", Role::ComplianceAdmin).await);
    let input = world.input("acme", "Development").await;
    let mut tried = device("tried", Some("denied"), "4.9");
    tried["environment"] = "development".into();
    assert_eq!(world.event(&input, &tried).await.status, StatusCode::ACCEPTED);
    let today = world.clock.now();
    for ago in 0..13 {
        let day = calendar::date(calendar::day(today.minus(ago * DAY), "UTC"));
        let noted = json!({"day": day, "name": format!("noted {ago}")}).to_string();
        let reply = world.ask("POST", "/api/v1/workspaces/acme/annotations", Some(&token), noted).await;
        assert!(reply.status.is_success(), "{}", reply.body);
    }
    for query in ["", "?environment=development"] {
        let page = world.get(&format!("/w/acme/metrics/over-time{query}"), &ada).await.body;
        let links = page.split("href=\"").filter_map(|rest| rest.split("</a>").next()?.split_once("\">"));
        let links: Vec<(String, &str)> = links
            .filter(|(address, _)| address.contains("metrics/releases?from="))
            .map(|(address, words)| (address.replace("&amp;", "&"), words))
            .collect();
        assert!(links.len() > 12, "{query}: {links:?}");
        for (address, words) in links {
            assert_eq!(address.contains("environment=development"), !query.is_empty(), "{address}");
            let (path, anchor) = address.split_once('#').unwrap_or((&address, ""));
            let rows = world.get(path, &ada).await.body;
            if words == "Earlier releases and annotations" {
                assert!(rows.contains("noted 12") && !rows.contains("noted 10"), "{path}");
            } else {
                let row = rows.split_once(&format!("id=\"{anchor}\"")).and_then(|(_, rest)| rest.split("</tr>").next());
                assert!(row.is_some_and(|row| row.contains(words)), "{address} {words}: {rows}");
            }
        }
    }
}
