//! A clock that was wrong does no lasting harm.

use super::erasing::{change, idfas, with_idfa};
use super::sender::{AUTHORIZED, DENIED, Sender, ios};
use crate::harness::{Cookie, World, bearer, on_both, open, unsteady};
use attest::domain::att::{Policy, Status};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR, MINUTE};
use attest::server::clock::{Clock, Ids, SystemClock};
use attest::server::services::Services;
use attest::server::services::clock::keep_clock;
use attest::server::services::jobs::run_due_jobs;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

on_both! {
    a_clock_that_was_far_ahead_does_no_lasting_harm
    a_clock_that_was_far_ahead_keeps_nobody_from_signing_in
    what_was_asked_for_while_a_clock_was_ahead_has_its_time_from_now
    settings_are_in_force_in_their_order_whatever_the_clock_said
    a_clock_that_was_behind_does_no_lasting_harm
    processes_go_by_the_clock_that_they_share
    no_device_outranks_others_for_as_long_as_a_clock_was_ahead
    a_clock_that_was_just_set_takes_nothing_back
    a_late_report_counts_though_its_device_was_ahead
    what_an_unsteady_clock_takes_is_not_lost
    what_a_leap_made_due_is_not_done
}

async fn a_clock_that_was_far_ahead_does_no_lasting_harm(world: World) {
    let sender = Sender::new(&world).await;
    world.clock.advance(365 * DAY);
    sender.send(&[ios("ada", "v1", Some("denied")), ios("bob", "v2", Some("denied"))]).await;
    world.run_jobs().await;
    world.clock.advance(-365 * DAY + MINUTE);
    sender.send(&[ios("bob", "v2", Some("denied"))]).await;
    let mut timed = ios("ada", "v1", Some("authorized"));
    timed["timestamp_unixtime_ms"] = world.store.clock().now().0.into();
    timed["application_info"] = json!({"application_version": "2.0"});
    sender.send(&[timed]).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.devices(DENIED).await), (1, 1));
    let seen: Vec<(i64, Option<String>, i64)> =
        world.rows("select last_seen, app_version, active_on from devices where status = 3").await;
    let now = world.store.clock().now().0;
    assert_eq!(seen, [(now, Some("2.0".to_owned()), 20_779)]);
    let late: Vec<(String,)> = world.rows("select name from jobs where due_at > 1795356300000 + 172800000").await;
    world.run_jobs().await;
    let later: Vec<(String,)> = world.rows("select name from jobs where due_at > 1795356300000 + 172800000").await;
    assert!(!late.is_empty() && later.is_empty(), "jobs are due again: {later:?}");
}

async fn a_clock_that_was_far_ahead_keeps_nobody_from_signing_in(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    world.clock.advance(365 * DAY);
    let ahead = world.sign_in(&ada).await;
    for _ in 0..12 {
        let fields = [("email", ada.as_str()), ("password", "a wrong password"), ("next", "/")];
        world.post("/sign-in", &Cookie::default(), &fields).await;
    }
    let of_slot = world.system.clone().with_slot().await;
    world.clock.advance(-365 * DAY);
    let cookie = world.sign_in(&ada).await;
    assert_eq!(world.get("/w/acme/overview", &cookie).await.status, StatusCode::OK);
    assert_eq!(world.get("/w/acme/overview", &ahead).await.status, StatusCode::SEE_OTHER, "it would last for a year");
    let taken: Vec<(i64,)> = world.rows("select count(*) from slots").await;
    let again = world.system.clone().with_slot().await;
    assert_eq!(world.rows::<(i64,)>("select count(*) from slots").await, taken, "its slot is free again");
    drop((of_slot, again));
}

/// The default of each day that the trend has, from the first one on.
async fn defaults(world: &World, token: &str) -> Vec<Value> {
    let path = "/api/v1/workspaces/acme/trend?from=2026-11-22&basis=effective";
    let trend = world.ask("GET", path, Some(&bearer(token)), "").await.json();
    trend["points"].as_array().expect("points").iter().map(|point| point["default"].clone()).collect()
}

