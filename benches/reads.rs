//! Reads and changes of a database with millions of profiles.

use super::rows::{self, Rows};
use super::server::Attest;
use super::{Wanted, load, median};
use std::sync::Arc;
use std::time::Duration;

/// A request by a script.
fn get(path: &str, authorization: &str) -> load::Make {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {authorization}\r\n\r\n");
    Arc::new(move |_, to| to.extend_from_slice(request.as_bytes()))
}

/// B5: the distribution and a trend of 90 days, against a read of one indexed row by the same token, against counting
/// the rows, and against the smaller database.
pub async fn reads(wanted: &Wanted, time: Duration) {
    let slug = "northwind-games";
    let mut told = Vec::new();
    for url in [&wanted.filled, &wanted.smaller].into_iter().flatten() {
        let attest = Attest { binary: wanted.attest.clone(), url: url.clone() };
        let token = attest.token(slug, "compliance_admin", "B5");
        let running = attest.serve(4107);
        let path = |what: &str| format!("/api/v1/workspaces/{slug}/{what}");
        let mut pairs: Vec<[f64; 3]> = Vec::new();
        for _ in 0..wanted.pairs {
            let mut p95 = [0.0; 3];
            for (at, what) in ["distribution", "trend", "att-default"].iter().enumerate() {
                let run = load::closed(&running.address, 1, time, 200, get(&path(what), &token)).await;
                assert_eq!(run.others, 0, "{what}");
                p95[at] = run.percentile(0.95);
            }
            pairs.push(p95);
        }
        running.stop();
        let mut database = Rows::open(url).await;
        let mut counts = Vec::new();
        for _ in 0..3 {
            counts.push(database.milliseconds(rows::COUNT).await);
        }
        let (counting, ..) = median(counts);
        for (at, what) in ["distribution", "trend"].iter().enumerate() {
            let (ours, least, most) = median(pairs.iter().map(|p95| p95[at]));
            let (ratio, ..) = median(pairs.iter().map(|p95| p95[at] / p95[2]));
            println!("B5 {what}: p95 {ours:.2} ms ({least:.2} to {most:.2}), {ratio:.2} times the read of one row");
            println!("   counting the rows takes {counting:.0} ms, {:.0} times as long", counting / ours);
        }
        told.push(pairs);
    }
    if let [filled, smaller] = &told[..] {
        for (at, what) in ["distribution", "trend"].iter().enumerate() {
            let ratio = median(filled.iter().zip(smaller).map(|(filled, smaller)| filled[at] / smaller[at]));
            println!(
                "B5 {what}: the larger database takes {:.2} times as long ({:.2} to {:.2})",
                ratio.0, ratio.1, ratio.2
            );
        }
    }
}

/// B6: from asking for another default until a read of the distribution shows it, against one durable commit of one row
/// and against a change of the rows.
/// The change is made as a script makes it, and read by another connection.
pub async fn default_change(wanted: &Wanted) {
    let url = wanted.filled.clone().expect("--filled");
    let attest = Attest { binary: wanted.attest.clone(), url };
    let slug = "northwind-games";
    let token = attest.token(slug, "compliance_admin", "B6");
    let running = attest.serve(4108);
    let mut script = load::Script::connect(&running.address, &token).await;
    let mut reader = load::Script::connect(&running.address, &token).await;
    let mut pairs = Vec::new();
    for _ in 0..wanted.pairs * 4 {
        let address = format!("/api/v1/workspaces/{slug}/att-default");
        let now = script.ask("GET", &address, "").await;
        let version = now["version"].as_i64().expect("a version");
        let next = if now["status"] == "denied" { "authorized" } else { "denied" };
        let change = serde_json::json!({"status": next, "version": version, "reason": "Measured."}).to_string();
        let begun = tokio::time::Instant::now();
        let changed = script.ask("PUT", &address, &change).await;
        assert_eq!(changed["status"], next, "it may be changed a hundred times a day: {changed}");
        let path = format!("/api/v1/workspaces/{slug}/distribution?basis=effective");
        while reader.ask("GET", &path, "").await["default"] != next {}
        let shown = begun.elapsed().as_secs_f64() * 1e3;
        pairs.push((shown, super::one_row_commit(wanted, &attest).await));
    }
    running.stop();
    super::tell("B6 default change", "ms", &pairs);
    let rows = Rows::open(&attest.url).await.milliseconds(rows::CHANGE).await;
    let (ours, ..) = median(pairs.iter().map(|pair| pair.0));
    println!("   changing the rows takes {rows:.0} ms, {:.0} times as long", rows / ours);
}
