//! The Overview: what it says before there is anything to count, to whom, and of what.

use crate::harness::{Cookie, World, bearer, on_both};
use attest::domain::role::Role;
use axum::body::Body;
use axum::http::header::{ACCEPT, COOKIE, LOCATION, REFERER};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

on_both! {
    the_first_event_replaces_the_empty_state
    an_empty_page_says_what_is_left_to_do
    a_feed_without_statuses_is_named
    a_development_event_leaves_a_hint_in_production
    rounded_roles_are_offered_what_makes_sense
    a_platform_without_statuses_says_so
    a_wrong_filter_is_named
    the_island_is_led_nowhere
    rounded_roles_are_not_told_whether_there_is_anybody_in_an_app
    two_apps_side_by_side_are_a_click_away
}

fn ios(n: usize, status: Option<&str>) -> Value {
    json!({"user_identities": {"customer_id": format!("c{n}")}, "application_info": {"package": "com.acme.app"},
        "device_info": {"platform": "iOS", "ios_idfv": format!("v{n}"), "att_authorization_status": status}})
}

/// What the island of this page gets from the server.
async fn live(world: &World, page: &str, cookie: &Cookie) -> String {
    let (_, props) = page.split_once("data-component=\"LiveCounts").expect("the island");
    let with_filter = props.split('>').next().expect("an end").contains("with_filter&quot;:true");
    let reply = world.get(&format!("/live/overview?workspace=acme&with_filter={with_filter}"), cookie).await;
    reply.json()["html"].as_str().expect("counts").to_owned()
}

async fn the_first_event_replaces_the_empty_state(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let page = world.get("/w/acme/overview", &ada).await.body;
    let (_, counts) = page.split_once("id=\"counts\"").expect("the live part");
    assert!(counts.contains("Nothing has been counted here yet") && counts.contains("name=\"app\""), "{counts}");
    assert_eq!(page.matches("name=\"app\"").count(), 1, "one filter");
    let input = world.input("acme", "Backend").await;
    world.event(&input, &ios(0, Some("denied"))).await;
    let counts = live(&world, &page, &ada).await;
    assert!(!counts.contains("Nothing has been counted") && counts.contains(">com.acme.app</option>"), "{counts}");
    let page = world.get("/w/acme/overview", &ada).await.body;
    assert_eq!(page.matches("name=\"app\"").count(), 1, "one filter");
    assert!(!live(&world, &page, &ada).await.contains("name=\"app\""), "a choice that is being made is not replaced");
}

async fn an_empty_page_says_what_is_left_to_do(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let rea = world.sign_in(&world.member("acme", "Rea", Role::ReadOnly).await).await;
    let done = async |cookie: &Cookie| {
        let page = world.get("/w/acme/overview", cookie).await.body;
        (page.matches(">Done: <").count(), page.matches(">To do: <").count(), page)
    };
    let (ready, left, page) = done(&ada).await;
    assert_eq!((ready, left), (0, 5), "{page}");
    assert!(page.contains("<a href=\"/w/acme/inputs\"><b>Create an input</b></a>"), "{page}");
    let input = world.input("acme", "Backend").await;
    world.event(&input, &json!({"environment": "development", "device_info": {"ios_idfv": "v-dev"}})).await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let change = json!({"status": "denied", "reason": "a test", "version": 1}).to_string();
    let reply = world.ask("PUT", "/api/v1/workspaces/acme/att-default", Some(&bearer(&token)), change).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    world.member("acme", "Bea", Role::ComplianceAdmin).await;
    let (ready, left, page) = done(&ada).await;
    assert_eq!((ready, left), (3, 2), "{page}");
    assert!(page.contains("Some came to development."), "{page}");
    let (_, step) = page.split_once("<a href=\"/w/acme/inputs/").expect("the only input's page");
    assert!(step[13..].starts_with("\"><b>Send a first event to production"), "{page}");
    // Who may do nothing of it is told what is missing, without links.
    let (ready, left, page) = done(&rea).await;
    assert_eq!((ready, left), (2, 2), "{page}");
    assert!(!page.contains("<b>Name your app</b></a>"), "{page}");
    // In development something came, and an app that is looked at is no workspace that begins.
    let page = world.get("/w/acme/overview?environment=development&platform=iOS", &ada).await.body;
    assert!(!page.contains("To do:"), "{page}");
}