async fn what_was_asked_for_while_a_clock_was_ahead_has_its_time_from_now(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "17.5", Some("denied"))]).await;
    world.clock.advance(365 * DAY);
    change(&sender, Some(Some(Status::Denied)), Some(Policy::Withhold)).await;
    world.run_jobs().await;
    world.clock.advance(-365 * DAY + HOUR);
    let token = world.token("acme", Role::Compliance).await;
    assert_eq!(defaults(&world, &token).await[0], "denied", "what is in force is in force");
    world.run_jobs().await;
    world.clock.advance(3 * DAY - 1);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A1"]);
    world.clock.advance(1);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}

async fn settings_are_in_force_in_their_order_whatever_the_clock_said(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::Compliance).await;
    world.clock.advance(300 * DAY);
    change(&sender, Some(Some(Status::Denied)), None).await;
    world.clock.advance(-300 * DAY);
    change(&sender, Some(Some(Status::Restricted)), None).await;
    assert_eq!(defaults(&world, &token).await, ["restricted"], "set later");
    world.run_jobs().await;
    world.clock.advance(DAY);
    assert_eq!(defaults(&world, &token).await, ["restricted", "restricted"]);
    world.clock.advance(-3 * HOUR);
    change(&sender, Some(Some(Status::Authorized)), None).await;
    world.clock.advance(3 * HOUR);
    assert_eq!(defaults(&world, &token).await.last(), Some(&json!("authorized")));
    assert_eq!(world.rows::<(i64,)>("select count(*) from settings_versions a join settings_versions b on b.workspace_id = a.workspace_id and b.version = a.version + 1 and b.changed_at < a.changed_at").await, [(0,)]);
}

async fn a_clock_that_was_behind_does_no_lasting_harm(world: World) {
    let sender = Sender::new(&world).await;
    let began = world.clock.now().0;
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    world.clock.advance(-2 * DAY);
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    world.clock.advance(2 * DAY + 1000);
    sender.send(&[ios("ada", "v1", None)]).await;
    assert_eq!(world.rows::<(i64,)>("select since from devices").await, [(began,)]);
    world.assert_holds().await;
    let mut late = ios("ada", "v1", Some("authorized"));
    late["timestamp_unixtime_ms"] = (began + 1).into();
    sender.send(&[late]).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.devices(DENIED).await), (1, 0));
    world.assert_holds().await;
}

/// A process on a machine whose clock is wrong, and stays wrong: with Postgres it goes by the database's.
async fn processes_go_by_the_clock_that_they_share(world: World) {
    let right = SystemClock::default();
    let apart = |clock: &SystemClock| clock.now().minus(right.now().0).0.abs();
    for wrong in [-2 * DAY, 2 * DAY] {
        let clock = Arc::new(SystemClock::default());
        let misled = || clock.follow(right.now().plus(wrong)..=right.now().plus(wrong));
        misled();
        let process = open(&world.url, Ids::new(clock.clone())).await;
        if process.path().is_some() {
            assert!(apart(&clock) > DAY, "SQLite has no clock of its own");
            continue;
        }
        assert!(apart(&clock) < MINUTE, "from the start");
        misled();
        process.schedule_jobs().await.expect("jobs are scheduled");
        assert!(apart(&clock) < MINUTE, "before a job sets stamps right");
        misled();
        let mends = async {
            while apart(&clock) > MINUTE {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = keep_clock(&process) => {}
            mended = tokio::time::timeout(Duration::from_secs(20), mends) => mended.expect("and while it serves"),
        }
        process.close().await;
    }
}

/// Whoever of several was heard of while the clock was ahead: by a report without a user too, and one of some seconds ago.
async fn no_device_outranks_others_for_as_long_as_a_clock_was_ahead(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[ios("ada", "v2", None)]).await;
    world.clock.advance(300 * DAY);
    sender.send(&["v1", "v3", "v4"].map(|idfv| ios("ada", idfv, Some("authorized")))).await;
    world.clock.advance(-300 * DAY + MINUTE);
    let device = json!({"platform": "iOS", "ios_idfv": "v2", "att_authorization_status": "denied"});
    let seconds_ago = world.store.clock().now().0 - 5000;
    sender.send(&[json!({"device_info": device, "timestamp_unixtime_ms": seconds_ago})]).await;
    assert_eq!((sender.profiles(AUTHORIZED).await, sender.profiles(DENIED).await), (0, 1));
    world.clock.advance(400 * DAY);
    world.assert_holds().await;
}

