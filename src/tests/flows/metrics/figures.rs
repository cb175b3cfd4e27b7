//! The same figures everywhere, as they are recounted here from what was sent.

use super::{STORY, api, at_end_of_days, csv_file, device, json_file, rates, share, table, tell, wilson};
use crate::harness::{World, on_both};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};

on_both! {
    every_view_says_what_was_sent
    the_default_decides_what_was_not_reported
    a_change_is_told_from_chance
    a_problem_of_many_days_is_listed_by_the_newest
    a_problem_by_itself_says_which_versions_it_comes_from
    a_long_breakdown_begins_with_twenty_rows
    nothing_is_drawn_whose_shares_are_not_told
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
    assert!(page.contains("<b>No change</b> in 7 days"), "{page}");
    send(60, 0).await;
    let page = world.get("/w/acme/overview?days=7", &ada).await.body;
    let grew = (share(81, 102) - 0.5) * 100.0;
    assert!(page.contains(&format!("class=\"change better\"><b>▲ {grew:.1} points</b> in 7 days</p>")), "{page}");
    // The rate above its chart, with its range, is that of its card and of its table.
    let rate = format!("{:.1}%", share(81, 102) * 100.0);
    let over_time = world.get("/w/acme/metrics/over-time?days=7", &ada).await.body;
    assert!(page.contains(&format!("<b class=\"big\">{rate}</b>")), "{page}");
    for page in [page, over_time] {
        assert!(page.contains(&format!("<b class=\"large\">{rate}</b>")), "{page}");
        assert!(page.contains(" · 81 of 102\"") && page.contains("71% to 86%"), "{page}");
    }
}

/// A page of problems is as long as it was chosen to be, however long they go on; the file has every day.
async fn a_problem_of_many_days_is_listed_by_the_newest(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    let without_idfa = |n: i64| json!({"device_info": {"ios_idfv": format!("v{n}"), "att_authorization_status": "authorized", "ios_advertising_id": ""}});
    for n in 0..33 {
        world.clock.advance(DAY);
        assert_eq!(world.event(&input, &without_idfa(n)).await.status, StatusCode::ACCEPTED);
    }
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let page = world.get("/w/acme/metrics/quality?days=90", &ada).await.body;
    let (_, days) = page.split_once(">Day</th>").expect("a table of days");
    assert!(page.contains("And 2 earlier days."), "{page}");
    assert_eq!(days.matches("scope=\"row\"").count(), 31);
    let rows = json_file(&world, &ada, "quality/file?format=json&days=90").await;
    let rows = rows["rows"].as_array().expect("rows");
    let by_day = rows.iter().filter(|row| !row["day"].is_null()).filter_map(|row| row["times"].as_i64());
    assert_eq!(by_day.sum::<i64>(), 33);
    world.assert_holds().await;
}

