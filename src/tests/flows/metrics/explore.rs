//! Explore: what is counted over the devices themselves, for whom, and for how long.

use crate::harness::{Cookie, World, on_both};
use attest::domain::environment::Environment;
use attest::domain::id::{DeviceId, WorkspaceId};
use attest::domain::role::Role;
use attest::domain::time::{HOUR, MINUTE, SECOND};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};

on_both! {
    several_filters_are_counted_together
    one_question_of_a_person_is_counted_while_they_wait
    one_answer_is_for_all_who_asked_before_it_was_counted
    answers_are_for_those_who_may_look_up_devices
    what_is_explored_adds_up_to_the_counters
    devices_are_walked_through_page_by_page
    names_from_outside_spoil_no_picture
    charts_are_had_as_pictures
    every_picture_that_is_offered_is_there
}

const PAGE: &str = "/w/acme/metrics/explore";

/// Sixty users on phones of two countries and two versions, and twelve tablets without a status.
async fn tell(world: &World) -> Cookie {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let input = world.input("acme", "Backend").await;
    let send = async |n: usize, device: Value, country: &str| {
        let mut device = device;
        device["locale_country"] = country.into();
        let batch = json!({"user_identities": {"customer_id": format!("c{n}")}, "device_info": device});
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    };
    for n in 0..60 {
        let status = if n % 3 == 0 { "authorized" } else { "denied" };
        let device = json!({"platform": "iOS", "os_version": if n % 2 == 0 { "17.4.1" } else { "18.0" },
            "ios_idfv": format!("v{n}"), "att_authorization_status": status});
        send(n, device, if n < 40 { "DE" } else { "US" }).await;
    }
    for n in 60..72 {
        send(n, json!({"platform": "tvOS", "os_version": "17.4", "ios_idfv": format!("v{n}")}), "DE").await;
    }
    ada
}

async fn ask(world: &World, who: &Cookie, query: &str) {
    let reply = world.post(&format!("{PAGE}{query}"), who, &[("act", "count")]).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, format!("{PAGE}{query}").as_str()));
}

async fn several_filters_are_counted_together(world: World) {
    let ada = tell(&world).await;
    let query = "?country=DE&os_version=17.4&unit=devices&by=platform";
    let page = world.get(&format!("{PAGE}{query}"), &ada).await.body;
    assert!(page.contains("looks through 72 devices") && !page.contains("data-waiting"), "{page}");
    let file = world.get("/w/acme/metrics/explore/file", &ada).await;
    assert_eq!(file.status, StatusCode::NOT_FOUND, "nothing was counted yet");
    ask(&world, &ada, query).await;
    let page = world.get(&format!("{PAGE}{query}"), &ada).await.body;
    assert!(page.contains("data-waiting") && page.contains("Counted 0 of about 72 devices."), "{page}");
    assert!(page.contains("waiting.js") && !page.contains("metrics/explore/file"), "{page}");
    world.run_jobs().await;
    // Of forty phones in Germany twenty have this version: seven of them allow it.
    let page = world.get(&format!("{PAGE}{query}"), &ada).await.body;
    assert!(page.contains("<b class=\"large\">20</b> Apple devices, consent rate: <b>35.0%</b>"), "{page}");
    assert!(page.contains(">iOS</a>") && !page.contains(">tvOS</a>"), "tvOS 17.4 is not iOS 17.4: {page}");
    assert!(page.contains("</span>iOS 17.4") && !page.contains("waiting.js"), "{page}");
    let all = "?country=DE&unit=devices&by=platform";
    ask(&world, &ada, all).await;
    world.run_jobs().await;
    let page = world.get(&format!("{PAGE}{all}"), &ada).await.body;
    assert!(page.contains("<b class=\"large\">52</b>") && page.contains(">tvOS</a>"), "{page}");
    let file = world.get(&format!("/w/acme/metrics/explore/file{all}&format=json"), &ada).await;
    let told: Value = serde_json::from_str(&file.body).expect("JSON");
    let rows = told["rows"].as_array().expect("rows");
    let of = |platform: &str| rows.iter().find(|row| row["platform"] == platform).expect("a row");
    assert_eq!((&of("iOS")["total"], &of("tvOS")["unknown"]), (&json!(40), &json!(12)), "{told}");
    assert_eq!((&of("iOS")["authorized"], &told["about"]["country"]), (&json!(14), &json!("DE")), "{told}");
    // Kept for an hour.
    world.clock.advance(HOUR - MINUTE);
    let ada = world.sign_in("ada@example.com").await;
    let page = world.get(&format!("{PAGE}{all}"), &ada).await.body;
    assert!(page.contains("<b class=\"large\">52</b>"), "{page}");
    world.clock.advance(2 * MINUTE);
    let page = world.get(&format!("{PAGE}{all}"), &ada).await.body;
    assert!(page.contains("looks through 72 devices"), "{page}");
}