async fn a_late_report_counts_though_its_device_was_ahead(world: World) {
    let sender = Sender::new(&world).await;
    world.clock.advance(300 * DAY);
    sender.send(&[ios("ada", "v1", Some("authorized"))]).await;
    world.clock.advance(-300 * DAY);
    let mut denied = ios("ada", "v1", Some("denied"));
    denied["timestamp_unixtime_ms"] = (world.store.clock().now().0 - 5000).into();
    sender.send(&[ios("ada", "v2", None)]).await;
    world.clock.advance(5000);
    sender.send(&[denied]).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.devices(DENIED).await), (0, 1));
    assert_eq!(sender.profiles(DENIED).await, 1);
}

async fn what_an_unsteady_clock_takes_is_not_lost(world: World) {
    let mut sender = Sender::new(&world).await;
    world.clock.advance(300 * DAY);
    let mut allowed = ios("ada", "v1", Some("authorized"));
    allowed["device_info"]["ios_advertising_id"] = "A1".into();
    sender.send(&[allowed]).await;
    world.clock.advance(-300 * DAY);
    let process = unsteady(&world, true).await;
    sender.store = (*process).clone();
    for (status, denied) in [("denied", 1), ("denied", 1), ("authorized", 0), ("denied", 1)] {
        sender.send(&[ios("ada", "v1", Some(status))]).await;
        assert_eq!(sender.devices(DENIED).await, denied);
    }
    assert_eq!(idfas(&sender).await, [""; 0]);
    sender.store = world.store.clone();
    world.clock.advance(DAY);
    sender.send(&[ios("ada", "v1", Some("authorized"))]).await;
    assert_eq!(sender.devices(AUTHORIZED).await, 1);
    process.close().await;
}

async fn what_a_leap_made_due_is_not_done(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "17.5", Some("denied"))]).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(800 * DAY);
    let process = unsteady(&world, true).await;
    run_due_jobs(&Services::new(process.clone()), world.state.config.retention.keep()).await.expect("jobs run");
    world.clock.advance(-800 * DAY + HOUR);
    change(&sender, None, Some(Policy::Observe)).await;
    assert_eq!(idfas(&sender).await, ["A1"]);
    process.close().await;
}

/// A process that began a moment ago may be the one whose clock is wrong.
async fn a_clock_that_was_just_set_takes_nothing_back(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    const AHEAD: i64 = 9_000_000_000_000;
    world.execute("update settings_versions set changed_at = 9000000000000").await;
    world.execute("update erasures set asked_at = 9000000000000, due_at = 9000000000000").await;
    let stamps = async || -> Vec<(i64, i64)> {
        world.rows("select min(v.changed_at), min(e.asked_at) from settings_versions v cross join erasures e").await
    };
    let process = open(&world.url, Ids::new(Arc::new(SystemClock::default()))).await;
    process.schedule_jobs().await.expect("jobs are scheduled");
    assert_eq!(stamps().await, [(AHEAD, AHEAD)]);
    process.close().await;
    world.run_jobs().await;
    let now = world.clock.now().0;
    assert_eq!(stamps().await, [(now, now)]);
}
