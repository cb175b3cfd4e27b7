//! What is believed of a device and of a person, whatever order and company the news come in.

use super::sender::{AUTHORIZED, DENIED, Sender, ios, sent};
use crate::harness::{World, on_both};
use attest::domain::environment::Environment;
use attest::domain::identifier::IdentifierKind;
use attest::domain::permission::Permission;
use attest::domain::time::{DAY, HOUR, MINUTE};
use attest::server::clock::Clock;
use attest::server::store::WorkspaceRef;
use attest::server::store::profile::FindBy;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

on_both! {
    reports_without_a_time_count_in_the_order_of_arrival
    a_request_that_waits_counts_from_when_it_was_read
    the_server_stamps_a_request_when_it_has_read_it
    old_news_do_not_describe_a_device
    a_description_does_not_depend_on_the_order_of_reports
    an_id_finds_by_its_own_kind_the_identified_user_seen_last
    versions_of_other_platforms_are_not_those_of_ios
}

async fn reports_without_a_time_count_in_the_order_of_arrival(world: World) {
    let sender = Sender::new(&world).await;
    // In one request, in one commit, and in two, within the same millisecond.
    sender.send(&[ios("ada", "v1", Some("denied")), ios("ada", "v1", Some("authorized"))]).await;
    let parcels = ["denied", "authorized"].map(|status| sender.parcel(sent(&[ios("bob", "v2", Some(status))])));
    sender.store.accept(None, Arc::new(parcels.to_vec())).await.expect("accepted");
    sender.send(&[ios("cleo", "v3", Some("denied"))]).await;
    sender.send(&[ios("cleo", "v3", Some("authorized"))]).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.devices(DENIED).await), (3, 0));
}

async fn a_request_that_waits_counts_from_when_it_was_read(world: World) {
    let sender = Sender::new(&world).await;
    let waits = sender.parcel(sent(&[ios("ada", "v1", Some("authorized"))]));
    world.clock.advance(1000);
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    sender.store.accept(None, Arc::new(vec![waits])).await.expect("accepted");
    assert_eq!((sender.devices(DENIED).await, sender.devices(AUTHORIZED).await), (1, 0));
}

async fn the_server_stamps_a_request_when_it_has_read_it(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[ios("first", "v0", None)]).await;
    let input = world.input("acme", "Another").await;
    let read_at = world.clock.now().0;
    let locked = world.lock_writes().await;
    let is_waiting = async {
        while world.state.ingest.waiting() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    let later = async {
        tokio::time::timeout(std::time::Duration::from_secs(10), is_waiting).await.expect("it waits");
        world.clock.advance(MINUTE);
        drop(locked);
    };
    let batch = ios("ada", "v1", Some("denied"));
    let (reply, ()) = tokio::join!(world.event(&input, &batch), later);
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    let stamped: Vec<(i64, i64)> = world.rows("select as_of, last_seen from devices where status = 2").await;
    assert_eq!(stamped, [(read_at, read_at)], "and not when it was stored");
}

/// A batch that describes its device, for so many milliseconds before now.
fn described(world: &World, before: i64, os: &str, app: &str, country: Option<&str>) -> Value {
    json!({"timestamp_unixtime_ms": world.store.clock().now().0 - before,
        "device_info": {"platform": "iOS", "os_version": os, "ios_idfv": "v1", "device_country": country},
        "application_info": {"application_version": app}})
}

type Description = (Option<String>, Option<String>, Option<String>, i64);

async fn descriptions(world: &World) -> Vec<Description> {
    world.rows("select os_version, app_version, country, last_seen from devices order by id").await
}

fn description(os: &str, app: &str, country: Option<&str>, last_seen: i64) -> Vec<Description> {
    vec![(Some(os.to_owned()), Some(app.to_owned()), country.map(str::to_owned), last_seen)]
}

async fn old_news_do_not_describe_a_device(world: World) {
    let sender = Sender::new(&world).await;
    let now = world.store.clock().now().0;
    sender.send(&[described(&world, 0, "17.1", "1.0", None)]).await;
    sender.send(&[described(&world, HOUR, "14.2", "0.1", None)]).await;
    sender.send_historical(&[described(&world, 300 * DAY, "14.1", "0.1", Some("SE"))]).await;
    // What nobody said is taken from old news too.
    assert_eq!(descriptions(&world).await, description("17.1", "1.0", Some("SE"), now));
    sender.send_historical(&[described(&world, 0, "17.9", "9.0", Some("DE"))]).await;
    assert_eq!(descriptions(&world).await, description("17.1", "1.0", Some("SE"), now));
    sender.send(&[described(&world, 0, "17.2", "1.1", None)]).await;
    assert_eq!(descriptions(&world).await, description("17.2", "1.1", Some("SE"), now));
}

async fn a_description_does_not_depend_on_the_order_of_reports(world: World) {
    let now = world.store.clock().now().0;
    let reports = [
        described(&world, 3 * HOUR, "16.0", "1.0", Some("SE")),
        described(&world, 2 * HOUR, "17.0", "1.1", None),
        json!({"timestamp_unixtime_ms": now - HOUR, "device_info": {"ios_idfv": "v1"},
            "application_info": {"application_version": "1.2"}}),
    ];
    for (n, order) in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].into_iter().enumerate() {
        world.workspace(&format!("W{n}")).await;
        let input = world.input(&format!("w{n}"), "Backend").await;
        for place in order {
            world.event(&input, &reports[place]).await;
        }
    }
    let all = descriptions(&world).await;
    assert_eq!(all, vec![description("17.0", "1.2", Some("SE"), now - HOUR)[0].clone(); 6]);
}

pub async fn found(sender: &Sender<'_>, kind: Option<IdentifierKind>, value: &str) -> Vec<i64> {
    let workspace = WorkspaceRef::Id(sender.workspace);
    let view = sender.world.store.view(&World::actor(), workspace, Permission::LookUpProfiles).await;
    let found = view.expect("a view").find_profiles(Environment::Production, FindBy::Device(kind), value).await;
    found.expect("read").into_iter().map(|profile| profile.id.0).collect()
}

async fn an_id_finds_by_its_own_kind_the_identified_user_seen_last(world: World) {
    let sender = Sender::new(&world).await;
    let anonymous = json!({"device_info": {"platform": "iOS", "ios_idfv": "v1"}});
    sender.send(&[anonymous]).await;
    let mut users = Vec::new();
    for user in ["ada", "bob"] {
        world.clock.advance(1000);
        sender.send(&[ios(user, "v1", None)]).await;
        users.push(found(&sender, None, "v1").await[0]);
    }
    let all = found(&sender, Some(IdentifierKind::Idfv), "v1").await;
    assert_eq!((all.len(), &all[..2]), (3, &[users[1], users[0]][..]), "the anonymous one comes last");
    assert_eq!(found(&sender, Some(IdentifierKind::AndroidUuid), "v1").await, [0; 0]);
}

async fn versions_of_other_platforms_are_not_those_of_ios(world: World) {
    let sender = Sender::new(&world).await;
    let with = |platform: &str, n: usize| json!({"mp_deviceid": format!("m{n}"), "device_info": {"platform": platform, "os_version": "15.0"}});
    sender.send(&[with("iOS", 1), with("Android", 2), with("tvOS", 3)]).await;
    let values: Vec<(String,)> =
        world.rows("select distinct value from counters where dimension = 'os_version' order by value").await;
    let values: Vec<&str> = values.iter().map(|(value,)| value.as_str()).collect();
    assert_eq!(values, ["15.0", "Android 15.0", "tvOS 15.0"]);
}
