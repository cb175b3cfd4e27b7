//! What the counters say of each dimension, app and day.

use super::sender::{AUTHORIZED, DENIED, Sender};
use crate::harness::{World, bearer, on_both};
use attest::domain::app::MOST_APPS;
use attest::domain::att::CountedState;
use attest::domain::count::{Dimension, MOST_VALUES, OVERFLOW, Slice, UNSEEN, Unit};
use attest::domain::environment::Environment;
use attest::domain::permission::{Grant, Permission};
use attest::domain::role::Role;
use attest::domain::rounding::Precision;
use attest::domain::time::{DAY, HOUR};
use attest::server::store::WorkspaceRef;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::cmp::Reverse;

on_both! {
    every_dimension_is_counted_in_total_and_within_each_app
    each_day_keeps_what_it_added
    a_device_is_active_once_a_day
    values_beyond_the_thousandth_are_counted_together
    apps_beyond_the_thousandth_are_one_app
    nobody_names_the_app_of_all_further_ones
    an_idfa_is_counted_with_its_device
    apps_with_unknown_units_come_in_the_order_of_their_counts_as_shown
}

/// A batch of a device, with what the fields say over it.
fn batch(idfv: &str, status: Option<&str>, app: &str, version: &str, os: &str, country: &str) -> Value {
    json!({
        "user_identities": {"customer_id": idfv},
        "context": {"location": {"country_code": country}},
        "application_info": {"package": app, "application_version": version},
        "device_info": {"platform": "iOS", "ios_idfv": idfv, "os_version": os, "att_authorization_status": status},
    })
}

async fn ask(world: &World, token: &str, query: &str) -> Value {
    let reply = world.ask("GET", &format!("/api/v1/workspaces/acme/{query}"), Some(&bearer(token)), "").await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.body);
    reply.json()
}

async fn every_dimension_is_counted_in_total_and_within_each_app(world: World) {
    let sender = Sender::new(&world).await;
    sender
        .send(&[
            batch("v1", Some("authorized"), "a.game", "1.0", "18.1.2", "SE"),
            batch("v2", Some("denied"), "a.game", "1.1", "18.1", "DE"),
            batch("v3", None, "a.shop", "1.0", "17", "SE"),
        ])
        .await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let counts = async |query: &str| {
        let of = ask(&world, &token, &format!("distribution?{query}")).await;
        (of["counts"]["authorized"].clone(), of["counts"]["denied"].clone(), of["counts"]["unknown"].clone())
    };
    assert_eq!(counts("country=SE").await, (json!(1), json!(0), json!(1)));
    assert_eq!(counts("country=SE&app=a.shop").await, (json!(0), json!(0), json!(1)));
    assert_eq!(counts("os_version=18.1&unit=devices").await, (json!(1), json!(1), json!(0)));
    assert_eq!(counts("os_version=17.0").await, (json!(0), json!(0), json!(1)));
    assert_eq!(counts("app_version=1.0").await, (json!(1), json!(0), json!(1)));
    assert_eq!(counts("app_version=9.9").await, (json!(0), json!(0), json!(0)));
    // A device that moves on takes its counts along.
    world.clock.advance(1000);
    sender.send(&[batch("v1", Some("denied"), "a.game", "1.1", "18.2", "DE")]).await;
    assert_eq!(counts("country=SE").await, (json!(0), json!(0), json!(1)));
    assert_eq!(counts("country=DE&app=a.game").await, (json!(0), json!(2), json!(0)));
    let by = ask(&world, &token, "breakdown?by=app_version&unit=devices").await;
    let rows: Vec<_> = by["rows"].as_array().expect("rows").iter().map(|row| (&row["value"], &row["total"])).collect();
    assert_eq!(rows, [(&json!("1.1"), &json!(2)), (&json!("1.0"), &json!(1))]);
    assert_eq!(by.get("other"), None);
    let by = ask(&world, &token, "breakdown?by=app").await;
    assert_eq!((&by["rows"][0]["bundle"], &by["rows"][0]["counts"]["denied"]), (&json!("a.game"), &json!(2)));
    for (query, status) in [
        ("breakdown", 400),
        ("breakdown?by=phase_of_the_moon", 400),
        ("breakdown?by=app&app=a.game", 400),
        ("distribution?country=SE&app_version=1.0", 400),
        ("distribution?unit=active_devices", 400),
        ("distribution?platform=fridge", 400),
        ("distribution?app=nobodys", 404),
        ("trend?from=2026-11-23", 400),
        ("trend?to=2026-11-23", 400),
        ("trend?from=2020-01-01", 400),
        ("trend?step=hour", 400),
    ] {
        let reply = world.ask("GET", &format!("/api/v1/workspaces/acme/{query}"), Some(&bearer(&token)), "").await;
        assert_eq!(reply.status.as_u16(), status, "{query}: {}", reply.body);
    }
}

