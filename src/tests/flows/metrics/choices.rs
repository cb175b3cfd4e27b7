//! What can be chosen, who sees how much of it, and where it leads.

use super::{api, json_file, tell};
use crate::harness::{World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR, SECOND};
use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both! {
    every_link_leads_somewhere
    a_breakdown_is_sorted_as_its_reader_asks
    a_breakdown_of_a_day_gone_by_is_the_same_for_scripts
    a_file_is_taken_by_getting_it
    days_that_cannot_be_shown_are_named
    rounded_roles_get_rounded_figures
    hidden_times_are_not_nobody
    a_day_without_anybody_is_not_told_from_a_day_of_few
    changes_of_the_settings_are_marked
    an_app_is_held_against_another
    a_filter_that_a_view_does_not_have_is_named_there
    files_say_how_their_figures_are_made
}

/// Every address that a page of metrics leads to opens, and what it says of scripts is answered.
async fn every_link_leads_somewhere(world: World) {
    let ada = tell(&world).await;
    let token = world.token("acme", Role::Compliance).await;
    let mut next: Vec<String> = [
        "metrics",
        "metrics/over-time?country=SE&basis=effective&rate=prompt_coverage",
        "metrics/over-time?unit=active_devices&step=week&from=2026-11-20&to=2026-11-23",
        "metrics/by?by=app&sort=-change",
        "metrics/flow?app=com.acme.app&days=90",
        "metrics/quality",
        "overview?platform=iOS&days=7",
    ]
    .map(|page| format!("/w/acme/{page}"))
    .into();
    let mut seen: BTreeMap<String, StatusCode> = BTreeMap::new();
    let mut asked = 0;
    while let Some(page) = next.pop().filter(|_| seen.len() < 120) {
        if seen.contains_key(&page) {
            continue;
        }
        let reply = world.get(&page, &ada).await;
        assert_eq!(reply.status, StatusCode::OK, "{page}: {}", reply.body);
        seen.insert(page.clone(), reply.status);
        let path = page.split('?').next().unwrap_or_default();
        for link in reply.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let link = link.replace("&amp;", "&");
            let link = match link.as_str() {
                "" => continue,
                query if query.starts_with('?') => format!("{path}{query}"),
                relative if relative.starts_with("over-time") => format!("/w/acme/metrics/{relative}"),
                relative if relative.starts_with("metrics/") => format!("/w/acme/{relative}"),
                other => other.to_owned(),
            };
            if ["/w/acme/metrics", "/w/acme/overview"].iter().any(|start| link.starts_with(start)) {
                next.push(link);
            }
        }
        if let Some((_, curl)) = reply.body.split_once("/api/v1/workspaces/acme/") {
            let path = curl.split(['\'', '&', '<']).next().map(|_| curl.split('\'').next().unwrap_or_default());
            let path = path.unwrap_or_default().replace("&amp;", "&");
            api(&world, &token, &path).await;
            asked += 1;
        }
    }
    assert!(seen.len() >= 60 && asked >= 30, "{} pages, {asked} of them with an answer for scripts", seen.len());
}

async fn a_breakdown_is_sorted_as_its_reader_asks(world: World) {
    let ada = tell(&world).await;
    let names = async |query: &str| {
        let page = world.get(&format!("/w/acme/metrics/by?by=app_version&{query}"), &ada).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let rows = page.body.split("<th scope=\"row\">").skip(1);
        let names = rows.map(|row| {
            row.split("</a>").next().and_then(|name| name.rsplit('>').next()).unwrap_or_default().to_owned()
        });
        names.collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["4.8", "4.10", "4.9"], "the largest first");
    assert_eq!(names("sort=name").await, ["4.10", "4.9", "4.8"], "the newest first");
    assert_eq!(names("sort=-name").await, ["4.8", "4.9", "4.10"]);
    assert_eq!(names("sort=rate").await, ["4.9", "4.8", "4.10"]);
    let within = names("app=com.acme.app&sort=-count").await;
    assert_eq!(within, ["4.9", "4.10", "4.8"]);
    let linked = world.get("/w/acme/metrics/by?by=app_version&unit=devices", &ada).await.body;
    assert!(linked.contains("over-time?unit=devices&amp;app_version=4.10"), "a click shows that one: {linked}");
}