async fn count(world: &World) -> i64 {
    world.rows::<(i64,)>("select count(*) from explorations").await[0].0
}

async fn one_question_of_a_person_is_counted_while_they_wait(world: World) {
    let ada = tell(&world).await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::Admin).await).await;
    let (one, other, third) = ("?country=DE&by=platform", "?country=US&by=platform", "?by=country");
    ask(&world, &ada, one).await;
    world.clock.advance(SECOND);
    ask(&world, &bob, other).await;
    let page = world.get(&format!("{PAGE}{other}"), &bob).await.body;
    assert!(page.contains("Waiting: another question"), "{page}");
    // Of two who ask the same each waits for their own, and both have the answer of the first.
    let cy = world.sign_in(&world.member("acme", "Cy", Role::Admin).await).await;
    ask(&world, &cy, one).await;
    assert_eq!(count(&world).await, 3);
    assert!(world.get(&format!("{PAGE}{one}"), &cy).await.body.contains("Waiting: another question"));
    world.post(&format!("{PAGE}{one}"), &cy, &[("act", "cancel")]).await;
    assert!(world.get(&format!("{PAGE}{one}"), &cy).await.body.contains("looks through"));
    assert!(world.get(&format!("{PAGE}{one}"), &ada).await.body.contains("Counted 0 of"));
    // Who asks something else waits for that only.
    ask(&world, &ada, third).await;
    assert!(world.get(&format!("{PAGE}{one}"), &ada).await.body.contains("looks through"));
    // Nobody looks for Ada's any more; Bob does.
    world.clock.advance(100 * SECOND);
    world.get(&format!("{PAGE}{other}"), &bob).await;
    world.clock.advance(100 * SECOND);
    assert!(world.get(&format!("{PAGE}{third}"), &ada).await.body.contains("looks through"), "given up");
    world.run_jobs().await;
    assert!(world.get(&format!("{PAGE}{other}"), &bob).await.body.contains("<b class=\"large\">20</b>"));
    assert!(world.get(&format!("{PAGE}{third}"), &ada).await.body.contains("looks through"));
    // What is cancelled is not counted.
    ask(&world, &ada, one).await;
    let reply = world.post(&format!("{PAGE}{one}"), &ada, &[("act", "cancel")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    world.run_jobs().await;
    assert!(world.get(&format!("{PAGE}{one}"), &ada).await.body.contains("looks through"));
    for (form, expected) in [("nonsense", StatusCode::BAD_REQUEST), ("", StatusCode::BAD_REQUEST)] {
        assert_eq!(world.post(PAGE, &ada, &[("act", form)]).await.status, expected);
    }
    let before = count(&world).await;
    let unprintable = world.post(PAGE, &ada, &[("act", "count"), ("country", "US\0x")]).await;
    assert_eq!(
        (unprintable.status, count(&world).await),
        (StatusCode::BAD_REQUEST, before),
        "no address would show it"
    );
    for query in ["?platform=nokia", "?by=shoe", "?country=DE&country=US", "?days=30", "?app=0000000000000"] {
        let status = world.get(&format!("{PAGE}{query}"), &ada).await.status;
        assert!(matches!(status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND), "{query}: {status}");
    }
}

async fn one_answer_is_for_all_who_asked_before_it_was_counted(world: World) {
    let ada = tell(&world).await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::Admin).await).await;
    let cy = world.sign_in(&world.member("acme", "Cy", Role::Admin).await).await;
    let (same, other) = ("?country=US&by=platform", "?country=DE&by=platform");
    for (who, query) in [(&ada, same), (&bob, same), (&cy, other)] {
        ask(&world, who, query).await;
    }
    world.clock.advance(SECOND);
    world.run_jobs().await;
    for (who, query, devices) in [(&ada, same, 20), (&bob, same, 20), (&cy, other, 52)] {
        let page = world.get(&format!("{PAGE}{query}"), who).await.body;
        assert!(page.contains(&format!("<b class=\"large\">{devices}</b>")), "{query}: {page}");
    }
    assert_eq!(count(&world).await, 2, "what two asked was counted once, and what Cy did as well");
    // Who asks when the counting begins may have sent something that it has passed by.
    world.clock.advance(SECOND);
    for who in [&ada, &bob] {
        ask(&world, who, same).await;
    }
    world.run_jobs().await;
    assert_eq!(count(&world).await, 4);
}

