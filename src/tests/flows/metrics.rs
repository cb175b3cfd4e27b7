//! The pages of metrics, their files and the interface for scripts: the same figures everywhere, as they are recounted here
//! from what was sent.

use crate::harness::{Cookie, World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both! {
    every_view_says_what_was_sent
    every_link_leads_somewhere
    the_default_decides_what_was_not_reported
    a_breakdown_is_sorted_as_its_reader_asks
    days_that_cannot_be_shown_are_named
    rounded_roles_get_rounded_figures
    changes_of_the_settings_are_marked
    a_change_is_told_from_chance
}

const STATUSES: [Option<&str>; 4] = [Some("authorized"), Some("denied"), Some("restricted"), None];

/// A device of a user of its own.
fn device(n: usize, status: Option<&str>, version: &str) -> Value {
    json!({"user_identities": {"customer_id": format!("c{n}")},
        "application_info": {"package": "com.acme.app", "application_version": version},
        "device_info": {"platform": "iOS", "os_version": "18.1", "ios_idfv": format!("v{n}"), "att_authorization_status": status}})
}

/// The story: on each of three days as many new devices of each status as stand here, all of a version of their day.
const STORY: [[usize; 4]; 3] = [[3, 5, 1, 2], [6, 2, 0, 1], [1, 4, 2, 3]];

async fn tell(world: &World) -> Cookie {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let input = world.input("acme", "Backend").await;
    let mut n = 0;
    for (day, counts) in STORY.iter().enumerate() {
        if day > 0 {
            world.clock.advance(DAY);
        }
        for (status, count) in STATUSES.iter().zip(counts) {
            for _ in 0..*count {
                world.event(&input, &device(n, *status, &format!("4.{}", 8 + day))).await;
                n += 1;
            }
        }
    }
    // A session would have ended meanwhile.
    world.sign_in(&ada).await
}

/// How many there are of each status at the end of each day.
fn at_end_of_days() -> Vec<[usize; 4]> {
    let mut so_far = [0; 4];
    let each = STORY.iter().map(|day| {
        so_far.iter_mut().zip(day).for_each(|(all, more)| *all += more);
        so_far
    });
    each.collect()
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The five rates by their formulas, from authorized, denied, restricted and unknown.
fn rates([a, d, r, u]: [usize; 4]) -> BTreeMap<&'static str, f64> {
    BTreeMap::from([
        ("consent_rate", share(a, a + d)),
        ("addressable_rate", share(a, a + d + r + u)),
        ("prompt_coverage", share(a + d, a + d)),
        ("restricted_rate", share(r, a + d + r)),
        ("reported_share", share(a + d + r, a + d + r + u)),
    ])
}

/// Wilson's interval by the textbook, not by the code.
fn wilson(part: usize, whole: usize) -> (f64, f64) {
    let (n, p, z) = (whole as f64, share(part, whole), 1.959_963_984_540_054_f64);
    let (middle, spread) = (p + z * z / (2.0 * n), z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt());
    ((middle - spread) / (1.0 + z * z / n), (middle + spread) / (1.0 + z * z / n))
}

async fn json_file(world: &World, cookie: &Cookie, path: &str) -> Value {
    let reply = world.get(&format!("/w/acme/metrics/{path}"), cookie).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    reply.json()
}

/// A file as its header line and its cells by it.
async fn csv_file(world: &World, cookie: &Cookie, path: &str) -> Vec<BTreeMap<String, String>> {
    let reply = world.get(&format!("/w/acme/metrics/{path}"), cookie).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    assert_eq!(reply.header(CONTENT_TYPE.as_str()), "text/csv; charset=utf-8");
    assert!(reply.header(CONTENT_DISPOSITION.as_str()).ends_with(".csv\""), "{path}");
    let mut lines = csv::Reader::from_reader(reply.body.as_bytes());
    lines.deserialize().collect::<Result<_, _>>().expect("one header line, and cells")
}

async fn api(world: &World, token: &str, path: &str) -> Value {
    let reply = world.ask("GET", &format!("/api/v1/workspaces/acme/{path}"), Some(&bearer(token)), "").await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    reply.json()
}

/// The texts of a table's rows, without their marks.
fn table(page: &str, id: &str) -> Vec<Vec<String>> {
    let (_, table) = page.split_once(&format!("<table id=\"{id}\"")).unwrap_or_else(|| panic!("{id}: {page}"));
    let body = table.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next()).expect("a body");
    let text = |cell: &str| {
        let mut text = String::new();
        for part in cell.split('<') {
            text.push_str(part.split_once('>').map_or("", |(_, text)| text));
        }
        text.trim().to_owned()
    };
    let rows = body.split("<tr").skip(1);
    rows.map(|row| row.split("<t").skip(1).map(|cell| text(&format!("<t{cell}"))).collect()).collect()
}