async fn each_day_keeps_what_it_added(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let game = |idfv, status| batch(idfv, status, "a.game", "1", "18.0", "SE");
    // Friday, Saturday, Sunday, and Monday, from 14:05 UTC on.
    world.clock.advance(-2 * DAY);
    sender.send(&[game("v1", Some("authorized")), game("v2", Some("authorized")), game("v3", None)]).await;
    world.clock.advance(DAY);
    sender.send(&[game("v1", Some("denied")), game("v4", None)]).await;
    world.clock.advance(DAY);
    let change = json!({"status": "denied", "reason": "LR-1", "version": 1}).to_string();
    let changed = world.ask("PUT", "/api/v1/workspaces/acme/att-default", Some(&bearer(&token)), change).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    world.clock.advance(DAY);
    sender.send(&[game("v5", Some("restricted"))]).await;
    let of_now: Vec<(i64,)> = world.rows("select count(*) from daily where dimension = 'idfa'").await;
    assert_eq!(of_now, [(0,)], "how many have an IDFA is kept of now only");
    let points = async |query: &str| {
        let trend = ask(&world, &token, &format!("trend?{query}")).await;
        let figure = |point: &Value, name: &str| point["counts"][name].as_i64().expect("a figure");
        let point = |point: &Value| {
            let names = ["authorized", "denied", "restricted", "unknown"];
            (point["to"].as_str().expect("a date").to_owned(), names.map(|name| figure(point, name)))
        };
        trend["points"].as_array().expect("points").iter().map(point).collect::<Vec<_>>()
    };
    let told = |rows: &[(&str, [i64; 4])]| rows.iter().map(|(day, n)| ((*day).to_owned(), *n)).collect::<Vec<_>>();
    let days = told(&[
        ("2026-11-19", [0, 0, 0, 0]),
        ("2026-11-20", [2, 0, 0, 1]),
        ("2026-11-21", [1, 1, 0, 2]),
        ("2026-11-22", [1, 1, 0, 2]),
        ("2026-11-23", [1, 1, 1, 2]),
    ]);
    for narrowed in ["", "&unit=devices", "&app=a.game", "&country=SE", "&platform=iOS&app=a.game"] {
        assert_eq!(points(&format!("from=2026-11-19{narrowed}")).await, days, "{narrowed}");
    }
    assert_eq!(points("from=2026-11-19&to=2026-11-21").await, days[..3]);
    let weeks = told(&[("2026-11-22", [1, 1, 0, 2]), ("2026-11-23", [1, 1, 1, 2])]);
    assert_eq!(points("from=2026-11-16&step=week").await, weeks);
    assert_eq!(points("from=2026-11-01&step=month").await, days[4..]);
    // The default stands in from the end of the day on which it came into force.
    let effective = points("from=2026-11-20&basis=effective").await;
    let effective: Vec<_> = effective.into_iter().map(|(_, figures)| figures).collect();
    assert_eq!(effective, [[2, 0, 0, 1], [1, 1, 0, 2], [1, 3, 0, 0], [1, 3, 1, 0]]);
    assert_eq!(ask(&world, &token, "trend").await["points"].as_array().map(Vec::len), Some(90));
}

