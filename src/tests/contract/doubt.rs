//! What is said while a clock may be wrong, or was noted while one was ahead, permits nothing that was refused.

use super::ahead::{at, devices, send_ahead, told};
use super::erasing::{idfas, with_idfa};
use super::sender::{Sender, ios};
use crate::harness::{World, on_both, unsteady};
use attest::domain::time::{DAY, HOUR};
use attest::server::clock::Clock;
use serde_json::Value;

on_both! {
    what_is_confirmed_in_doubt_stays
    a_version_that_was_told_in_doubt_stays
    a_refusal_that_was_noted_ahead_stays
    a_refusal_after_a_long_time_ahead_counts
    what_is_repeated_in_doubt_stays
    a_clock_that_may_be_behind_opens_no_gate
    a_version_after_a_long_time_ahead_counts
    a_clock_that_may_be_behind_takes_no_older_platform
}

pub(super) fn allowed() -> Value {
    let mut batch = ios("ada", "v1", Some("authorized"));
    batch["device_info"]["ios_advertising_id"] = "A1".into();
    batch
}

async fn what_is_confirmed_in_doubt_stays(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    sender.send(&[at(allowed(), world.clock.now().0 - 8 * DAY)]).await;
    send_ahead(&sender, &[ios("ada", "v1", Some("denied"))]).await;
    sender.store = (*process).clone();
    sender.send(&[at(ios("ada", "v1", Some("denied")), world.clock.now().0 - 1000)]).await;
    sender.store = world.store.clone();
    world.clock.advance(HOUR);
    sender.send(&[at(allowed(), world.clock.now().0 - 3 * HOUR)]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), ((0, 1), vec![]));
}

async fn a_version_that_was_told_in_doubt_stays(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    sender.send(&[at(with_idfa(1, "14.4", None), world.clock.now().0 - 8 * DAY)]).await;
    send_ahead(&sender, &[with_idfa(1, "14.4", None)]).await;
    sender.store = (*process).clone();
    sender.send(&[at(told(1, Some("17.5")), world.clock.now().0 - 1000)]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
    sender.store = world.store.clone();
    world.clock.advance(HOUR);
    sender.send(&[at(with_idfa(1, "14.4", None), world.clock.now().0 - 3 * HOUR)]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}

async fn a_refusal_that_was_noted_ahead_stays(world: World) {
    let sender = Sender::new(&world).await;
    send_ahead(&sender, &[ios("ada", "v1", Some("denied"))]).await;
    sender.send(&[at(allowed(), world.clock.now().0 - 8 * DAY)]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), ((0, 1), vec![]));
}

async fn a_refusal_after_a_long_time_ahead_counts(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[at(allowed(), world.clock.now().0 - 8 * DAY)]).await;
    for _ in 0..2 {
        send_ahead(&sender, &[allowed()]).await;
        world.clock.advance(2 * DAY);
    }
    // The clock is right for a month; the phone was offline, and sends what it kept.
    world.clock.advance(30 * DAY);
    sender.send(&[at(ios("ada", "v1", Some("denied")), world.clock.now().0 - 20 * DAY)]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), ((0, 1), vec![]));
}

async fn what_is_repeated_in_doubt_stays(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    sender.send(&[at(allowed(), world.clock.now().0 - 8 * DAY)]).await;
    send_ahead(&sender, &[ios("ada", "v1", Some("denied"))]).await;
    sender.store = (*process).clone();
    // Repeated without a time of its own, by the right clock.
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    sender.store = world.store.clone();
    world.clock.advance(HOUR);
    sender.send(&[ios("ada", "v1", None)]).await;
    sender.send(&[at(allowed(), world.clock.now().0 - 3 * HOUR)]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), ((0, 1), vec![]));
}

/// What a device said before its version closed the gate is repeated by a clock that is behind, or may be.
async fn repeat_while_behind(world: &World, old: Value) {
    let mut sender = Sender::new(world).await;
    let process = unsteady(world, false).await;
    let old = at(old, world.clock.now().0 - 5 * DAY);
    sender.send(std::slice::from_ref(&old)).await;
    sender.send(&[told(1, Some("17.5"))]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
    world.clock.advance(-5 * DAY);
    sender.store = (*process).clone();
    sender.send(&[old]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}

async fn a_clock_that_may_be_behind_opens_no_gate(world: World) {
    repeat_while_behind(&world, with_idfa(1, "14.4", None)).await;
}

async fn a_version_after_a_long_time_ahead_counts(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[at(with_idfa(1, "14.4", None), world.clock.now().0 - 8 * DAY)]).await;
    for _ in 0..2 {
        send_ahead(&sender, &[with_idfa(1, "14.4", None)]).await;
        world.clock.advance(2 * DAY);
    }
    world.clock.advance(30 * DAY);
    sender.send(&[at(told(1, Some("17.5")), world.clock.now().0 - 20 * DAY)]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}

async fn a_clock_that_may_be_behind_takes_no_older_platform(world: World) {
    let mut old = with_idfa(1, "17.5", None);
    old["device_info"]["platform"] = "Android".into();
    repeat_while_behind(&world, old).await;
}
