//! What a refusal and silence take away, the same on both databases.

use super::sender::{DENIED, Sender};
use crate::harness::{World, on_both};
use attest::domain::policy::Action;
use attest::domain::time::DAY;
use attest::server::store::Place;
use serde_json::json;

on_both! {
    a_refusal_erases_the_idfa_for_good
    observe_keeps_the_idfa
    a_nameless_silent_device_leaves_the_counts
}

async fn a_refusal_erases_the_idfa_for_good(world: World) {
    let sender = Sender::new(&world).await;
    let with = |status: Option<&str>| json!({"device_info": {"ios_idfv": "v1", "os_version": "17.5", "ios_advertising_id": "A1", "att_authorization_status": status}});
    sender.send(&[with(None)]).await;
    assert_eq!(sender.names().await, ["ios_idfv v1"], "unknown from iOS 14.5 on: not kept");
    world.clock.advance(1000);
    sender.send(&[with(Some("authorized"))]).await;
    assert_eq!(sender.names().await, ["ios_advertising_id A1", "ios_idfv v1"]);
    world.clock.advance(1000);
    sender.send(&[with(Some("denied"))]).await;
    assert_eq!(sender.names().await, ["ios_idfv v1"], "erased with the refusal");
    world.clock.advance(1000);
    sender.send(&[json!({"device_info": {"ios_idfv": "v1", "att_authorization_status": "authorized"}})]).await;
    assert_eq!(sender.names().await, ["ios_idfv v1"], "it must be sent again");
}

async fn observe_keeps_the_idfa(world: World) {
    use attest::domain::att::Policy;
    use attest::server::work::att::{Wanted, change_settings};
    let sender = Sender::new(&world).await;
    let wanted =
        Wanted { default: None, policy: Some(Policy::Observe), reason: "a test".into(), version: 1, typed_name: None };
    change_settings(&world.store, &World::actor(), Place::Id(sender.workspace), wanted).await.expect("observe");
    sender.send(&[json!({"device_info": {"ios_idfv": "v1", "ios_advertising_id": "A1", "att_authorization_status": "denied"}})]).await;
    assert_eq!(sender.names().await, ["ios_advertising_id A1", "ios_idfv v1"]);
    let mut view =
        world.store.view(&World::actor(), Place::Id(sender.workspace), Action::SeeInputs).await.expect("a view");
    let tallies = view.tallies().await.expect("tallies");
    assert!(tallies.iter().any(|tally| tally.reason == "idfa_not_permitted" && tally.n == 1), "{tallies:?}");
}

async fn a_nameless_silent_device_leaves_the_counts(world: World) {
    let sender = Sender::new(&world).await;
    // Known by its IDFA alone, which the refusal erases.
    let with = |status: &str| json!({"user_identities": {"customer_id": "ada"}, "device_info": {"ios_advertising_id": "A1", "att_authorization_status": status}});
    sender.send(&[with("authorized")]).await;
    world.clock.advance(1000);
    sender.send(&[with("denied")]).await;
    assert_eq!((sender.names().await.len(), sender.devices(DENIED).await), (0, 1));
    world.clock.advance(29 * DAY);
    attest::server::work::housekeeping::tidy(&world.store).await.expect("tidy");
    assert_eq!(sender.devices(DENIED).await, 1);
    world.clock.advance(2 * DAY);
    attest::server::work::housekeeping::tidy(&world.store).await.expect("tidy");
    assert_eq!((sender.devices(DENIED).await, sender.profiles(DENIED).await), (0, 0));
    world.assert_holds().await;
}
