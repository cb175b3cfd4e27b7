//! What a refusal and silence take away, the same on both databases.

use super::erasing::{change, idfas};
use super::sender::{DENIED, Sender};
use crate::harness::{World, on_both};
use attest::domain::att::Policy;
use attest::domain::data_problem::DataProblem;
use attest::domain::permission::Permission;
use attest::domain::time::{DAY, Day};
use attest::server::store::WorkspaceRef;
use serde_json::json;

on_both! {
    a_refusal_erases_the_idfa_for_good
    observe_keeps_the_idfa
    whatever_closes_the_gate_erases
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
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[json!({"device_info": {"ios_idfv": "v1", "ios_advertising_id": "A1", "att_authorization_status": "denied"}})]).await;
    assert_eq!(sender.names().await, ["ios_advertising_id A1", "ios_idfv v1"]);
    let mut view = world
        .store
        .view(&World::actor(), WorkspaceRef::Id(sender.workspace), Permission::SeeInputs)
        .await
        .expect("a view");
    let input = view.inputs().await.expect("inputs")[0].id;
    let found = view.data_problems(input, Day(0)).await.expect("data_problems");
    assert!(matches!(&found[..], [one] if (one.kind, one.n) == (DataProblem::IdfaUnpermitted, 1)), "{found:?}");
}

async fn a_nameless_silent_device_leaves_the_counts(world: World) {
    let sender = Sender::new(&world).await;
    // Known by its IDFA alone, which the refusal erases; and of nobody who is known.
    let with = |status: &str| json!({"device_info": {"ios_advertising_id": "A1", "att_authorization_status": status}});
    sender.send(&[with("authorized")]).await;
    world.clock.advance(1000);
    sender.send(&[with("denied")]).await;
    assert_eq!((sender.names().await.len(), sender.devices(DENIED).await), (0, 1));
    world.clock.advance(29 * DAY);
    world.run_jobs().await;
    assert_eq!(sender.devices(DENIED).await, 1);
    world.clock.advance(2 * DAY);
    world.run_jobs().await;
    assert_eq!((sender.devices(DENIED).await, sender.profiles(DENIED).await), (0, 0));
    world.assert_holds().await;
}

async fn whatever_closes_the_gate_erases(world: World) {
    let sender = Sender::new(&world).await;
    let with = |version: &str, platform: &str, status: Option<&str>, idfa: bool| {
        json!({"user_identities": {"customer_id": "ada"}, "device_info": {"platform": platform, "os_version": version,
            "mp": 1, "ios_idfv": format!("v-{}", status.is_some()), "ios_advertising_id": idfa.then_some("A1"),
            "att_authorization_status": status}})
    };
    // An update of the system beyond 14.5; a phone that says that it is of another maker.
    sender.send(&[with("14.2", "iOS", None, true)]).await;
    assert_eq!(idfas(&sender).await.len(), 1);
    world.clock.advance(1000);
    sender.send(&[with("17.5", "iOS", None, false)]).await;
    assert_eq!(idfas(&sender).await.len(), 0);
    sender.send(&[with("17.5", "iOS", Some("authorized"), true)]).await;
    assert_eq!(idfas(&sender).await.len(), 1);
    world.clock.advance(1000);
    let mut elsewhere = with("14", "Android", Some("authorized"), false);
    elsewhere["device_info"]["att_authorization_status"] = serde_json::Value::Null;
    sender.send(&[elsewhere]).await;
    assert_eq!(idfas(&sender).await.len(), 0);
}
