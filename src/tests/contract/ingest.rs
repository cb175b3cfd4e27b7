//! Events become devices, profiles and counts, the same on both databases.

use super::sender::{AUTHORIZED, DENIED, Sender, ios};
use crate::harness::{World, on_both};
use attest::domain::att::{CountedState, Status};
use attest::domain::count::Unit;
use attest::domain::environment::Environment;
use attest::domain::permission::Permission;
use attest::domain::time::DAY;
use attest::server::store::WorkspaceRef;
use serde_json::{Value, json};

on_both! {
    a_device_counts_once_however_often_it_reports
    a_batch_with_the_same_request_id_changes_nothing_twice
    names_that_conflict_move_to_the_device_of_the_first
    a_feed_that_knows_only_the_idfa_reaches_the_device
    a_new_idfv_is_another_device_and_takes_the_weaker_names
    a_shared_device_decides_all_its_profiles
    an_anonymous_user_leaves_the_counts_once_somebody_is_named
    a_status_without_a_device_belongs_to_the_profile
    development_is_another_world
    one_request_of_many_gives_what_many_requests_give
    other_platforms_have_no_status
    when_the_last_batch_came_is_told_by_environment_and_app
}

async fn a_device_counts_once_however_often_it_reports(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[ios("ada", "v1", None)]).await;
    assert_eq!((sender.devices(CountedState::Unknown).await, sender.profiles(CountedState::Unknown).await), (1, 1));
    world.clock.advance(1000);
    sender.send(&[ios("ada", "v1", Some("authorized"))]).await;
    world.clock.advance(1000);
    sender.send(&[ios("ada", "v1", Some("denied")), ios("ada", "v1", None), ios("ada", "v1", Some("denied"))]).await;
    assert_eq!((sender.devices(DENIED).await, sender.profiles(DENIED).await), (1, 1));
    assert_eq!((sender.devices(CountedState::Unknown).await, sender.devices(AUTHORIZED).await), (0, 0));
}

async fn a_batch_with_the_same_request_id_changes_nothing_twice(world: World) {
    let sender = Sender::new(&world).await;
    let mut first = ios("ada", "v1", Some("authorized"));
    first["source_request_id"] = "r1".into();
    let mut second = ios("bob", "v2", Some("denied"));
    second["source_request_id"] = "r1".into();
    sender.send(&[first.clone(), second.clone()]).await;
    sender.send(std::slice::from_ref(&second)).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.devices(DENIED).await), (1, 0));
    world.clock.advance(3 * DAY + 1);
    sender.send(&[second]).await;
    assert_eq!(sender.devices(DENIED).await, 1, "after 72 hours the id means another request");
}

async fn names_that_conflict_move_to_the_device_of_the_first(world: World) {
    let sender = Sender::new(&world).await;
    let named = |idfv: Option<&str>, mp: Option<&str>| json!({"mp_deviceid": mp, "user_identities": {"customer_id": "ada"}, "device_info": {"platform": "iOS", "ios_idfv": idfv}});
    sender.send(&[named(Some("v1"), None)]).await;
    sender.send(&[named(None, Some("m1"))]).await;
    assert_eq!(sender.devices(CountedState::Unknown).await, 2);
    sender.send(&[named(Some("v1"), Some("m1"))]).await;
    assert_eq!(sender.devices(CountedState::Unknown).await, 2, "devices are not merged");
    world.clock.advance(31 * DAY);
    sender.send(&[named(None, Some("m1"))]).await;
    assert_eq!(world.retire(sender.workspace, world.store.clock().now().minus(30 * DAY)).await, 1);
    assert_eq!(
        sender.devices(CountedState::Unknown).await,
        1,
        "m1 leads to v1's device now, the other one has no name"
    );
}

async fn a_feed_that_knows_only_the_idfa_reaches_the_device(world: World) {
    let sender = Sender::new(&world).await;
    let sdk = json!({"device_info": {"ios_idfv": "v1", "ios_advertising_id": "A1", "att_authorization_status": "authorized"}});
    let feed = json!({"user_identities": {"customer_id": "ada"}, "device_info": {"ios_advertising_id": "A1"}});
    sender.send(&[sdk]).await;
    sender.send(&[feed]).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.profiles(AUTHORIZED).await), (1, 1));
    assert_eq!(sender.devices(CountedState::Unknown).await, 0);
}