/// Nobody takes figures for filtered ones because the page before was filtered.
async fn a_filter_that_a_view_does_not_have_is_named_there(world: World) {
    let ada = tell(&world).await;
    let page = world.get("/w/acme/metrics/over-time?country=DE&days=7", &ada).await.body;
    let overview = world.get("/w/acme/overview?platform=iOS&days=7", &ada).await.body;
    for (page, view, lost) in [
        (&page, "flow", "country"),
        (&page, "quality", "country"),
        (&page, "by", "country"),
        (&overview, "by", "platform"),
    ] {
        let links = page.split("href=\"").filter_map(|rest| rest.split('"').next());
        let mut links =
            links.filter(|link| link.contains(&format!("metrics/{view}?"))).map(|link| link.replace("&amp;", "&"));
        // The Overview's are beside its own address.
        let link = format!("/w/acme/{}", links.next().expect(view).trim_start_matches("/w/acme/"));
        let led = world.get(&link, &ada).await.body;
        assert!(led.contains(&format!("not filtered by {lost}.")), "{link}: {led}");
        assert!(!led.contains("without="), "its own links say nothing of it: {led}");
    }
    let filtered = world.get("/w/acme/metrics/over-time?country=DE&without=country", &ada).await.body;
    assert!(!filtered.contains("not filtered by"), "it is");
    assert!(!world.get("/w/acme/metrics/flow?days=7", &ada).await.body.contains("not filtered by"));
}

/// Whoever gets a file knows how its figures are made.
async fn files_say_how_their_figures_are_made(world: World) {
    let ada = tell(&world).await;
    for (view, said) in [
        ("over-time", "consent_rate = "),
        ("by", "95% Wilson interval"),
        ("flow", "withdrawals = changes from authorized to denied"),
        ("quality", "times = batches"),
        ("releases", "interval of the difference (Newcombe's)"),
    ] {
        let formulas = json_file(&world, &ada, &format!("{view}/file?format=json")).await["about"]["formulas"].clone();
        assert!(formulas.as_str().is_some_and(|formulas| formulas.contains(said)), "{view}: {formulas}");
    }
    let releases = world.get("/w/acme/metrics/releases/file", &ada).await.body;
    assert!(!releases.contains("Wilson"), "{releases}");
}

/// Scripts get the figures that a page shows of a day gone by, with the default that was in force then.
async fn a_breakdown_of_a_day_gone_by_is_the_same_for_scripts(world: World) {
    let ada = tell(&world).await;
    let token = world.token("acme", Role::Compliance).await;
    let form = [("form", "default"), ("version", "1"), ("status", "denied"), ("reason", "x"), ("confirm", "")];
    assert_eq!(world.post("/w/acme/privacy", &ada, &form).await.status, StatusCode::SEE_OTHER);
    for (day, rows) in [("2026-11-22", 1), ("2026-11-23", 2), ("2026-11-24", 3)] {
        let query = format!("by=app_version&basis=effective&from=2026-11-22&to={day}");
        let file = json_file(&world, &ada, &format!("by/file?format=json&{query}")).await;
        let reply = api(&world, &token, &format!("breakdown?by=app_version&basis=effective&day={day}")).await;
        let of = |row: &Value, counts: &Value| {
            ["denied", "unknown"].map(|state| (row["total"].clone(), counts[state].clone()))
        };
        let shown: Vec<_> = file["rows"].as_array().expect("rows").iter().map(|row| of(row, row)).collect();
        let told: Vec<_> = reply["rows"].as_array().expect("rows").iter().map(|row| of(row, &row["counts"])).collect();
        assert_eq!((shown.len(), &shown), (rows, &told), "{day}");
    }
    for day in ["2026-11-25", "1996-01-01", "tomorrow"] {
        let path = format!("/api/v1/workspaces/acme/breakdown?by=platform&day={day}");
        let reply = world.ask("GET", &path, Some(&bearer(&token)), "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{day}");
    }
}