async fn answers_are_for_those_who_may_look_up_devices(world: World) {
    let ada = tell(&world).await;
    let query = "?country=DE&by=os_version";
    ask(&world, &ada, query).await;
    world.run_jobs().await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::Compliance).await).await;
    let page = world.get(&format!("{PAGE}{query}"), &bob).await.body;
    assert!(page.contains("<b class=\"large\">52</b>"), "{page}");
    for (name, role) in [("Ann", Role::Analyst), ("Rob", Role::ReadOnly), ("Aud", Role::Auditor)] {
        let who = world.sign_in(&world.member("acme", name, role).await).await;
        let page = world.get(&format!("{PAGE}{query}"), &who).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("which yours may not") && !page.body.contains(">52</"), "{name}: {}", page.body);
        assert!(!page.body.contains("<option value=\"18.0\""), "{name} sees no values: {}", page.body);
        assert_eq!(
            world.post(&format!("{PAGE}{query}"), &who, &[("act", "count")]).await.status,
            StatusCode::FORBIDDEN
        );
        let file = world.get(&format!("/w/acme/metrics/explore/file{query}"), &who).await;
        assert_eq!(file.status, StatusCode::FORBIDDEN, "{name}");
    }
}

/// Without a filter the counters say the same, for each unit and each thing to group by.
async fn what_is_explored_adds_up_to_the_counters(world: World) {
    let ada = tell(&world).await;
    for unit in ["profiles", "devices"] {
        for by in ["app", "platform", "os_version", "app_version", "country"] {
            let query = format!("?unit={unit}&by={by}");
            ask(&world, &ada, &query).await;
            world.run_jobs().await;
            let rows = async |view: &str| {
                let file = world.get(&format!("/w/acme/metrics/{view}/file{query}&format=json"), &ada).await;
                let told: Value = serde_json::from_str(&file.body).expect(&file.body);
                let row = |row: &Value| (row[by].to_string(), row["authorized"].clone(), row["total"].clone());
                let mut rows: Vec<_> = told["rows"].as_array().expect("rows").iter().map(row).collect();
                rows.sort_by_key(|row| row.0.clone());
                rows
            };
            assert_eq!(rows("explore").await, rows("by").await, "{query}");
        }
    }
}