async fn a_new_idfv_is_another_device_and_takes_the_weaker_names(world: World) {
    let sender = Sender::new(&world).await;
    let phone = |idfv: &str, status: &str| json!({"mp_deviceid": "constant", "device_info": {"ios_idfv": idfv, "att_authorization_status": status}});
    sender.send(&[phone("v1", "authorized")]).await;
    world.clock.advance(1000);
    sender.send(&[phone("v2", "denied")]).await;
    assert_eq!(
        (sender.devices(AUTHORIZED).await, sender.devices(DENIED).await),
        (1, 1),
        "one phone does not overwrite another"
    );
    assert_eq!(sender.names().await, ["ios_idfv v1", "ios_idfv v2", "mp_deviceid constant"]);
    // A device that was known by a weaker id alone takes on the stronger one.
    sender.send(&[json!({"mp_deviceid": "m3", "device_info": {"att_authorization_status": "restricted"}})]).await;
    world.clock.advance(1000);
    sender.send(&[json!({"mp_deviceid": "m3", "device_info": {"ios_idfv": "v3"}})]).await;
    assert_eq!(sender.devices(CountedState::Known(Status::Restricted)).await, 1);
    assert_eq!(sender.devices(CountedState::Unknown).await, 0);
}

async fn a_shared_device_decides_all_its_profiles(world: World) {
    let sender = Sender::new(&world).await;
    let users: Vec<Value> = (0..40).map(|n| ios(&format!("user-{n}"), "family", None)).collect();
    sender.send(&users).await;
    assert_eq!((sender.devices(CountedState::Unknown).await, sender.profiles(CountedState::Unknown).await), (1, 40));
    sender.send(&[ios("user-7", "family", Some("denied"))]).await;
    assert_eq!((sender.devices(DENIED).await, sender.profiles(DENIED).await), (1, 40));
    // A second device of one of them, with a later answer, decides that one only.
    world.clock.advance(1000);
    sender.send(&[ios("user-7", "own", Some("authorized"))]).await;
    assert_eq!((sender.profiles(DENIED).await, sender.profiles(AUTHORIZED).await), (39, 1));
}

async fn an_anonymous_user_leaves_the_counts_once_somebody_is_named(world: World) {
    let sender = Sender::new(&world).await;
    let nobody = json!({"device_info": {"ios_idfv": "v1", "att_authorization_status": "denied"}});
    sender.send(std::slice::from_ref(&nobody)).await;
    assert_eq!((sender.devices(DENIED).await, sender.profiles(DENIED).await), (1, 1));
    sender.send(&[ios("ada", "v1", None)]).await;
    assert_eq!((sender.devices(DENIED).await, sender.profiles(DENIED).await), (1, 1));
    sender.send(&[nobody]).await;
    assert_eq!((sender.devices(DENIED).await, sender.profiles(DENIED).await), (1, 1));
}

async fn a_status_without_a_device_belongs_to_the_profile(world: World) {
    let sender = Sender::new(&world).await;
    let status = |customer: &str, status: &str| json!({"user_identities": {"customer_id": customer}, "device_info": {"att_authorization_status": status}});
    sender.send(&[status("ada", "authorized")]).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.profiles(AUTHORIZED).await), (1, 1));
    world.clock.advance(1000);
    sender.send(&[status("ada", "denied")]).await;
    assert_eq!(
        (sender.devices(DENIED).await, sender.profiles(DENIED).await),
        (1, 1),
        "the same device, named after its profile"
    );
    sender.send(&[ios("bob", "v2", None)]).await;
    sender.send(&[status("bob", "denied")]).await;
    assert_eq!(
        (sender.devices(DENIED).await, sender.devices(CountedState::Unknown).await),
        (2, 0),
        "the profile's only device"
    );
}