async fn every_view_says_what_was_sent(world: World) {
    let ada = tell(&world).await;
    let token = world.token("acme", Role::Compliance).await;
    let days = at_end_of_days();
    let last = days[days.len() - 1];
    let file = json_file(&world, &ada, "over-time/file?format=json&days=7").await;
    let rows = file["rows"].as_array().expect("rows");
    let trend = api(&world, &token, "trend?from=2026-11-18").await;
    let points = trend["points"].as_array().expect("points");
    let csv = csv_file(&world, &ada, "over-time/file?days=7").await;
    let page = world.get("/w/acme/metrics/over-time?days=7", &ada).await.body;
    let shown = table(&page, "rate-table");
    assert_eq!((rows.len(), points.len(), csv.len(), shown.len()), (7, 7, 7, 7));
    for (at, day) in days.iter().enumerate() {
        let at = 4 + at;
        let [a, d, r, u] = *day;
        let states = [("authorized", a), ("denied", d), ("restricted", r), ("unknown", u), ("total", a + d + r + u)];
        for (state, count) in states {
            assert_eq!(rows[at][state], count, "{state} of {at}");
            assert_eq!(csv[at][state], count.to_string());
            let point = if state == "total" { &points[at]["total"] } else { &points[at]["counts"][state] };
            assert_eq!(*point, count);
        }
        for (rate, expected) in rates(*day) {
            for found in [&rows[at][rate], &points[at]["rates"][rate]["value"]] {
                assert!((found.as_f64().expect("a rate") - expected).abs() < 1e-12, "{rate} of {at}: {found}");
            }
            assert!((csv[at][rate].parse::<f64>().expect("a number") - expected).abs() < 1e-12);
        }
        let (low, high) = wilson(a, a + d);
        let consent = &points[at]["rates"]["consent_rate"];
        assert!((consent["low"].as_f64().expect("low") - low).abs() < 1e-12);
        assert!((rows[at]["consent_rate_high"].as_f64().expect("high") - high).abs() < 1e-12);
        // The page has the newest first.
        let row = &shown[6 - at];
        let expected = [
            format!("{:.1}%", share(a, a + d) * 100.0),
            format!("{:.1}% to {:.1}%", low * 100.0, high * 100.0),
            a.to_string(),
            (a + d).to_string(),
        ];
        assert_eq!(row[1..5], expected, "{row:?}");
    }
    assert_eq!((rows[0]["from"].as_str(), rows[0]["total"].as_i64()), (Some("2026-11-18"), Some(0)));
    assert!(rows[0]["consent_rate"].is_null() && csv[0]["consent_rate"].is_empty(), "nothing by nothing");
    assert!(
        csv[0]["filters"].contains("unit=profiles") && csv[0]["formulas"].contains("consent_rate = "),
        "{:?}",
        csv[0]
    );
    // A spreadsheet has the same, and says what of.
    let reply = world.get("/w/acme/metrics/over-time/file?format=xlsx&days=7", &ada).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.header(CONTENT_TYPE.as_str()).contains("spreadsheetml"));
    // Weeks are their last day.
    let weeks = json_file(&world, &ada, "over-time/file?format=json&days=7&step=week").await;
    let weeks = weeks["rows"].as_array().expect("rows");
    assert_eq!(weeks[weeks.len() - 1]["authorized"], last[0]);
    assert_eq!(weeks[0]["authorized"], days[0][0], "a week ends with a Sunday");
    // Active devices are counted on their day.
    let active = json_file(&world, &ada, "over-time/file?format=json&days=7&unit=active_devices").await;
    let of_days: Vec<i64> =
        active["rows"].as_array().expect("rows")[4..].iter().map(|row| row["total"].as_i64().expect("n")).collect();
    assert_eq!(of_days, STORY.map(|day| day.iter().sum::<usize>() as i64));
    let now = json_file(&world, &ada, "now/file?format=json").await;
    let explicit = &now["rows"][0];
    assert_eq!((explicit["basis"].as_str(), &explicit["denied"]), (Some("explicit"), &json!(last[1])));
    let by = json_file(&world, &ada, "by/file?format=json&by=app_version").await;
    for (day, counts) in STORY.iter().enumerate() {
        let version = format!("4.{}", 8 + day);
        let row = by["rows"].as_array().expect("rows").iter().find(|row| row["app_version"] == version).expect("a row");
        assert_eq!((&row["authorized"], &row["total"]), (&json!(counts[0]), &json!(counts.iter().sum::<usize>())));
    }
    // On days that are over, each figure is of the end of the last one.
    let then = json_file(&world, &ada, "by/file?format=json&by=app_version&from=2026-11-22&to=2026-11-23").await;
    let versions: Vec<&str> =
        then["rows"].as_array().expect("rows").iter().filter_map(|row| row["app_version"].as_str()).collect();
    assert_eq!(versions, ["4.8", "4.9"], "4.10 came later");
    let overview = world.get("/w/acme/overview?days=7", &ada).await.body;
    let consent = format!("{:.1}%", share(last[0], last[0] + last[1]) * 100.0);
    assert!(overview.contains(&format!(">{consent}</b>")), "{consent}: {overview}");
    assert_eq!(table(&overview, "consent-table"), shown, "the Overview and its view agree");
    let flow = json_file(&world, &ada, "flow/file?format=json&days=7").await;
    let figure = |what: &str, day: &str| {
        let rows = flow["rows"].as_array().expect("rows").iter();
        rows.clone().find(|row| row["figure"] == what && row["day"] == day).expect("a row")["count"].clone()
    };
    assert_eq!(figure("first_answers", "2026-11-22"), STORY[0][0] + STORY[0][1]);
    assert_eq!(figure("first_authorized", "2026-11-23"), STORY[1][0]);
    let log = world.get("/w/acme/audit?action=metrics.exported", &ada).await.body;
    assert!(log.contains("Figures exported") && log.contains("by=app_version"), "{log}");
    world.assert_holds().await;
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