/// Why devices are unknown: the input that they come by never says a status.
async fn a_feed_without_statuses_is_named(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let rea = world.sign_in(&world.member("acme", "Rea", Role::ReadOnly).await).await;
    let (silent, other) = (world.input("acme", "Server").await, world.input("acme", "App").await);
    for n in 0..104 {
        world.event(&silent, &ios(n, None)).await;
        world.event(&other, &ios(200 + n, None)).await;
    }
    world.event(&other, &ios(200, Some("denied"))).await;
    world.event(&other, &json!({"device_info": {"platform": "Android", "android_uuid": "x"}})).await;
    world
        .event(
            &silent,
            &json!({"environment": "development", "device_info": {"platform": "iOS", "ios_idfv": "d",
        "att_authorization_status": "denied"}}),
        )
        .await;
    let page = world.get("/w/acme/overview", &ada).await.body;
    assert!(page.contains("<b>104</b> <a href=\"/w/acme/inputs/"), "{page}");
    assert_eq!(page.matches("by “Server”, none with an ATT status").count(), 1, "{page}");
    assert_eq!(page.matches("by “App”, none").count(), 0, "{page}");
    // How many never reported one is the interface's own number, and leads to where it is seen which ones.
    let token = world.token("acme", Role::Compliance).await;
    for unit in ["profiles", "devices"] {
        let path = format!("/api/v1/workspaces/acme/distribution?unit={unit}");
        let answer = world.ask("GET", &path, Some(&bearer(&token)), "").await.json();
        let unknown = answer["counts"]["unknown"].as_i64().expect("a count");
        let page = world.get(&format!("/w/acme/overview?unit={unit}"), &ada).await.body;
        let of_unit = if unit == "devices" { "&amp;unit=devices" } else { "" };
        let address = format!("/w/acme/metrics/by?by=app_version&amp;sort=unknown{of_unit}");
        let line = format!("<b>{unknown}</b> <a href=\"{address}\">{unit} never reported a status");
        assert!(unknown > 100 && page.contains(&line), "{line}: {page}");
        assert_eq!(world.get(&address.replace("&amp;", "&"), &ada).await.status, StatusCode::OK);
    }
    let told = async |cookie: &Cookie| {
        let page = world.get("/w/acme/inputs", cookie).await.body;
        let mut told = Vec::new();
        for input in page.split("/w/acme/inputs/").skip(1).filter_map(|rest| rest.split('"').next()) {
            let page = world.get(&format!("/w/acme/inputs/{input}"), cookie).await.body;
            let (_, rest) = page.split_once("without an ATT status</dt><dd>").unwrap_or_default();
            told.push(rest.split('<').next().unwrap_or_default().to_owned());
        }
        told.sort();
        told.dedup();
        told
    };
    assert_eq!(told(&ada).await, ["104", "104, and none with one"]);
    let rounded = (told(&rea).await, world.get("/w/acme/overview", &rea).await.body.contains("batches of Apple"));
    assert_eq!(rounded, (vec!["100".to_owned()], false));
    world.event(&silent, &ios(0, Some("denied"))).await;
    let page = world.get("/w/acme/overview", &ada).await.body;
    assert!(!page.contains("none with an ATT status"), "{page}");
    assert_eq!(
        (told(&rea).await, told(&ada).await),
        (vec!["100".to_owned()], vec!["104".to_owned()]),
        "rounded as before"
    );
}

async fn a_development_event_leaves_a_hint_in_production(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let input = world.input("acme", "Backend").await;
    world.event(&input, &json!({"environment": "development", "device_info": {"ios_idfv": "v-dev"}})).await;
    let page = world.get("/w/acme/overview", &ada).await.body;
    assert!(page.contains("In development: 1 profile.") && page.contains("Show development"), "{page}");
    world.event(&input, &ios(0, Some("denied"))).await;
    assert!(!world.get("/w/acme/overview", &ada).await.body.contains("In development:"));
}

async fn rounded_roles_are_offered_what_makes_sense(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let input = world.input("acme", "Backend").await;
    for n in 0..14 {
        world.event(&input, &ios(n, [None, Some("denied")][n % 2])).await;
    }
    let form = [("form", "default"), ("version", "1"), ("status", "denied"), ("reason", "x"), ("confirm", "")];
    assert_eq!(world.post("/w/acme/privacy", &ada, &form).await.status, StatusCode::SEE_OTHER);
    let page = world.get("/w/acme/overview", &ann).await.body;
    assert!(!page.contains(">Platforms</th>"), "a column without a value: {page}");
    assert!(page.contains(">Android</option>") && !page.contains("fire_tv") && !page.contains(">web<"), "{page}");
    let (_, unknown) = page.rsplit_once("</span>Unknown</span>").expect("the row of Unknown");
    let row = unknown.split("</tr>").next().expect("an end");
    assert!(row.contains(">0<small"), "nobody is Unknown while there is a default: {row}");
    let exact = world.get("/w/acme/overview", &ada).await.body;
    assert!(exact.contains(">Platforms</th>") && !exact.contains(">Android</option>"), "{exact}");
}