/// Asking what a file would be takes nothing out, and leaves no row that says so.
async fn a_file_is_taken_by_getting_it(world: World) {
    let ada = tell(&world).await;
    // The filter offers it; a row says it once more.
    let said = async || world.get("/w/acme/audit", &ada).await.body.matches("Figures exported").count();
    let before = said().await;
    let request = Request::head("/w/acme/metrics/now/file").header(COOKIE, &ada.0).body(Body::empty());
    let reply = world.send(request.expect("a request"), "127.0.0.1").await;
    assert_eq!((reply.status, reply.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET"));
    assert_eq!(said().await, before);
    json_file(&world, &ada, "now/file?format=json").await;
    assert_eq!(said().await, before + 1);
    // Nobody fills the log with them.
    for _ in 0..199 {
        json_file(&world, &ada, "now/file?format=json").await;
    }
    // By another name it is the same person.
    let renamed = world.post("/account", &ada, &[("act", "name"), ("name", "Ada B")]).await;
    assert_eq!(renamed.status, StatusCode::SEE_OTHER, "{}", renamed.body);
    let more = world.get("/w/acme/metrics/now/file", &ada).await;
    assert_eq!((more.status, more.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "3600"));
    assert!(more.body.contains("That is a lot for now"), "{}", more.body);
    world.clock.advance(HOUR + SECOND);
    let ada = world.sign_in("ada@example.com").await;
    json_file(&world, &ada, "now/file?format=json").await;
}

async fn days_that_cannot_be_shown_are_named(world: World) {
    let ada = tell(&world).await;
    for (query, said) in [
        ("from=2026-11-24&to=2026-11-01", "The first day is after the last one."),
        ("from=1996-01-01&to=1996-02-01", "There are no figures of this day"),
        ("from=yesterday&to=2026-11-24", "Enter a day."),
        ("from=2026-11-01&to=2027-11-24", "There are no figures of this day"),
        ("days=0", "There is no such number of days"),
    ] {
        for page in ["overview", "metrics/over-time", "metrics/by", "metrics/flow", "metrics/quality"] {
            let reply = world.get(&format!("/w/acme/{page}?{query}"), &ada).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{page}?{query}");
            assert!(
                reply.body.contains(said) && reply.body.contains("<title>Error: "),
                "{page}?{query}: {}",
                reply.body
            );
            assert!(reply.body.contains("26 Oct – 24 Nov 2026"), "what is shown instead: {}", reply.body);
        }
        let file = world.get(&format!("/w/acme/metrics/over-time/file?{query}"), &ada).await;
        assert_eq!(file.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    for query in
        ["unit=people", "by=colour", "rate=best", "sort=luck", "step=hour", "platform=amiga", "platform=iOS&country=SE"]
    {
        let reply = world.get(&format!("/w/acme/metrics/by?{query}"), &ada).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
    }
    for query in ["platform=amiga", "platform=iOS&country=SE", "step=hour", &format!("country={}", "x".repeat(300))] {
        let reply = world.get(&format!("/w/acme/metrics/over-time?{query}"), &ada).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
    }
    // What a view does not have would change nothing.
    for page in ["metrics?days=7", "metrics?sort=name", "metrics/now/file?from=2026-11-22", "metrics/flow?unit=devices"]
    {
        let reply = world.get(&format!("/w/acme/{page}"), &ada).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{page}");
    }
    // What is counted together is no value that devices could be looked through for, and no link asks for it.
    let other = world.get("/w/acme/metrics/explore?app_version=(other)", &ada).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "{}", other.body);
    let exe = world.get("/w/acme/metrics/now/file?format=exe", &ada).await;
    assert_eq!(exe.status, StatusCode::BAD_REQUEST);
    // And what means nothing on any page is in no link.
    let now = world.get("/w/acme/metrics?colour=red", &ada).await;
    assert_eq!(now.status, StatusCode::OK);
    assert!(!now.body.contains("colour=red"), "{}", now.body);
    assert_eq!(world.get("/w/acme/metrics/over-time?app=com.none", &ada).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get("/w/acme/metrics/nothing", &ada).await.status, StatusCode::NOT_FOUND);
    // Days that have none, but could.
    let empty = world.get("/w/acme/metrics/over-time?from=2026-10-01&to=2026-10-07", &ada).await;
    assert_eq!(empty.status, StatusCode::OK);
    assert!(
        empty.body.contains("There are no figures in these days.") && empty.body.contains("from=2026-11-22"),
        "{}",
        empty.body
    );
    let empty = world.get("/w/acme/metrics/flow?from=2026-10-01&to=2026-10-07", &ada).await.body;
    assert!(empty.contains("Nothing happened in these days.") && empty.contains("from=2026-11-22"), "{empty}");
    // Days of which the first have none.
    let year = world.get("/w/acme/metrics/over-time?days=365", &ada).await.body;
    assert!(year.contains("Nothing was counted before ") && year.contains("Show the days since then"), "{year}");
    let days = world.get("/w/acme/metrics/over-time?days=30&step=day", &ada).await.body;
    assert!(days.contains("22 Nov 2026") && days.contains("?step=day&amp;from=2026-11-22&amp;to=2026-11-24"), "{days}");
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let year = world.get("/w/acme/metrics/over-time?days=365", &ann).await.body;
    assert!(!year.contains("Nothing was counted before"), "{year}");
}

async fn rounded_roles_get_rounded_figures(world: World) {
    let ada = tell(&world).await;
    let exact = json_file(&world, &ada, "by/file?format=json&by=app_version").await;
    assert_eq!(exact["rows"].as_array().map(Vec::len), Some(3));
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let file = json_file(&world, &ann, "over-time/file?format=json&days=7").await;
    let last = &file["rows"][6];
    assert_eq!((&last["authorized"], &last["restricted"], &last["total"]), (&json!(10), &Value::Null, &json!(30)));
    assert!(last["consent_rate"].is_null(), "of fewer than a hundred");
    assert_eq!(file["about"]["rounded"], true);
    // A value of fewer than ten units is nowhere.
    let by = world.get("/w/acme/metrics/by?by=app_version", &ann).await.body;
    assert!(by.contains(">4.8<") && by.contains(">4.10<") && !by.contains("4.9"), "{by}");
    let file = json_file(&world, &ann, "by/file?format=json&by=app_version").await;
    assert_eq!(file["rows"].as_array().map(Vec::len), Some(3), "and what has no row is among the others: {file}");
    for page in ["metrics", "metrics/over-time", "metrics/by?by=app_version", "metrics/flow", "overview"] {
        let body = world.get(&format!("/w/acme/{page}"), &ann).await.body;
        assert!(body.contains("rounded to 10"), "{page}: {body}");
        for exact in [">11<", ">10 of 21<", "10 of 21"] {
            assert!(!body.contains(exact), "{page}: {exact}");
        }
    }
    let roy = world.sign_in(&world.member("acme", "Roy", Role::ReadOnly).await).await;
    assert_eq!(world.get("/w/acme/metrics/now/file", &roy).await.status, StatusCode::FORBIDDEN);
    assert!(!world.get("/w/acme/metrics", &roy).await.body.contains("/file?"), "no link to what is refused");
}

/// Fourteen answered for the first time, seven after some seconds and seven after a minute: fewer than ten each.
async fn hidden_times_are_not_nobody(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    let send = async |n: i64, status: &str| {
        let batch = json!({"device_info": {"platform": "iOS", "os_version": "18.1", "ios_idfv": format!("v{n}"),
            "att_authorization_status": status}});
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    };
    for n in 0..14 {
        send(n, "not_determined").await;
    }
    for n in 0..14 {
        world.clock.advance(if n == 7 { 60 * SECOND } else { SECOND / 4 });
        send(n, "authorized").await;
    }
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let page = world.get("/w/acme/metrics/flow", &ann).await.body;
    assert!(
        page.contains("the bars hold 0 of about 10 or more first answers") && !page.contains("Nobody answered"),
        "{page}"
    );
}

/// Of a sum it is said that days of few are missing in it, and not whether there was anybody on them.
async fn a_day_without_anybody_is_not_told_from_a_day_of_few(world: World) {
    tell(&world).await;
    world.clock.advance(DAY);
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let token = world.token("acme", Role::Analyst).await;
    // Eleven on the 22nd, nine on the 23rd, ten on the 24th, nobody on the 25th.
    for (from, to, said) in [("22", "23", "about 10 or more"), ("24", "25", "about 10 or more")] {
        let query = format!("unit=active_devices&step=month&from=2026-11-{from}&to=2026-11-{to}");
        let page = world.get(&format!("/w/acme/metrics/over-time?{query}"), &ann).await.body;
        assert!(page.contains(&format!("<b>{said}</b></td>")), "{from} to {to}: {page}");
        let file = json_file(&world, &ann, &format!("over-time/file?format=json&{query}")).await;
        assert_eq!((&file["rows"][0]["total"], &file["rows"][0]["incomplete"]), (&json!(10), &json!(true)), "{file}");
        let reply = api(&world, &token, &format!("trend?{query}")).await;
        assert_eq!(reply["points"][0]["incomplete"], true, "{reply}");
    }
}

async fn changes_of_the_settings_are_marked(world: World) {
    let ada = tell(&world).await;
    let form = [("form", "default"), ("version", "1"), ("status", "denied"), ("reason", "x"), ("confirm", "")];
    assert_eq!(world.post("/w/acme/privacy", &ada, &form).await.status, StatusCode::SEE_OTHER);
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    for page in ["overview", "metrics/over-time"] {
        let body = world.get(&format!("/w/acme/{page}"), &ada).await.body;
        let marks = body.split_once("class=\"marks\"").expect("marks").1;
        let marks = marks.split("</ul>").next().expect("an end");
        assert!(marks.contains("24 Nov 2026") && marks.contains("Default: No default → Denied"), "{marks}");
        assert!(marks.contains("/w/acme/audit/settings/2\""), "{marks}");
        let body = world.get(&format!("/w/acme/{page}"), &ann).await.body;
        assert!(!body.contains("/w/acme/audit/settings"), "not for whom the log is closed");
    }
    let row = world.get("/w/acme/audit/settings/2", &ada).await;
    let leads = row.header("location").to_owned();
    let (path, row) = leads.split_once('#').expect("a row");
    let log = world.get(path, &ada).await.body;
    assert!(log.contains(&format!("id=\"{row}\"")), "{leads}: {log}");
    assert_eq!(world.get("/w/acme/audit/settings/9", &ada).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get("/w/acme/audit/settings/2", &ann).await.status, StatusCode::FORBIDDEN);
}

/// Five of ten allow it in one app, eight of ten in the other, in the same days.
async fn an_app_is_held_against_another(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let input = world.input("acme", "Backend").await;
    for (app, allow) in [("com.acme.one", 5), ("com.acme.two", 8)] {
        for n in 0..10 {
            let name = format!("{app}-{n}");
            let status = if n < allow { "authorized" } else { "denied" };
            let batch = json!({"user_identities": {"customer_id": name}, "application_info": {"package": app},
                "device_info": {"platform": "iOS", "os_version": "18.1", "ios_idfv": name, "att_authorization_status": status}});
            assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
        }
    }
    let of_one = "/w/acme/metrics/over-time?app=com.acme.one";
    let page = world.get(&format!("{of_one}&compare=com.acme.two"), &ada).await.body;
    assert!(page.contains("<b>30.0 points</b> lower than com.acme.two"), "{page}");
    assert!(page.contains("vs. com.acme.two") && page.contains("com.acme.two: 80.0%"), "{page}");
    assert!(!page.contains("days before:"), "{page}");
    let alone = world.get(of_one, &ada).await.body;
    assert!(!alone.contains("com.acme.two:") && alone.contains("days before"), "{alone}");
    let itself = world.get(&format!("{of_one}&compare=com.acme.one"), &ada).await.body;
    assert!(!itself.contains("Compared with"), "{itself}");
    let file = json_file(&world, &ada, "over-time/file?app=com.acme.one&compare=com.acme.two&days=7&format=json").await;
    let last = |app: &str| {
        let rows = file["rows"].as_array().expect("rows").iter().rev();
        rows.clone().find(|row| row["of_app"] == app).unwrap_or_else(|| panic!("{file}")).clone()
    };
    let rates = ["com.acme.one", "com.acme.two"].map(|app| last(app)["consent_rate"].as_f64());
    assert_eq!(rates, [Some(0.5), Some(0.8)], "{file}");
    // Whoever is in one app is in all of them: chance cannot be told.
    let of_all = world.get("/w/acme/metrics/over-time?compare=com.acme.two", &ada).await.body;
    assert!(of_all.contains("lower than com.acme.two</p>"), "{of_all}");
    for (wrong, status) in [
        ("metrics/over-time?compare=com.acme.three", StatusCode::NOT_FOUND),
        ("metrics/by?compare=com.acme.two", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(world.get(&format!("/w/acme/{wrong}"), &ada).await.status, status, "{wrong}");
    }
}