async fn the_default_decides_what_was_not_reported(world: World) {
    let ada = tell(&world).await;
    let form = [("form", "default"), ("version", "1"), ("status", "denied"), ("reason", "x"), ("confirm", "")];
    assert_eq!(world.post("/w/acme/privacy", &ada, &form).await.status, StatusCode::SEE_OTHER);
    let [a, d, r, u] = at_end_of_days()[2];
    let file = json_file(&world, &ada, "now/file?format=json").await;
    let effective = &file["rows"][1];
    assert_eq!((&effective["denied"], &effective["unknown"]), (&json!(d + u), &json!(0)));
    let consent = effective["consent_rate"].as_f64().expect("a rate");
    assert!((consent - share(a, a + d + u)).abs() < 1e-12);
    let reported = effective["reported_share"].as_f64().expect("a rate");
    assert!((reported - share(a + d + r, a + d + r + u)).abs() < 1e-12, "how much was reported does not change");
    // On days before there is none.
    let file = json_file(&world, &ada, "over-time/file?format=json&basis=effective&days=7").await;
    let defaults: Vec<&Value> = file["rows"].as_array().expect("rows").iter().map(|row| &row["default"]).collect();
    assert_eq!((defaults[5], defaults[6]), (&Value::Null, &json!("denied")));
    assert_eq!(file["rows"][5]["unknown"], at_end_of_days()[1][3]);
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
    assert_eq!(names("sort=name").await, ["4.8", "4.9", "4.10"]);
    assert_eq!(names("sort=-name").await, ["4.10", "4.9", "4.8"]);
    assert_eq!(names("sort=rate").await, ["4.9", "4.8", "4.10"]);
    let within = names("app=com.acme.app&sort=-count").await;
    assert_eq!(within, ["4.9", "4.10", "4.8"]);
    let linked = world.get("/w/acme/metrics/by?by=app_version&unit=devices", &ada).await.body;
    assert!(linked.contains("over-time?unit=devices&amp;app_version=4.10"), "a click shows that one: {linked}");
}

async fn days_that_cannot_be_shown_are_named(world: World) {
    let ada = tell(&world).await;
    for (query, said) in [
        ("from=2026-11-24&to=2026-11-01", "the first day is after the last"),
        ("from=1996-01-01&to=1996-02-01", "There are no figures of this day"),
        ("from=yesterday&to=2026-11-24", "Enter a day."),
        ("from=2026-11-01&to=2027-11-24", "There are no figures of this day"),
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
    // Now is now, whatever days another view was asked for; and what means nothing here is in no link.
    let now = world.get("/w/acme/metrics?from=yesterday&colour=red", &ada).await;
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

async fn a_change_is_told_from_chance(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let input = world.input("acme", "Backend").await;
    let mut n = 0;
    let mut send = async |authorized: usize, denied: usize| {
        for (status, count) in [("authorized", authorized), ("denied", denied)] {
            for _ in 0..count {
                world.event(&input, &device(n, Some(status), "1")).await;
                n += 1;
            }
        }
    };
    send(20, 20).await;
    world.clock.advance(7 * DAY);
    let ada = world.sign_in(&ada).await;
    send(1, 1).await;
    let page = world.get("/w/acme/overview?days=7", &ada).await.body;
    assert!(page.contains("<b>0.0 points</b> in 7 days, may be chance"), "{page}");
    send(60, 0).await;
    let page = world.get("/w/acme/overview?days=7", &ada).await.body;
    let grew = (share(81, 102) - 0.5) * 100.0;
    assert!(page.contains(&format!("class=\"change better\"><b>▲ {grew:.1} points</b> in 7 days</p>")), "{page}");
}
