//! The figures of the demo's months, counted once more by a program that shares with this one the batches as they were read, and then
//! nothing but the rules.

use crate::flows::clients::python;
use crate::harness::{Backend, World, bearer, clock, count, fresh_database, open};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use attest::server::calendar;
use attest::server::clock::{Clock, Ids};
use attest::server::services::Services;
use attest::server::services::demo::{DemoSize, Told, beginning, defaults, fill, told};
use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::process::Command;

const SLUG: &str = "northwind-games";

/// A batch as the other program reads it.
fn line(Told { received, bundle, batch }: Told) -> Value {
    let id =
        |kind: &str| batch.identifiers.iter().find(|(known, _)| known.as_str() == kind).map(|(_, value)| value.clone());
    let platform = batch.platform.map(|platform| platform.as_str());
    json!({
        "at": received.0, "app": bundle, "platform": platform, "os": batch.os_version, "version": batch.app_version,
        "country": batch.country, "status": batch.status, "att_ms": batch.att_ms, "batch_ms": batch.batch_ms,
        "limited": batch.limit_ad_tracking, "idfa": id("ios_advertising_id").is_some(), "idfa_is_zero": batch.idfa_is_zero,
        "device": id("ios_idfv").or(id("android_advertising_id")),
        "user": batch.identities.first().map(|(_, value)| value.clone()),
    })
}

async fn a_demo_is_counted_once_more(kind: Backend, seed: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = match kind {
        Backend::Sqlite => format!("sqlite://{}/attest.db", folder.path().display()),
        Backend::Postgres => fresh_database().await,
    };
    let size = DemoSize { profiles: 500, days: 60, seed };
    let present = clock();
    let story = Arc::new(beginning(present.now(), size));
    let from = story.now();
    let services = Services::new(open(&url, Ids::new(story.clone())).await);
    fill(&services, &story, &*present, size).await.expect("filled");
    services.store().close().await;
    let world = World::at(url, folder).await;
    world.run_jobs().await;
    let token = world.token(SLUG, Role::Compliance).await;
    let ada = world.sign_in(&world.member(SLUG, "Ada", Role::ComplianceAdmin).await).await;
    let day = |days: i64| calendar::date(calendar::day(present.now().minus(days * DAY), "UTC"));
    let period = format!("from={}&to={}", day(45), day(0));
    let mut answers = Map::new();
    let mut ask = async |path: String| {
        let answer = world.ask("GET", &format!("/api/v1/workspaces/{SLUG}/{path}"), Some(&bearer(&token)), "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answers.insert(path, answer.json());
    };
    for basis in ["explicit", "effective"] {
        for unit in ["profiles", "devices", "active_devices"] {
            for step in ["day", "week", "month"] {
                ask(format!("trend?unit={unit}&basis={basis}&step={step}&{period}")).await;
            }
            ask(format!("trend?unit={unit}&basis={basis}&step=day&{period}&app=com.northwind.racer&os_version=26.1"))
                .await;
        }
        for unit in ["profiles", "devices"] {
            ask(format!("distribution?unit={unit}&basis={basis}")).await;
            for by in ["app", "platform", "os_version", "app_version", "country"] {
                ask(format!("breakdown?by={by}&unit={unit}&basis={basis}")).await;
                ask(format!("breakdown?by={by}&unit={unit}&basis={basis}&day={}", day(20))).await;
            }
        }
    }
    ask(format!("transitions?{period}")).await;
    ask(format!("transitions?{period}&app=com.northwind.shop")).await;
    ask(format!("releases?{period}")).await;
    let (mut files, mut pages) = (Map::new(), Map::new());
    for view in ["now", "over-time", "by", "flow", "releases"] {
        let query = if view == "now" { String::new() } else { format!("&{period}") };
        let get = async |path: String| {
            let reply = world.get(&format!("/w/{SLUG}/metrics{path}"), &ada).await;
            assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
            reply
        };
        let file = get(format!("/{view}/file?format=json{query}")).await.json();
        let lines = get(format!("/{view}/file?format=csv{query}")).await.body;
        let sheet = BASE64_STANDARD.encode(get(format!("/{view}/file?format=xlsx{query}")).await.bytes);
        files.insert(view.to_owned(), json!({"json": file["rows"], "csv": lines, "xlsx": sheet}));
        let address = if view == "now" { String::new() } else { format!("/{view}") };
        pages.insert(view.to_owned(), get(format!("{address}?{}", query.trim_start_matches('&'))).await.body.into());
    }
    let rows = async |path: String| {
        let reply = world.get(&format!("/w/{SLUG}/metrics/{path}"), &ada).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        reply.json()["rows"].take()
    };
    let beside = format!("app=com.northwind.racer&compare=com.northwind.shop&step=week&{period}");
    let beside = rows(format!("over-time/file?format=json&{beside}")).await;
    let mut explored = Map::new();
    for unit in ["profiles", "devices"] {
        for filters in
            ["country=US&os_version=26.1", "platform=iOS&country=DE&app=com.northwind.racer", "platform=tvOS"]
        {
            for by in ["app", "platform", "os_version", "app_version", "country"] {
                if by == "app" && filters.contains("app=") {
                    continue;
                }
                let query = format!("unit={unit}&{filters}&by={by}");
                let asked = world.post(&format!("/w/{SLUG}/metrics/explore?{query}"), &ada, &[("act", "count")]).await;
                assert_eq!(asked.status, StatusCode::SEE_OTHER);
                world.run_jobs().await;
                explored.insert(query.clone(), rows(format!("explore/file?format=json&{query}")).await);
            }
        }
    }
    let in_force = defaults(from, size).map(|(at, default)| json!([at.0, default]));
    let told: Vec<Value> = told(from, size).map(line).collect();
    let shown = json!({"told": told, "defaults": in_force, "first": day(45), "last": day(0),
        "answers": answers, "files": files, "pages": pages, "beside": beside, "explored": explored});
    let given = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(given.path(), shown.to_string()).expect("written");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/end2end/recount/compare.py");
    let counted = Command::new(python()).arg("-B").arg(script).arg(given.path()).output().await.expect("python runs");
    let (out, errors) = (String::from_utf8_lossy(&counted.stdout), String::from_utf8_lossy(&counted.stderr));
    assert!(counted.status.success(), "seed {seed}: {out}{errors}");
    let compared = out.trim().parse::<usize>().expect("how many figures were compared");
    assert!(compared > 10_000, "{compared}");
    count("figures counted once more", compared);
    world.assert_holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_demos_are_counted_once_more_on_sqlite() {
    for seed in 1..=3 {
        a_demo_is_counted_once_more(Backend::Sqlite, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_demos_are_counted_once_more_on_postgres() {
    for seed in 1..=3 {
        a_demo_is_counted_once_more(Backend::Postgres, seed).await;
    }
}
