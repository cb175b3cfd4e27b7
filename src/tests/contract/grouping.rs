//! The same reports give the same statuses and descriptions, however they are grouped into requests and commits, and
//! whichever of several processes stores them.

use super::sender::{Sender, sent};
use crate::harness::{World, on_both, open};
use attest::domain::time::{HOUR, MINUTE, Millis};
use attest::server::clock::{Clock, Ids};
use attest::server::store::{Parcel, Store};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use std::sync::Arc;

on_both! {
    any_grouping_on_any_process_gives_the_same
    any_order_of_reports_of_different_times_gives_the_same
}

/// A request: how long after the one before it came, and its reports.
type SentRequest = (i64, Vec<Value>);

/// A report of one of few devices, whose time is before or after its arrival, absent, or in seconds; of what a report may say,
/// some.
fn report(now: Option<i64>) -> impl Strategy<Value = Value> {
    let one_of = |of: &'static [Option<&'static str>]| prop::sample::select(of);
    let time =
        prop::sample::select(&[None, Some(0), Some(0), Some(-1), Some(-HOUR), Some(-30 * MINUTE), Some(HOUR)][..]);
    let device =
        (0..3_usize, one_of(&[None, Some("denied"), Some("authorized"), Some("not_determined"), Some("restricted")]));
    let said = (
        one_of(&[None, Some("14.4"), Some("17.5")]),
        one_of(&[None, Some("1.0"), Some("2.0")]),
        one_of(&[None, Some("SE"), Some("DE")]),
        one_of(&[None, Some("iOS"), Some("iPadOS"), Some("tvOS")]),
    );
    (device, said, time, any::<bool>()).prop_map(move |((n, status), (os, app, country, platform), time, seconds)| {
        let at = now.and_then(|now| Some(now + time?)).map(|at| if seconds { at / 1000 } else { at });
        json!({"timestamp_unixtime_ms": at, "application_info": {"application_version": app},
            "device_info": {"ios_idfv": format!("v{n}"), "os_version": os, "device_country": country, "platform": platform,
                "att_authorization_status": status}})
    })
}

fn drawn<T: std::fmt::Debug>(runner: &mut TestRunner, strategy: BoxedStrategy<T>) -> T {
    strategy.new_tree(runner).expect("a value").current()
}

/// What is known of the devices of a workspace, in the order of their names.
async fn known(world: &World, sender: &Sender<'_>) -> Vec<String> {
    const SQL: &str = "select d.workspace_id, n.value || ' ' || coalesce(d.status, 9) || ' ' || coalesce(d.as_of, 0) || ' ' \
        || d.platform || ' ' || coalesce(d.os_version, '-') || ' ' || coalesce(d.app_version, '-') || ' ' \
        || coalesce(d.country, '-') || ' ' || d.last_seen from devices d join device_identifiers n \
        on n.workspace_id = d.workspace_id and n.device_id = d.id order by n.value";
    let all: Vec<(i64, String)> = world.rows(SQL).await;
    all.into_iter().filter(|(workspace, _)| *workspace == sender.workspace.0).map(|(_, row)| row).collect()
}

/// How often each device's status changed from what to what, and since when.
async fn changes(world: &World, sender: &Sender<'_>) -> Vec<String> {
    const SQL: &str = "select t.workspace_id, n.value || ' ' || t.seq || ' ' || coalesce(t.from_status, 9) || ' ' \
        || t.to_status || ' ' || t.since || ' ' || t.as_of from transitions t join device_identifiers n \
        on n.workspace_id = t.workspace_id and n.device_id = t.device_id order by n.value, t.seq";
    let all: Vec<(i64, String)> = world.rows(SQL).await;
    all.into_iter().filter(|(workspace, _)| *workspace == sender.workspace.0).map(|(_, row)| row).collect()
}

/// Reports as they arrived: with the moment of their request.
fn parcels(sender: &Sender<'_>, requests: &[(Millis, Vec<Value>)]) -> Vec<Parcel> {
    requests.iter().map(|(received, batches)| Parcel { received: *received, ..sender.parcel(sent(batches)) }).collect()
}

async fn processes(world: &World) -> Vec<Store> {
    // SQLite has one process at a time.
    let others = if world.url.starts_with("sqlite") { 0 } else { 2 };
    let mut stores = vec![world.store.clone()];
    for _ in 0..others {
        let process = open(&world.url, Ids::new(world.clock.clone())).await;
        stores.push(Store::clone(&process));
    }
    stores
}

async fn any_grouping_on_any_process_gives_the_same(world: World) {
    let stores = processes(&world).await;
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]));
    for round in 0..12 {
        let mut arrived = Vec::new();
        for _ in 0..14 {
            let now = world.clock.now();
            let request = prop::collection::vec(report(Some(now.0)), 1..4);
            let (batches, passes): (Vec<Value>, i64) = drawn(&mut runner, (request, 0..3_i64).boxed());
            arrived.push((now, batches));
            // Several may come in one millisecond.
            world.clock.advance(passes * 20);
        }
        let (alone, together) =
            (Sender::into(&world, &format!("A{round}")).await, Sender::into(&world, &format!("B{round}")).await);
        for (received, batches) in &arrived {
            for batch in batches {
                let one = parcels(&alone, &[(*received, vec![batch.clone()])]);
                alone.store.accept(None, Arc::new(one)).await.expect("accepted");
            }
        }
        let mut rest = &arrived[..];
        while !rest.is_empty() {
            let (n, process) = drawn(&mut runner, (1..=rest.len().min(6), 0..stores.len()).boxed());
            let (group, later) = rest.split_at(n);
            stores[process].accept(None, Arc::new(parcels(&together, group))).await.expect("accepted");
            rest = later;
        }
        assert_eq!(known(&world, &together).await, known(&world, &alone).await, "{arrived:?}");
        assert_eq!(changes(&world, &together).await, changes(&world, &alone).await, "{arrived:?}");
    }
    world.assert_holds().await;
}

async fn any_order_of_reports_of_different_times_gives_the_same(world: World) {
    let stores = processes(&world).await;
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[6; 32]));
    for round in 0..12 {
        let mut arrived: Vec<(Millis, Vec<Value>)> = Vec::new();
        for _ in 0..14 {
            let now = world.clock.now();
            let own: SentRequest = drawn(&mut runner, (1..HOUR, prop::collection::vec(report(None), 1..2)).boxed());
            let (before, mut batches) = own;
            // Half of them say when they are from; no two say the same.
            if before % 2 == 0 {
                batches.iter_mut().for_each(|batch| batch["timestamp_unixtime_ms"] = (now.0 - before * 7).into());
            }
            arrived.push((now, batches));
            world.clock.advance(13);
        }
        let shuffled = drawn(&mut runner, Just(arrived.clone()).prop_shuffle().boxed());
        let mut both = Vec::new();
        for (name, order) in [("C", &arrived), ("D", &shuffled)] {
            let sender = Sender::into(&world, &format!("{name}{round}")).await;
            for (n, request) in order.iter().enumerate() {
                let one = parcels(&sender, std::slice::from_ref(request));
                stores[n % stores.len()].accept(None, Arc::new(one)).await.expect("accepted");
            }
            both.push(known(&world, &sender).await);
        }
        assert_eq!(both[0], both[1], "{arrived:?}");
    }
    world.assert_holds().await;
}