async fn development_is_another_world(world: World) {
    let sender = Sender::new(&world).await;
    let mut test = ios("ada", "v1", Some("denied"));
    test["environment"] = "development".into();
    sender.send(&[test, ios("ada", "v1", Some("authorized"))]).await;
    assert_eq!((sender.devices(DENIED).await, sender.devices(AUTHORIZED).await), (0, 1));
    assert_eq!(sender.count(Environment::Development, Unit::Profiles, DENIED).await, 1);
}

async fn one_request_of_many_gives_what_many_requests_give(world: World) {
    let together = Sender::new(&world).await;
    let mut batches = Vec::new();
    for n in 0..90 {
        let status = [None, Some("authorized"), Some("denied"), Some("restricted"), Some("not_determined")][n % 5];
        let mut batch = ios(&format!("u{}", n % 13), &format!("v{}", n % 17), status);
        batch["timestamp_unixtime_ms"] = json!(1_795_356_000_000_i64 + (n as i64 * 37) % 50);
        if n % 3 == 0 {
            batch["device_info"]["ios_advertising_id"] = format!("A{}", n % 11).into();
        }
        if n % 7 == 0 {
            batch["user_identities"] = json!({});
        }
        batches.push(batch);
    }
    together.send(&batches).await;
    let workspace = world.workspace("Other").await;
    let (key, secret) = world.input("other", "Backend").await;
    let grant = world.store.input_grant(&key, &secret).await.expect("a feed");
    let alone = Sender { world: &world, store: world.store.clone(), workspace, grant };
    for batch in batches {
        alone.send(&[batch]).await;
    }
    for unit in Unit::ALL {
        for state in CountedState::OF_APPLE {
            let counted = (
                together.count(Environment::Production, unit, state).await,
                alone.count(Environment::Production, unit, state).await,
            );
            assert_eq!(counted.0, counted.1, "{unit:?} {state:?}");
        }
    }
    assert!(together.devices(DENIED).await > 0);
}

async fn other_platforms_have_no_status(world: World) {
    let sender = Sender::new(&world).await;
    let android = json!({"user_identities": {"customer_id": "ada"},
        "device_info": {"platform": "Android", "android_uuid": "a1", "att_authorization_status": "authorized"}});
    sender.send(&[android]).await;
    assert_eq!(
        (sender.devices(CountedState::NotApplicable).await, sender.profiles(CountedState::NotApplicable).await),
        (1, 1)
    );
    // A later Android session changes nothing of what an Apple device decided.
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    world.clock.advance(1000);
    sender.send(&[json!({"user_identities": {"customer_id": "ada"}, "device_info": {"platform": "Android", "android_uuid": "a1"}})]).await;
    assert_eq!((sender.profiles(DENIED).await, sender.profiles(CountedState::NotApplicable).await), (1, 0));
}

async fn when_the_last_batch_came_is_told_by_environment_and_app(world: World) {
    let sender = Sender::new(&world).await;
    let from = |bundle: &str, environment: &str| json!({"environment": environment, "user_identities": {"customer_id": "ada"}, "application_info": {"package": bundle}});
    let first = world.store.clock().now();
    sender.send(&[from("com.acme.one", "production")]).await;
    world.clock.advance(1000);
    let second = world.store.clock().now();
    sender.send(&[from("com.acme.two", "development"), from("com.acme.two", "production")]).await;
    world.clock.advance(1000);
    sender.send(&[from("com.acme.two", "development")]).await;
    let workspace = WorkspaceRef::Id(sender.workspace);
    let mut view = world.store.view(&World::actor(), workspace, Permission::SeeMetrics).await.expect("a view");
    let production = view.last_batches(Environment::Production).await.expect("moments");
    assert_eq!(production.into_values().collect::<Vec<_>>(), [first, second]);
    let development = view.last_batches(Environment::Development).await.expect("moments");
    assert_eq!(development.into_values().collect::<Vec<_>>(), [second.plus(1000)]);
    let inputs = view.inputs().await.expect("inputs");
    assert_eq!(inputs[0].last_batch_at, Some(second.plus(1000)), "an input's last batch is of either environment");
}