async fn charts_are_had_as_pictures(world: World) {
    let ada = tell(&world).await;
    let charts =
        [("now", "statuses"), ("over-time", "rate"), ("over-time", "shares"), ("flow", "answers"), ("flow", "times")];
    for (view, chart) in charts {
        let page = if view == "now" { String::new() } else { format!("/{view}") };
        let page = world.get(&format!("/w/acme/metrics{page}?environment=production"), &ada).await.body;
        let address = format!("/w/acme/metrics/{view}/picture?environment=production&amp;chart={chart}");
        assert!(page.contains(&address), "{address}: {page}");
        let picture = world.get(&address.replace("&amp;", "&"), &ada).await;
        assert_eq!(picture.status, StatusCode::OK, "{chart}: {}", picture.body);
        assert_eq!(picture.headers[CONTENT_TYPE], "image/svg+xml");
        let name = format!("attachment; filename=\"attest-acme-{view}-{chart}.svg\"");
        assert_eq!(picture.headers[CONTENT_DISPOSITION], name.as_str());
        assert!(picture.body.starts_with("<svg xmlns=") && picture.body.contains("Acme"), "{}", picture.body);
        assert!(!picture.body.contains("<!>") && !picture.body.contains("class=\"narrow"), "{}", picture.body);
    }
    let exports =
        async || world.rows::<(i64,)>("select count(*) from audit where action = 'metrics.exported'").await[0].0;
    assert_eq!(exports().await, charts.len() as i64);
    for (query, expected) in [
        ("now/picture", StatusCode::NOT_FOUND),
        ("now/picture?chart=rate", StatusCode::NOT_FOUND),
        ("by/picture?chart=rate", StatusCode::NOT_FOUND),
        ("over-time/picture?chart=rate&from=2026-11-20&to=2026-11-01", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(world.get(&format!("/w/acme/metrics/{query}"), &ada).await.status, expected, "{query}");
    }
    assert_eq!(exports().await, charts.len() as i64, "what is not drawn is not exported");
    let rob = world.sign_in(&world.member("acme", "Rob", Role::ReadOnly).await).await;
    assert_eq!(world.get("/w/acme/metrics/over-time/picture?chart=rate", &rob).await.status, StatusCode::FORBIDDEN);
    assert!(!world.get("/w/acme/metrics/over-time", &rob).await.body.contains("/picture"));
}

async fn every_picture_that_is_offered_is_there(world: World) {
    let ada = tell(&world).await;
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let mut offered = 0;
    for who in [&ada, &ann] {
        for view in ["", "/over-time", "/by", "/flow", "/quality", "/releases"] {
            for query in [
                "",
                "?platform=tvOS",
                "?platform=Android",
                "?environment=development",
                "?from=2025-01-01&to=2025-01-03",
            ] {
                let page = world.get(&format!("/w/acme/metrics{view}{query}"), who).await.body;
                for address in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                    if address.contains("/picture") {
                        let picture = world.get(&address.replace("&amp;", "&"), who).await;
                        assert_eq!(picture.status, StatusCode::OK, "{address}");
                        offered += 1;
                    }
                }
            }
        }
    }
    assert!(offered > 10, "{offered}");
}

/// In pages of any size, each device is in one of them.
async fn devices_are_walked_through_page_by_page(world: World) {
    tell(&world).await;
    let system = &world.system;
    let workspace = world.rows::<(i64,)>("select id from workspaces").await[0].0;
    let (mut last, mut devices, mut pages) = (DeviceId(0), 0, 0);
    loop {
        let mut view = system.system_view().await.expect("a view");
        let page = view.alike_devices_after(WorkspaceId(workspace), Environment::Production, last, 20).await;
        let page = page.expect("a page");
        assert_eq!(page.groups.iter().map(|alike| alike.devices).sum::<i64>(), page.devices);
        let Some(next) = page.last else { break };
        (last, devices, pages) = (next, devices + page.devices, pages + 1);
    }
    assert_eq!((devices, pages), (72, 4));
}

async fn names_from_outside_spoil_no_picture(world: World) {
    let ada = tell(&world).await;
    let input = world.input("acme", "Another").await;
    let version = "a\u{1}b\u{202e}c\u{ffff}";
    let batch = json!({"user_identities": {"customer_id": "x"}, "application_info": {"application_version": version},
        "device_info": {"platform": "iOS", "ios_idfv": "x", "att_authorization_status": "denied"}});
    assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("app_version", version).finish();
    let picture = world.get(&format!("/w/acme/metrics/now/picture?chart=statuses&{query}"), &ada).await;
    assert_eq!(picture.status, StatusCode::OK, "{}", picture.body);
    assert!(picture.body.contains("a[U+0001]b[U+202E]c[U+FFFF]"), "{}", picture.body);
    let hidden = |c: char| (c < ' ' && c != '\n') || c == '\u{202e}' || c == '\u{ffff}';
    assert!(!picture.body.contains(hidden), "{:?}", picture.body);
}