async fn a_device_is_active_once_a_day(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let game = |idfv, status| batch(idfv, status, "a.game", "1", "18.0", "SE");
    sender.send(&[game("v1", None), game("v1", Some("authorized")), game("v2", Some("denied"))]).await;
    world.clock.advance(HOUR);
    sender.send(&[game("v1", Some("denied"))]).await;
    world.clock.advance(DAY);
    sender.send_historical(&[game("v2", None)]).await;
    sender.send(&[game("v1", None)]).await;
    let trend = ask(&world, &token, "trend?unit=active_devices&from=2026-11-22").await;
    let point = |at: usize| {
        let point = &trend["points"][at];
        ["unknown", "authorized", "denied"].map(|name| point["counts"][name].as_i64().expect("a figure"))
    };
    assert_eq!(point(0), [1, 0, 1], "as each was after its first batch of the day");
    assert_eq!(point(1), [0, 0, 1], "old news makes nobody active");
}

async fn values_beyond_the_thousandth_are_counted_together(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let version = |n: i64| batch(&format!("v{n}"), Some("denied"), "a.game", &format!("1.{n}"), "18.0", "SE");
    let versions: Vec<Value> = (0..MOST_VALUES + 5).map(version).collect();
    for some in versions.chunks(500) {
        sender.send(some).await;
    }
    let read = async || {
        let by = ask(&world, &token, "breakdown?by=app_version&unit=devices&app=a.game").await;
        (by["rows"].as_array().expect("rows").len() as i64, by["other"]["counts"]["denied"].as_i64())
    };
    assert_eq!(read().await, (MOST_VALUES, Some(5)));
    // Those have no figures of their own, which is said: nobody would be wrong. Rounded roles are not told which values there are.
    let analyst = world.token("acme", Role::Analyst).await;
    let of = async |token: &str, version: &str| {
        let query = format!("/api/v1/workspaces/acme/distribution?unit=devices&app=a.game&app_version={version}");
        let reply = world.ask("GET", &query, Some(&bearer(token)), "").await;
        (reply.status.as_u16(), reply.json())
    };
    for version in ["1.1003", "9.9"] {
        let (status, refused) = of(&token, version).await;
        let message = refused["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.contains("no figures of its own"), "{refused}");
        assert_eq!(of(&analyst, version).await.1["counts"]["denied"], Value::Null);
    }
    let path = "/api/v1/workspaces/acme/trend?unit=active_devices&app=a.game&app_version=1.1003";
    let reply = world.ask("GET", path, Some(&bearer(&token)), "").await;
    assert!(reply.status == StatusCode::BAD_REQUEST && reply.body.contains("no figures of its own"), "{}", reply.body);
    assert_eq!(of(&token, &"9".repeat(300)).await.0, 400);
    assert_eq!(of(&token, "1.7").await.1["counts"]["denied"], 1);
    assert_eq!(of(&token, "(other)").await.1["counts"]["denied"], 5);
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let page = world.get("/w/acme/metrics/over-time?unit=devices&app=a.game&app_version=1.1003", &ada).await;
    assert!(page.status == StatusCode::BAD_REQUEST && page.body.contains("no figures of its own"), "{}", page.body);
    // One of the five takes an update to a version that has a place.
    world.clock.advance(1000);
    sender.send(&[batch("v1001", Some("denied"), "a.game", "1.7", "18.0", "SE")]).await;
    assert_eq!(read().await, (MOST_VALUES, Some(4)));
    // Versions that nobody sent for long give their places back; their devices are told with the others.
    world.clock.advance(UNSEEN - DAY);
    sender.send(&[batch("v1", Some("denied"), "a.game", "1.1", "18.0", "SE")]).await;
    world.clock.advance(2 * DAY);
    assert_eq!(read().await, (1, Some(MOST_VALUES + 4)));
    sender.send(&[batch("v1002", Some("denied"), "a.game", "1.1002", "18.0", "SE")]).await;
    assert_eq!(read().await, (2, Some(MOST_VALUES + 3)));
    // An admin may begin anew: whatever reports next takes a place, wherever it was counted before.
    let reset = async |token: &str| {
        world.ask("DELETE", "/api/v1/workspaces/acme/dimension-values", Some(&bearer(token)), "").await
    };
    assert_eq!(reset(&analyst).await.status, StatusCode::FORBIDDEN);
    assert!(reset(&token).await.json()["freed"].as_i64().is_some_and(|freed| freed > 2));
    assert_eq!(read().await, (0, Some(MOST_VALUES + 5)));
    world.clock.advance(1000);
    sender.send(&[batch("v1004", Some("denied"), "a.game", "1.1004", "18.0", "SE")]).await;
    assert_eq!(read().await, (1, Some(MOST_VALUES + 4)));
    world.assert_holds().await;
}

/// A sender may send its bundle id, and gets what apps beyond the bound get: the name is ours, and there is one of it.
async fn nobody_names_the_app_of_all_further_ones(world: World) {
    let sender = Sender::new(&world).await;
    let named = |device: &str| {
        let mut batch = batch(device, Some("denied"), OVERFLOW, "1", "18.0", "SE");
        batch["application_info"]["application_name"] = "Mine".into();
        batch
    };
    sender.send(&[named("v1"), batch("v2", Some("denied"), "a.game", "1", "18.0", "SE"), named("v3")]).await;
    sender.send(&[named("v4")]).await;
    let names = world.rows::<(String,)>("select name from apps where bundle <> 'a.game' order by id").await;
    assert_eq!(names, [("Other apps".to_owned(),)]);
    let counted: Vec<(i64,)> = world.rows("select n from input_counts where counted = 'other_app'").await;
    assert_eq!((counted, sender.devices(DENIED).await), (vec![(3,)], 4));
    world.assert_holds().await;
}

/// Senders choose bundle ids: they make a thousand apps and no more, what is beyond counts, and pages stay as fast.
async fn apps_beyond_the_thousandth_are_one_app(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let of_app = |n: i64| batch(&format!("v{n}"), Some("denied"), &format!("com.acme.app{n}"), "1", "18.0", "SE");
    let batches: Vec<Value> = (0..MOST_APPS + 20).map(of_app).collect();
    for some in batches.chunks(255) {
        sender.send(some).await;
    }
    let apps: Vec<(i64, String)> = world.rows("select id, coalesce(bundle, '') from apps order by id").await;
    assert_eq!(apps.len() as i64, MOST_APPS + 1, "and the one of all further ones");
    let by = ask(&world, &token, "breakdown?by=app&unit=devices").await;
    let other = by["rows"].as_array().expect("rows").iter().find(|row| row["counts"]["denied"] == 20);
    assert!(other.is_some(), "{by}");
    // Its batches find their devices again, and known apps are still found.
    world.clock.advance(1000);
    sender.send(&[of_app(MOST_APPS + 7), of_app(3)]).await;
    assert_eq!(sender.devices(DENIED).await, MOST_APPS + 20);
    let counted: Vec<(i64,)> = world.rows("select n from input_counts where counted = 'other_app'").await;
    assert_eq!(counted, [(21,)]);
    // Of two of them one phone has one IDFV, where one vendor made both, and two answers.
    let answers = [("com.vendor.bank", Some("denied")), ("com.vendor.game", Some("authorized"))];
    for (bundle, status) in answers.into_iter().chain(answers) {
        world.clock.advance(1000);
        let on_phone = batch("phone", status, bundle, "1", "18.0", "SE");
        let mut of_user = batch("", status, bundle, "1", "18.0", "SE");
        of_user["user_identities"] = json!({"customer_id": "ada"});
        sender.send(&[on_phone, of_user]).await;
        assert_eq!(sender.devices(DENIED).await, MOST_APPS + 22, "{bundle}");
    }
    assert_eq!(sender.devices(AUTHORIZED).await, 2);
    // Also in one request, in which each finds its own again.
    world.clock.advance(1000);
    let both = answers.map(|(bundle, status)| batch("phone", status, bundle, "1", "18.0", "SE"));
    sender.send(&both).await;
    assert_eq!((sender.devices(DENIED).await, sender.devices(AUTHORIZED).await), (MOST_APPS + 22, 2));
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Admin).await).await;
    let inputs = world.get("/w/acme/inputs", &ada).await.body;
    let (_, rest) = inputs.split_once("/w/acme/inputs/").expect("an input");
    let input = world.get(&format!("/w/acme/inputs/{}", &rest[..13]), &ada).await.body;
    assert!(input.contains("Of apps beyond 1,000"), "{input}");
    world.assert_holds().await;
}

