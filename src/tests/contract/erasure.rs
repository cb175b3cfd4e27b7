//! What a refusal and silence take away, the same on both databases.

use super::sender::{DENIED, Sender};
use crate::harness::{World, on_both};
use attest::domain::att::{Policy, Status};
use attest::domain::data_problem::DataProblem;
use attest::domain::permission::Permission;
use attest::domain::time::{DAY, Day};
use attest::server::services::privacy::{NewSettings, change_settings};
use attest::server::store::WorkspaceRef;
use attest::server::store::audit::AuditFilter;
use attest::server::store::erasure::Progress;
use serde_json::json;

on_both! {
    a_refusal_erases_the_idfa_for_good
    observe_keeps_the_idfa
    whatever_closes_the_gate_erases
    a_nameless_silent_device_leaves_the_counts
    what_a_change_holds_back_is_erased_three_days_later
    undoing_a_change_cancels_its_erasing
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
    let wanted = NewSettings {
        default: None,
        policy: Some(Policy::Observe),
        reason: "a test".into(),
        version: 1,
        typed_name: None,
    };
    change_settings(&world.store, &World::actor(), WorkspaceRef::Id(sender.workspace), wanted).await.expect("observe");
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

/// Changes one of the two settings.
async fn whatever_closes_the_gate_erases(world: World) {
    let sender = Sender::new(&world).await;
    let with = |version: &str, platform: &str, status: Option<&str>, idfa: bool| {
        json!({"user_identities": {"customer_id": "ada"}, "device_info": {"platform": platform, "os_version": version,
            "mp": 1, "ios_idfv": format!("v-{}", status.is_some()), "ios_advertising_id": idfa.then_some("A1"),
            "att_authorization_status": status}})
    };
    // An update of the system beyond 14.5; a phone that says that it is of another maker.
    sender.send(&[with("14.2", "iOS", None, true)]).await;
    assert_eq!(idfas(&sender).await, 1);
    world.clock.advance(1000);
    sender.send(&[with("17.5", "iOS", None, false)]).await;
    assert_eq!(idfas(&sender).await, 0);
    sender.send(&[with("17.5", "iOS", Some("authorized"), true)]).await;
    assert_eq!(idfas(&sender).await, 1);
    world.clock.advance(1000);
    let mut elsewhere = with("14", "Android", Some("authorized"), false);
    elsewhere["device_info"]["att_authorization_status"] = serde_json::Value::Null;
    sender.send(&[elsewhere]).await;
    assert_eq!(idfas(&sender).await, 0);
}

pub async fn change(sender: &Sender<'_>, default: Option<Option<Status>>, policy: Option<Policy>) {
    let workspace = WorkspaceRef::Id(sender.workspace);
    let mut view = sender
        .world
        .store
        .view(&World::actor(), workspace.clone(), Permission::SeePrivacySettings)
        .await
        .expect("a view");
    let version = view.settings().await.expect("settings").version;
    drop(view);
    let wanted = NewSettings { default, policy, reason: "a test".into(), version, typed_name: None };
    change_settings(&sender.world.store, &World::actor(), workspace, wanted).await.expect("changed");
}

async fn erasing(sender: &Sender<'_>) -> Option<(Progress, i64)> {
    let workspace = WorkspaceRef::Id(sender.workspace);
    let mut view =
        sender.world.store.view(&World::actor(), workspace, Permission::SeePrivacySettings).await.expect("a view");
    view.last_erasure().await.expect("read").map(|erasure| (erasure.progress, erasure.erased))
}

async fn idfas(sender: &Sender<'_>) -> usize {
    sender.names().await.iter().filter(|name| name.starts_with("ios_advertising_id")).count()
}

pub fn with_idfa(n: usize, os: &str, status: Option<&str>) -> serde_json::Value {
    json!({"device_info": {"platform": "iOS", "os_version": os, "ios_idfv": format!("v{n}"),
        "ios_advertising_id": format!("A{n}"), "att_authorization_status": status}})
}

async fn what_a_change_holds_back_is_erased_three_days_later(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    // More than one step looks at.
    for hundred in 0..6 {
        let batches: Vec<_> = (0..100).map(|n| with_idfa(hundred * 100 + n, "17.5", Some("denied"))).collect();
        sender.send(&batches).await;
    }
    sender
        .send(&[with_idfa(601, "17.5", Some("authorized")), with_idfa(602, "14.4", None), with_idfa(603, "17.5", None)])
        .await;
    assert_eq!((idfas(&sender).await, erasing(&sender).await), (603, None));
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(3 * DAY - 1);
    world.run_jobs().await;
    assert_eq!((idfas(&sender).await, erasing(&sender).await), (603, Some((Progress::Waiting, 0))));
    world.clock.advance(1);
    let workspace = WorkspaceRef::Id(sender.workspace);
    assert!(world.system.erase_step(sender.workspace, 3).await.expect("a step"), "there is more to do");
    assert_eq!(erasing(&sender).await.map(|(progress, _)| progress), Some(Progress::Running));
    world.run_jobs().await;
    assert_eq!(erasing(&sender).await, Some((Progress::Done, 601)));
    assert_eq!(idfas(&sender).await, 2, "of who allowed it, and of who was never asked below iOS 14.5");
    let mut view = world.store.view(&World::actor(), workspace, Permission::SeeAudit).await.expect("a view");
    let rows = view.audit_rows(&AuditFilter::default(), 1).await.expect("rows").rows;
    assert_eq!((rows[0].row.action.as_str(), &rows[0].row.after["erased"]), ("idfas.erased", &json!(601)));
    world.assert_holds().await;
}

async fn undoing_a_change_cancels_its_erasing(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[with_idfa(1, "14.4", None)]).await;
    assert_eq!(idfas(&sender).await, 1, "kept below iOS 14.5");
    change(&sender, Some(Some(Status::Denied)), None).await;
    assert_eq!(erasing(&sender).await, Some((Progress::Waiting, 0)));
    world.clock.advance(2 * DAY);
    change(&sender, Some(Some(Status::Restricted)), None).await;
    assert_eq!(erasing(&sender).await, Some((Progress::Waiting, 0)), "holds back the same");
    change(&sender, Some(None), None).await;
    assert_eq!(erasing(&sender).await.map(|(progress, _)| progress), Some(Progress::Cancelled));
    world.clock.advance(9 * DAY);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, 1);
    world.assert_holds().await;
}
