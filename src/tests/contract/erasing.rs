//! What a change of the settings erases and when, the same on both databases.

use super::sender::Sender;
use crate::harness::{World, on_both};
use attest::domain::att::{Policy, Status};
use attest::domain::permission::Permission;
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR};
use attest::server::services::privacy::{NewSettings, change_settings};
use attest::server::store::WorkspaceRef;
use attest::server::store::audit::AuditFilter;
use attest::server::store::erasure::Progress;
use serde_json::json;

on_both! {
    what_a_change_holds_back_is_erased_three_days_later
    undoing_a_change_cancels_its_erasing
    each_erasing_keeps_the_time_from_which_it_was_asked_for
    what_a_cancelled_erasing_erased_is_told
    what_was_let_go_and_withheld_again_has_time_anew
    what_closes_the_gate_beside_a_setting_erases_though_the_setting_is_undone
    what_undoing_a_setting_lets_be_is_not_erased_beside_it
    an_erasing_leaves_what_an_earlier_one_erases_later
    what_an_erasing_has_passed_is_not_left_to_it
    what_an_earlier_erasing_will_pass_over_is_not_left_to_it
}

/// Changes one of the two settings, or both.
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

pub fn with_idfa(n: usize, os: &str, status: Option<&str>) -> serde_json::Value {
    json!({"device_info": {"platform": "iOS", "os_version": os, "ios_idfv": format!("v{n}"),
        "ios_advertising_id": format!("A{n}"), "att_authorization_status": status}})
}

async fn erasing(sender: &Sender<'_>) -> Option<(Progress, i64)> {
    let workspace = WorkspaceRef::Id(sender.workspace);
    let mut view =
        sender.world.store.view(&World::actor(), workspace, Permission::SeePrivacySettings).await.expect("a view");
    view.last_erasure().await.expect("read").map(|erasure| (erasure.progress, erasure.erased))
}

async fn open(sender: &Sender<'_>) -> Vec<(i64, Progress)> {
    let workspace = WorkspaceRef::Id(sender.workspace);
    let view = sender.world.store.view(&World::actor(), workspace, Permission::SeePrivacySettings).await;
    let open = view.expect("a view").open_erasures().await.expect("read");
    open.into_iter().map(|erasure| (erasure.version, erasure.progress)).collect()
}

/// The advertising ids that are stored, in their order.
pub async fn idfas(sender: &Sender<'_>) -> Vec<String> {
    let names = sender.names().await.into_iter();
    let mut idfas: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix("ios_advertising_id ")?.to_owned())).collect();
    idfas.sort();
    idfas
}

/// Six hundred devices that refused, with their advertising ids: more than one step looks at.
async fn send_six_hundred(sender: &Sender<'_>) {
    for hundred in 0..6 {
        let batches: Vec<_> = (0..100).map(|n| with_idfa(hundred * 100 + n, "17.5", Some("denied"))).collect();
        sender.send(&batches).await;
    }
}

async fn what_a_change_holds_back_is_erased_three_days_later(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    send_six_hundred(&sender).await;
    sender
        .send(&[with_idfa(601, "17.5", Some("authorized")), with_idfa(602, "14.4", None), with_idfa(603, "17.5", None)])
        .await;
    assert_eq!((idfas(&sender).await.len(), erasing(&sender).await), (603, None));
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(3 * DAY - 1);
    world.run_jobs().await;
    assert_eq!((idfas(&sender).await.len(), erasing(&sender).await), (603, Some((Progress::Waiting, 0))));
    world.clock.advance(1);
    let workspace = WorkspaceRef::Id(sender.workspace);
    assert!(world.system.erase_step(sender.workspace, 3).await.expect("a step"), "there is more to do");
    assert_eq!(erasing(&sender).await.map(|(progress, _)| progress), Some(Progress::Running));
    world.run_jobs().await;
    assert_eq!(erasing(&sender).await, Some((Progress::Done, 601)));
    assert_eq!(idfas(&sender).await.len(), 2, "of who allowed it, and of who was never asked below iOS 14.5");
    let mut view = world.store.view(&World::actor(), workspace, Permission::SeeAudit).await.expect("a view");
    let rows = view.audit_rows(&AuditFilter::default(), 1).await.expect("rows").rows;
    assert_eq!(
        (rows[0].row.action.as_str(), &rows[0].row.after["erased"]),
        ("idfas.erased", &json!(600)),
        "rounded: auditors read it"
    );
    world.assert_holds().await;
}