async fn an_idfa_is_counted_with_its_device(world: World) {
    let sender = Sender::new(&world).await;
    let mut with = batch("v1", Some("authorized"), "a.game", "1", "18.0", "SE");
    with["device_info"]["ios_advertising_id"] = "11111111-2222-3333-4444-555555555555".into();
    sender.send(&[with, batch("v2", Some("denied"), "a.game", "1", "14.2", "SE")]).await;
    let count = async |value: &str, state: CountedState| {
        let slice = Slice { dimension: Dimension::Idfa, value: value.to_owned() };
        sender.counts_of(Unit::Devices, Some(&slice)).await.of(state)
    };
    assert_eq!(count("kept, enforced", AUTHORIZED).await, 1);
    assert_eq!(count("none, not enforced", DENIED).await, 1);
    world.clock.advance(1000);
    sender.send(&[batch("v1", Some("denied"), "a.game", "1", "18.0", "SE")]).await;
    assert_eq!((count("kept, enforced", AUTHORIZED).await, count("none, enforced", DENIED).await), (0, 1));
}

/// Where counts are rounded, their order and their number tell no more than the counts as they are shown.
async fn apps_with_unknown_units_come_in_the_order_of_their_counts_as_shown(world: World) {
    let sender = Sender::new(&world).await;
    let devices_of_apps = [("a", 3), ("b", 14), ("c", 11), ("d", 0), ("e", 16), ("f", 9), ("g", 17), ("h", 3)];
    for (app, devices) in devices_of_apps {
        let of = |n: i64, status| batch(&format!("{app}{n}"), status, &format!("a.{app}"), "1", "18.0", "SE");
        let unknown = (1..=devices).map(|n| of(n, None));
        sender.send_unchecked(&unknown.chain([of(0, Some("denied"))]).collect::<Vec<_>>()).await;
    }
    let workspace = WorkspaceRef::Id(sender.workspace);
    let mut view = world.store.view(&World::actor(), workspace, Permission::SeeMetrics).await.expect("a view");
    for precision in [Grant::Yes, Grant::Rounded].map(Precision::of) {
        let mut expected: Vec<(&str, i64)> =
            devices_of_apps.into_iter().filter(|(_, n)| precision.is_rounded() || *n > 0).collect();
        expected.sort_by_key(|(app, n)| (Reverse(precision.shown(*n).figure()), *app));
        let all = expected.len();
        for limit in [3, 50] {
            let found = view.unknown_by_app(Environment::Production, precision.step(), limit).await.expect("apps");
            let shown: Vec<(&str, i64)> = found.iter().map(|app| (&app.name[2..], app.devices)).collect();
            assert_eq!(shown, expected[..all.min(limit as usize)], "{precision:?}");
            assert!(found.iter().all(|app| app.profiles == app.devices && app.apps == all as i64), "{found:?}");
        }
    }
}
