//! B7: every view of the metrics over millions of profiles.

use super::server::Attest;
use super::{Wanted, load, median};
use std::sync::Arc;
use std::time::Duration;

const SLUG: &str = "northwind-games";

/// What each view's 95th percentile must stay under, in milliseconds.
const MOST: f64 = 100.0;

/// The pages, each as heavy as it can be asked for.
const VIEWS: [&str; 12] = [
    "overview",
    "overview?days=365",
    "metrics",
    "metrics/over-time?days=365&step=day",
    "metrics/over-time?unit=active_devices&days=365&basis=effective",
    "metrics/over-time?country=SE&days=90",
    "metrics/by?by=app_version&days=90",
    "metrics/by?by=os_version&basis=effective&days=90",
    "metrics/by?by=country&sort=change&days=90",
    "metrics/flow?days=90",
    "metrics/quality?days=90",
    "metrics/releases?days=90",
];

/// A page as a browser gets it.
fn get(view: &str, cookie: &str) -> load::Make {
    let request = format!("GET /w/{SLUG}/{view} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\n\r\n");
    Arc::new(move |_, to| to.extend_from_slice(request.as_bytes()))
}

/// B7: the 95th percentile of each view, and how much longer it takes than over the smaller database, one view of each in turn.
pub async fn views(wanted: &Wanted, time: Duration) {
    let mut running = Vec::new();
    for (url, port) in [&wanted.filled, &wanted.smaller].into_iter().flatten().zip(4110..) {
        let attest = Attest { binary: wanted.attest.clone(), url: url.clone() };
        attest.add_reader(SLUG);
        let server = attest.serve(port);
        let cookie = server.sign_in();
        running.push((server, cookie));
    }
    for view in VIEWS {
        let mut pairs: Vec<Vec<f64>> = Vec::new();
        for _ in 0..wanted.pairs {
            let mut pair = Vec::new();
            for (server, cookie) in &running {
                let run = load::closed(&server.address, 1, time, 200, get(view, cookie)).await;
                assert_eq!(run.others, 0, "{view} is answered");
                pair.push(run.percentile(0.95));
            }
            pairs.push(pair);
        }
        let (ours, least, most) = median(pairs.iter().map(|pair| pair[0]));
        let told = if ours < MOST { "" } else { ", which is more than it may be" };
        print!("B7 {view}: p95 {ours:.1} ms ({least:.1} to {most:.1}){told}");
        if running.len() > 1 {
            let (ratio, least, most) = median(pairs.iter().map(|pair| pair[0] / pair[1]));
            print!("; {ratio:.2} times the smaller database's ({least:.2} to {most:.2})");
        }
        println!();
    }
    running.into_iter().for_each(|(server, _)| server.stop());
}