async fn undoing_a_change_cancels_its_erasing(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[with_idfa(1, "14.4", None)]).await;
    assert_eq!(idfas(&sender).await.len(), 1, "kept below iOS 14.5");
    change(&sender, Some(Some(Status::Denied)), None).await;
    assert_eq!(erasing(&sender).await, Some((Progress::Waiting, 0)));
    world.clock.advance(2 * DAY);
    change(&sender, Some(Some(Status::Restricted)), None).await;
    assert_eq!(erasing(&sender).await, Some((Progress::Waiting, 0)), "holds back the same");
    change(&sender, Some(None), None).await;
    assert_eq!(erasing(&sender).await.map(|(progress, _)| progress), Some(Progress::Cancelled));
    world.clock.advance(9 * DAY);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await.len(), 1);
    world.assert_holds().await;
}

async fn each_erasing_keeps_the_time_from_which_it_was_asked_for(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "17.5", Some("denied")), with_idfa(2, "14.4", None)]).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(DAY);
    // Holds back more; somebody who did so again and again would else keep the refused device's id for ever.
    change(&sender, Some(Some(Status::Denied)), None).await;
    assert_eq!(open(&sender).await, [(3, Progress::Waiting), (4, Progress::Waiting)]);
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let page = world.get("/w/acme/privacy", &ada).await.body;
    assert!(page.contains("25 Nov 2026, 14:05 UTC") && page.contains("26 Nov 2026, 14:05 UTC"), "both dates: {page}");
    assert_eq!(page.matches("are no longer sent out").count(), 1);
    world.clock.advance(2 * DAY - 1);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A1", "A2"]);
    world.clock.advance(1);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A2"], "three days after the first change");
    world.clock.advance(DAY);
    world.run_jobs().await;
    assert_eq!((idfas(&sender).await, open(&sender).await), (vec![], vec![]), "and three days after the second");
    world.assert_holds().await;
}

async fn what_a_cancelled_erasing_erased_is_told(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    send_six_hundred(&sender).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(3 * DAY);
    assert!(world.system.erase_step(sender.workspace, 3).await.expect("a step"), "there is more to do");
    change(&sender, None, Some(Policy::Observe)).await;
    assert_eq!((open(&sender).await, idfas(&sender).await.len()), (vec![], 100));
    let view = world.store.view(&World::actor(), WorkspaceRef::Id(sender.workspace), Permission::SeeAudit).await;
    let rows = view.expect("a view").audit_rows(&AuditFilter::default(), 2).await.expect("rows").rows;
    let told = rows.iter().find(|row| row.row.action.as_str() == "idfas.erased").expect("a row");
    assert_eq!(told.row.after, json!({"erased": 500, "asked_by_version": 3}));
    world.assert_holds().await;
}

async fn what_was_let_go_and_withheld_again_has_time_anew(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "17.5", Some("denied")), with_idfa(2, "17.5", None)]).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(DAY);
    change(&sender, Some(Some(Status::Authorized)), None).await;
    world.clock.advance(DAY);
    change(&sender, Some(None), None).await;
    world.clock.advance(DAY);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A2"], "of the refused one only");
    world.clock.advance(2 * DAY);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, [""; 0]);
    world.assert_holds().await;
}

async fn what_closes_the_gate_beside_a_setting_erases_though_the_setting_is_undone(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[with_idfa(1, "14.2", None)]).await;
    assert_eq!(idfas(&sender).await, ["A1"]);
    change(&sender, Some(Some(Status::Denied)), None).await;
    world.clock.advance(1000);
    sender.send(&[json!({"device_info": {"platform": "iOS", "os_version": "17.0", "ios_idfv": "v1"}})]).await;
    change(&sender, Some(None), None).await;
    assert_eq!((open(&sender).await, idfas(&sender).await), (vec![], vec![]), "nothing is left to be handed out again");
    world.assert_holds().await;
}