async fn a_platform_without_statuses_says_so(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let input = world.input("acme", "Backend").await;
    world.event(&input, &json!({"device_info": {"platform": "Android", "android_uuid": "a1"}})).await;
    let page = world.get("/w/acme/overview?platform=Android", &ada).await.body;
    assert!(page.contains("does not apply to Android") && page.contains("1 profile on Android."), "{page}");
    assert!(!page.contains("<svg class=\"bars") && !page.contains("id=\"bars-wide\""), "no chart of nothing: {page}");
    let rounded = world.get("/w/acme/overview?platform=Android", &ann).await.body;
    assert!(rounded.contains("does not apply to Android") && !rounded.contains("1 profile"), "{rounded}");
    assert!(world.get("/w/acme/overview", &ada).await.body.contains("No Apple profiles yet"));
}

async fn a_wrong_filter_is_named(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    for (path, field) in [("overview?platform=amiga", "Platform"), ("audit?on=yesterday", "Date")] {
        let page = world.get(&format!("/w/acme/{path}"), &ada).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.body.contains(&format!("<b>{field}</b>: ")), "{}", page.body);
        assert!(!page.body.contains("amiga") && !page.body.contains("yesterday"), "never what was sent");
    }
}

/// Leptos leads a form without script back to the page that its Referer names, which may be any.
async fn the_island_is_led_nowhere(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    for (workspace, expected) in [("acme", StatusCode::OK), ("other", StatusCode::NOT_FOUND)] {
        for method in [Method::GET, Method::HEAD] {
            let request = Request::builder()
                .method(&method)
                .uri(format!("/live/overview?workspace={workspace}"))
                .header(COOKIE, &ada.0)
                .header(ACCEPT, "text/html")
                .header(REFERER, "https://elsewhere.example/x")
                .body(Body::empty());
            let reply = world.send(request.expect("a request"), "127.0.0.1").await;
            assert_eq!(reply.status, expected, "{method} {workspace}");
            assert!(!reply.headers.contains_key(LOCATION), "{method} {workspace}: {:?}", reply.headers);
            assert_eq!(reply.body.is_empty(), method == Method::HEAD);
        }
    }
}

/// Neither by words for an empty page nor by the moment of the last batch.
async fn rounded_roles_are_not_told_whether_there_is_anybody_in_an_app(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    for (app, environment) in [("com.tiny", "production"), ("com.devonly", "development")] {
        let batch = json!({"environment": environment, "application_info": {"package": app},
            "device_info": {"platform": "iOS", "ios_idfv": app}});
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    }
    for (name, role, is_told) in [("Cleo", Role::Compliance, true), ("Roy", Role::ReadOnly, false)] {
        let reader = world.sign_in(&world.member("acme", name, role).await).await;
        for query in
            ["app=com.devonly", "app=com.tiny&environment=development", "app=com.tiny", "environment=development"]
        {
            let page = world.get(&format!("/w/acme/overview?{query}"), &reader).await.body;
            let told = ["Nothing has been counted here yet", "In development:", "Last batch"];
            assert_eq!(told.iter().any(|words| page.contains(words)), is_told, "{name} {query}: {page}");
        }
    }
}

async fn two_apps_side_by_side_are_a_click_away(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let roy = world.sign_in(&world.member("acme", "Roy", Role::ReadOnly).await).await;
    let input = world.input("acme", "Backend").await;
    let send = async |app: &str, n: usize| {
        let mut batch = ios(n, Some("denied"));
        batch["application_info"]["package"] = app.into();
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    };
    let link = async |who: &Cookie, query: &str| {
        let page = world.get(&format!("/w/acme/overview{query}"), who).await.body;
        let links = page.split("href=\"").filter_map(|rest| rest.split("</a>").next()?.split_once("\">"));
        let mut beside = links.filter(|(_, words)| words.contains(" beside "));
        beside.next().map(|(address, words)| (words.to_owned(), format!("/w/acme/{}", address.replace("&amp;", "&"))))
    };
    send("com.large", 0).await;
    assert_eq!(link(&ada, "").await, None, "one app is beside none");
    for (app, n) in [("com.large", 1), ("com.large", 2), ("com.middle", 3), ("com.middle", 4), ("com.small", 5)] {
        send(app, n).await;
    }
    let (words, address) = link(&ada, "").await.expect("a link");
    assert_eq!(words, "com.large beside com.middle over time");
    let page = world.get(&address, &ada).await;
    assert_eq!(page.status, StatusCode::OK, "{address}: {}", page.body);
    assert!(page.body.contains("vs. com.middle"), "{}", page.body);
    let small = world.rows::<(i64,)>("select id from apps where bundle = 'com.small'").await[0].0;
    let of_small = format!("?app={}&platform=iOS", attest::domain::id::AppId(small));
    assert_eq!(
        link(&ada, &of_small).await.expect("a link").0,
        "com.small beside com.large over time",
        "the chosen one first"
    );
    // By their names: an order by exact counts would tell them.
    assert_eq!(link(&roy, "").await.expect("a link").0, "com.large beside com.middle over time");
}