/// One kind alone is told by version, on its page and in its files; rounded roles are told no versions.
async fn a_problem_by_itself_says_which_versions_it_comes_from(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    let app = |version: &str| json!({"package": "com.acme.app", "application_version": version});
    let without_idfa = json!({"att_authorization_status": "authorized", "ios_advertising_id": ""});
    let in_seconds = json!({"att_authorization_status": "denied", "att_timestamp_unixtime_ms": 1_764_000_000});
    for (n, (version, device)) in
        [("3.1", &without_idfa), ("3.1", &without_idfa), ("3.2", &without_idfa), ("3.3", &in_seconds)]
            .iter()
            .enumerate()
    {
        let mut device = (*device).clone();
        device["ios_idfv"] = json!(format!("v{n}"));
        let batch = json!({"application_info": app(version), "device_info": device});
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    }
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let all = world.get("/w/acme/metrics/quality", &ada).await.body;
    let one = "problem=authorized_without_idfa";
    assert!(all.contains(&format!("href=\"?{one}\">By app and version")) && !all.contains(" 3.1<"), "{all}");
    let page = world.get(&format!("/w/acme/metrics/quality?{one}"), &ada).await.body;
    let (_, places) = page.split_once("App and version").expect("its places");
    let row = |version: &str, times: &str| {
        let said = places.split_once(&format!(" {version}</th>")).is_some_and(|(_, rest)| rest.starts_with(times));
        assert!(said, "{version}: {page}");
    };
    row("3.1", "<td class=\"n\">2</td>");
    row("3.2", "<td class=\"n\">1</td>");
    assert!(!places.contains(" 3.3<") && page.matches("<h2").count() == 1, "{page}");
    let file = json_file(&world, &ada, &format!("quality/file?format=json&{one}")).await;
    let rows = file["rows"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["problem"] == "authorized_without_idfa") && rows.len() == 3, "{file}");
    assert_eq!(file["about"]["problem"], "authorized_without_idfa", "{file}");
    let rob = world.sign_in(&world.member("acme", "Rob", Role::ReadOnly).await).await;
    for page in ["quality", &format!("quality?{one}")] {
        let page = world.get(&format!("/w/acme/metrics/{page}"), &rob).await.body;
        assert!(!page.contains("version</th>") && !page.contains("By app and version"), "{page}");
    }
    for page in ["quality?problem=none", "flow?problem=authorized_without_idfa"] {
        assert_eq!(world.get(&format!("/w/acme/metrics/{page}"), &ada).await.status, StatusCode::BAD_REQUEST);
    }
}

/// The first rows are there at once and the others are opened; none is lost, and versions of several apps say what they are.
async fn a_long_breakdown_begins_with_twenty_rows(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    for n in 0..25 {
        let app = json!({"package": format!("com.acme.app{}", n % 2), "application_version": format!("1.{n}")});
        let device = json!({"platform": "iOS", "ios_idfv": format!("v{n}"), "att_authorization_status": "denied"});
        let batch = json!({"application_info": app, "device_info": device});
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    }
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let page = world.get("/w/acme/metrics/by?by=app_version&unit=devices", &ada).await.body;
    let (first, further) = page.split_once("Show 5 more").expect("what is opened");
    let rows = |part: &str| part.matches("<th scope=\"row\"").count();
    assert_eq!((rows(first), rows(further)), (20, 5), "{page}");
    let heads = |part: &str| part.matches("<th scope=\"col\"").count();
    assert_eq!(heads(first), heads(further), "both have the same columns");
    assert!(further.contains("Versions of all apps together"), "{page}");
}

/// Rounded roles get no proportions of fewer than a hundred, drawn or as a file.
async fn nothing_is_drawn_whose_shares_are_not_told(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    let statuses = [("denied", 14), ("authorized", 9), ("not_determined", 9), ("restricted", 9)];
    for (status, n) in statuses {
        for at in 0..n {
            let device = json!({"platform": "iOS", "os_version": "17.1", "ios_idfv": format!("{status}-{at}"), "att_authorization_status": status});
            assert_eq!(world.event(&input, &json!({"device_info": device})).await.status, StatusCode::ACCEPTED);
        }
    }
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let pages = ["metrics?unit=devices", "overview?unit=devices", "metrics/over-time?unit=devices"];
    for page in pages {
        let path = format!("/w/acme/{page}");
        let draws = |page: &str| page.contains("<svg id=\"bars-wide\"") || page.contains("class=\"area");
        let (exact, rounded) = (world.get(&path, &ada).await.body, world.get(&path, &ann).await.body);
        assert!(draws(&exact) && !draws(&rounded), "{page}: {rounded}");
        assert!(rounded.contains("There are no shares to draw"), "{page}: {rounded}");
        assert!(exact.contains("class=\"small-bar\"") == page.starts_with("overview"), "{page}");
        assert!(!rounded.contains("class=\"small-bar\""), "{page}");
    }
    let picture = "/w/acme/metrics/now/picture?chart=statuses&unit=devices";
    assert_eq!(world.get(picture, &ada).await.status, StatusCode::OK);
    assert_eq!(world.get(picture, &ann).await.status, StatusCode::NOT_FOUND);
}
