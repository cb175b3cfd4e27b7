//! Commits that are counted later: nothing is lost, nothing twice, and nobody who was answered last sees too little.

use super::erasing::change;
use super::group::{remembered, requests};
use super::queue::{limits, take};
use super::sender::{AUTHORIZED, DENIED, Sender, ios, sent};
use crate::harness::{World, on_both, open};
use attest::domain::att::Status;
use attest::domain::time::DAY;
use attest::server::clock::Ids;
use attest::server::ingest::Ingest;
use attest::server::store::Counting;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

on_both! {
    what_was_noted_is_counted_as_it_would_have_been_at_once
    what_a_killed_process_noted_is_counted_by_another
    several_who_count_at_once_count_once
    who_counts_at_once_counts_what_was_noted_before
    what_cannot_be_read_keeps_nothing_else_back
    a_change_of_the_default_says_how_many_it_moves_with_what_is_not_counted_yet
    whoever_is_answered_last_finds_everything_counted
}

async fn noted(world: &World) -> i64 {
    world.rows::<(i64,)>("select count(*) from uncounted").await[0].0
}

/// Stores requests of all kinds, each to be counted later.
async fn note(sender: &Sender<'_>) {
    for request in requests() {
        let parcels = vec![sender.parcel(sent(&request))];
        sender.store.accept(None, Arc::new(parcels), Counting::Later).await.expect("accepted");
    }
}

async fn what_was_noted_is_counted_as_it_would_have_been_at_once(world: World) {
    let other = world.another().await;
    let (at_once, later) = (Sender::new(&world).await, Sender::new(&other).await);
    for request in requests() {
        at_once.send(&request).await;
    }
    note(&later).await;
    assert!(noted(&other).await > 1, "several commits wait to be counted");
    assert_eq!(later.devices(DENIED).await, 0, "none of them is counted");
    other.assert_holds().await;
    other.store.count_noted(BTreeSet::from([later.workspace])).await.expect("counted");
    assert_eq!(noted(&other).await, 0);
    assert_eq!(remembered(&world).await, remembered(&other).await);
    other.assert_holds().await;
}

async fn what_a_killed_process_noted_is_counted_by_another(world: World) {
    let (sender, globex) = (Sender::new(&world).await, Sender::into(&world, "Globex").await);
    note(&sender).await;
    note(&globex).await;
    let process = open(&world.url, Ids::new(world.clock.clone())).await;
    assert_eq!((sender.devices(DENIED).await, globex.devices(DENIED).await), (0, 0));
    process.count_left_over().await.expect("counted");
    assert_eq!(noted(&world).await, 0);
    assert_eq!((sender.devices(DENIED).await, globex.devices(DENIED).await), (1, 1));
    world.assert_holds().await;
}

async fn several_who_count_at_once_count_once(world: World) {
    let sender = Sender::new(&world).await;
    note(&sender).await;
    let count = || sender.store.count_noted(BTreeSet::from([sender.workspace]));
    let process = open(&world.url, Ids::new(world.clock.clone())).await;
    let (one, two, three) = tokio::join!(count(), count(), process.count_left_over());
    one.and(two).and(three).expect("counted");
    assert_eq!(noted(&world).await, 0);
    world.assert_holds().await;
}

/// Later differences without the earlier ones would be a device that left a status which nobody had.
async fn who_counts_at_once_counts_what_was_noted_before(world: World) {
    let sender = Sender::new(&world).await;
    let authorized = vec![sender.parcel(sent(&[ios("ada", "v1", Some("authorized"))]))];
    sender.store.accept(None, Arc::new(authorized), Counting::Later).await.expect("accepted");
    world.clock.advance(1000);
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.devices(DENIED).await, noted(&world).await), (0, 1, 0));
    let silent = vec![sender.parcel(sent(&[json!({"device_info": {"platform": "iOS", "os_version": "17.1"}})]))];
    sender.store.accept(None, Arc::new(silent), Counting::Later).await.expect("accepted");
    world.clock.advance(40 * DAY);
    world.retire(sender.workspace, sender.store.clock().now().minus(30 * DAY)).await;
    assert_eq!(noted(&world).await, 0);
    world.assert_holds().await;
}

async fn what_cannot_be_read_keeps_nothing_else_back(world: World) {
    let (sender, globex) = (Sender::new(&world).await, Sender::into(&world, "Globex").await);
    note(&sender).await;
    note(&globex).await;
    let spoil = "update uncounted set flows_json = 'x' where id = (select min(id) from uncounted)";
    world.execute(spoil).await;
    world.store.count_noted(BTreeSet::from([sender.workspace, globex.workspace])).await.expect("counted");
    assert_eq!(noted(&world).await, 1);
    assert_eq!(globex.devices(DENIED).await, 1);
    sender.send_unchecked(&[ios("zoe", "v9", Some("denied"))]).await;
}

async fn a_change_of_the_default_says_how_many_it_moves_with_what_is_not_counted_yet(world: World) {
    let sender = Sender::new(&world).await;
    let silent: Vec<Value> = (0..7).map(|n| ios(&format!("u{n}"), &format!("v{n}"), None)).collect();
    sender.send(&silent[..2]).await;
    let parcels = vec![sender.parcel(sent(&silent[2..]))];
    sender.store.accept(None, Arc::new(parcels), Counting::Later).await.expect("accepted");
    change(&sender, Some(Some(Status::Denied)), None).await;
    assert_eq!(
        world.rows::<(i64,)>("select moved_profiles from settings_versions order by version").await,
        [(0,), (7,)]
    );
}

async fn whoever_is_answered_last_finds_everything_counted(world: World) {
    let sender = Sender::new(&world).await;
    let ingest = Ingest::start(world.store.clone(), limits(&["--commit-rows", "3"]));
    for round in 0..3 {
        let devices = round * 40..(round + 1) * 40;
        let sending = devices.map(|n| {
            let (ingest, grant) = (ingest.clone(), sender.grant);
            let batch = sent(&[ios(&n.to_string(), &format!("v{n}"), Some("denied"))]);
            tokio::spawn(async move { take(&ingest, grant, batch).await })
        });
        for sent in sending.collect::<Vec<_>>() {
            sent.await.expect("a task").expect("stored");
        }
        assert_eq!((sender.devices(DENIED).await, noted(&world).await), (i64::from((round + 1) * 40), 0));
    }
    world.assert_holds().await;
}