async fn what_undoing_a_setting_lets_be_is_not_erased_beside_it(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, Some(Some(Status::Authorized)), None).await;
    sender.send(&[with_idfa(1, "14.2", None)]).await;
    change(&sender, Some(Some(Status::Denied)), None).await;
    // Without a default an update beyond 14.5 would close the gate; undoing this one opens it all the same.
    world.clock.advance(1000);
    sender.send(&[json!({"device_info": {"platform": "iOS", "os_version": "17.0", "ios_idfv": "v1"}})]).await;
    change(&sender, Some(Some(Status::Authorized)), None).await;
    assert_eq!((open(&sender).await, idfas(&sender).await), (vec![], vec!["A1".to_owned()]));
    world.assert_holds().await;
}

/// Asks for an erasing of A1, and for one of A2 that is due first, as if it had been asked for with fewer hours.
pub async fn ask_two_erasings(sender: &Sender<'_>) {
    change(sender, Some(Some(Status::Authorized)), None).await;
    sender.send(&[with_idfa(1, "17.0", None), with_idfa(2, "14.2", None)]).await;
    change(sender, Some(None), None).await;
    change(sender, Some(Some(Status::Denied)), None).await;
    sender.world.execute("update erasures set due_at = asked_at + 3600000 where version = 4").await;
    sender.world.clock.advance(2 * HOUR);
}

async fn an_erasing_leaves_what_an_earlier_one_erases_later(world: World) {
    let sender = Sender::new(&world).await;
    ask_two_erasings(&sender).await;
    assert!(!world.system.erase_step(sender.workspace, 4).await.expect("a step"));
    assert_eq!((open(&sender).await, idfas(&sender).await), (vec![(3, Progress::Waiting)], vec!["A1".to_owned()]));
    change(&sender, Some(Some(Status::Authorized)), None).await;
    world.clock.advance(4 * DAY);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A1"], "undone in time");
    world.assert_holds().await;
}

/// The same devices a version later, with which the gate closes by the settings in force.
fn updated(n: usize) -> serde_json::Value {
    json!({"device_info": {"platform": "iOS", "os_version": "17.0", "ios_idfv": format!("v{n}")}})
}

async fn what_an_erasing_has_passed_is_not_left_to_it(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, Some(Some(Status::Authorized)), None).await;
    let hundreds = || (0..6).map(|hundred| hundred * 100..hundred * 100 + 100);
    for hundred in hundreds() {
        sender.send(&hundred.map(|n| with_idfa(n, "14.2", None)).collect::<Vec<_>>()).await;
    }
    change(&sender, Some(None), None).await;
    sender.send(&[updated(7)]).await;
    assert_eq!(idfas(&sender).await.len(), 600, "until it begins what it takes is left to it");
    world.clock.advance(3 * DAY + HOUR);
    let version = open(&sender).await[0].0;
    assert!(world.system.erase_step(sender.workspace, version).await.expect("a step"), "it goes on");
    for hundred in hundreds() {
        sender.send(&hundred.map(updated).collect::<Vec<_>>()).await;
    }
    assert_eq!(idfas(&sender).await, [""; 0]);
    world.run_jobs().await;
    world.assert_holds().await;
}

async fn what_an_earlier_erasing_will_pass_over_is_not_left_to_it(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "14.2", None), with_idfa(2, "17.0", None)]).await;
    change(&sender, Some(Some(Status::Authorized)), Some(Policy::Withhold)).await;
    change(&sender, Some(None), None).await;
    let second = open(&sender).await[1].0;
    // As if the second had been asked for with fewer hours.
    let sooner = "update erasures set due_at = asked_at + 3600000 where version = (select max(version) from erasures)";
    world.execute(sooner).await;
    world.clock.advance(2 * HOUR);
    world.system.erase_step(sender.workspace, second).await.expect("a step");
    assert_eq!(idfas(&sender).await, ["A1"], "which the settings keep");
    sender.send(&[updated(1)]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}
