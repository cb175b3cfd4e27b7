//! Two clocks of which one is wrong, each of which goes steadily, and one of a process that was just restarted: a refusal counts, and
//! nothing that was said before it outranks it.

use super::ahead::{at, devices, send_ahead, told};
use super::clocks_apart::{REFUSED, denied, silent};
use super::doubt::allowed;
use super::erasing::{idfas, with_idfa};
use super::sender::{AUTHORIZED, DENIED, Sender, ios};
use crate::harness::{World, on_both, unsteady};
use attest::domain::time::{DAY, HOUR, MINUTE};
use attest::server::clock::Clock;
use attest::server::store::Store;
use serde_json::{Value, json};

on_both! {
    a_refusal_after_a_permission_counts_when_time_gets_there
    a_refusal_to_a_second_clock_ahead_counts
    a_delayed_permission_to_a_clock_behind_permits_nothing
    a_late_refusal_after_a_silent_batch_in_doubt_counts
    a_delayed_version_opens_no_gate
    a_delayed_version_to_a_clock_behind_opens_no_gate
    a_right_clock_in_doubt_after_one_behind_permits_nothing
    nor_after_another_phone_alone
    a_late_version_after_two_silent_batches_counts
    a_late_refusal_after_a_silent_batch_ahead_counts
    a_refusal_of_a_phone_first_seen_ahead_counts
    a_refusal_noted_ahead_decides_the_profile
    and_one_noted_an_hour_ahead
    an_hour_ahead_another_phone_and_a_restart_permit_nothing
    a_version_repeated_to_a_clock_behind_opens_no_gate
    what_is_said_in_doubt_after_time_got_there_outranks_what_is_older
    a_phone_some_minutes_ahead_may_permit_again
    a_phone_that_sends_late_may_tell_its_version
    a_phone_some_minutes_ahead_may_tell_its_version
    a_version_said_before_time_got_there_counts
    a_refusal_of_a_year_ahead_is_not_new_in_a_year
    nor_where_its_phone_permits
}

/// Denied while the clock is 2 days ahead; set right; permitted for real an hour later; denied for real 1.5 days later on a phone that
/// is offline and sends it when 2 days have passed, with its own time. The permission has been given the refusal's moment meanwhile.
async fn a_refusal_after_a_permission_counts_when_time_gets_there(world: World) {
    let sender = Sender::new(&world).await;
    world.clock.advance(2 * DAY);
    sender.send(&[denied()]).await;
    world.clock.advance(HOUR - 2 * DAY);
    sender.send(&[allowed()]).await;
    assert_eq!(devices(&sender).await, (1, 0), "said later, by a clock that is right");
    world.clock.advance(3 * DAY / 2);
    let refused = at(denied(), world.clock.now().0);
    world.clock.advance(DAY);
    sender.send(&[refused]).await;
    world.clock.advance(HOUR);
    sender.send(&[silent()]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), REFUSED);
}

/// The same where it reaches a process whose clock is ahead as the first one's was.
async fn a_refusal_to_a_second_clock_ahead_counts(world: World) {
    let sender = Sender::new(&world).await;
    send_ahead(&sender, &[denied()]).await;
    world.clock.advance(3 * DAY);
    sender.send(&[allowed()]).await;
    world.clock.advance(DAY);
    send_ahead(&sender, &[at(denied(), world.clock.now().0 - HOUR)]).await;
    for _ in 0..2 {
        world.clock.advance(HOUR);
        sender.send(&[silent()]).await;
    }
    assert_eq!((devices(&sender).await, idfas(&sender).await), REFUSED);
}

/// Permitted, then refused; the permission is delayed and reaches a process whose clock is two hours behind, steadily. Both times are
/// ahead of it, and the phone's own times tell which was said first.
async fn a_delayed_permission_to_a_clock_behind_permits_nothing(world: World) {
    let sender = Sender::new(&world).await;
    let now = world.clock.now().0;
    sender.send(&[at(denied(), now - 10 * MINUTE)]).await;
    world.clock.advance(-2 * HOUR);
    sender.send(&[at(allowed(), now - 20 * MINUTE)]).await;
    world.clock.advance(2 * HOUR + MINUTE);
    for _ in 0..2 {
        world.clock.advance(HOUR);
        sender.send(&[silent()]).await;
    }
    assert_eq!((devices(&sender).await, idfas(&sender).await), REFUSED);
}

/// Permitted while the clock was ahead; a silent batch to a process in doubt (it names the platform, as all do); then what was refused a
/// few minutes before that batch arrives late, at a clock that is right and steady.
async fn a_late_refusal_after_a_silent_batch_in_doubt_counts(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    send_ahead(&sender, &[allowed()]).await;
    world.clock.advance(DAY);
    let said = world.clock.now().0;
    sender.store = (*process).clone();
    world.clock.advance(5 * MINUTE);
    sender.send(&[at(silent(), world.clock.now().0 - 1000)]).await;
    sender.store = world.store.clone();
    world.clock.advance(HOUR);
    sender.send(&[at(denied(), said)]).await;
    world.clock.advance(HOUR);
    sender.send(&[silent()]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), REFUSED);
}

/// The version that closes the gate was noted while the clock was ahead; what the phone said hours before comes within a day.
async fn a_delayed_version_opens_no_gate(world: World) {
    let sender = Sender::new(&world).await;
    let now = world.clock.now().0;
    send_ahead(&sender, &[told(1, Some("17.5"))]).await;
    sender.send(&[at(with_idfa(1, "14.4", None), now - 5 * HOUR)]).await;
    world.clock.advance(HOUR);
    sender.send(&[told(1, None)]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}

/// The version likewise: by a clock that is two hours behind, steadily.
async fn a_delayed_version_to_a_clock_behind_opens_no_gate(world: World) {
    let sender = Sender::new(&world).await;
    let now = world.clock.now().0;
    sender.send(&[at(told(1, Some("17.5")), now - MINUTE)]).await;
    world.clock.advance(-2 * HOUR);
    sender.send(&[at(with_idfa(1, "14.4", None), now - 6 * HOUR)]).await;
    world.clock.advance(2 * HOUR + MINUTE);
    for _ in 0..2 {
        world.clock.advance(HOUR);
        sender.send(&[told(1, None)]).await;
    }
    assert_eq!(idfas(&sender).await, [""; 0]);
}

/// Permitted, refused; a silent batch to a process that is three days behind, steadily; then, before the device is heard of by a clock that
/// is right and steady, a process that has just begun, with the right time, gets the permission again.
async fn a_right_clock_in_doubt_after_one_behind_permits_nothing(world: World) {
    after_one_behind(&world, &[silent()]).await;
}

/// The process that is behind hears of another phone of ada's only.
async fn nor_after_another_phone_alone(world: World) {
    after_one_behind(&world, &[ios("ada", "w2", Some("denied"))]).await;
}

/// A process that was started a moment ago gets a batch, and the one that goes on a silent one in each of two hours.
async fn restarted_gets(sender: &mut Sender<'_>, process: Store, batch: Value) {
    let world = sender.world;
    sender.store = process;
    sender.send(&[batch]).await;
    sender.store = world.store.clone();
    for _ in 0..2 {
        world.clock.advance(HOUR);
        sender.send(&[silent()]).await;
    }
}

async fn after_one_behind(world: &World, batches: &[Value]) {
    let mut sender = Sender::new(world).await;
    let process = unsteady(world, false).await;
    let old = at(allowed(), world.clock.now().0 - 5 * HOUR);
    sender.send(std::slice::from_ref(&old)).await;
    sender.send(&[at(denied(), world.clock.now().0 - HOUR)]).await;
    world.clock.advance(-3 * DAY);
    sender.send(batches).await;
    world.clock.advance(3 * DAY + HOUR);
    restarted_gets(&mut sender, (*process).clone(), old).await;
    assert_eq!((sender.devices(AUTHORIZED).await, idfas(&sender).await), (0, vec![]));
}

/// As `a_silent_batch_before_a_late_one_loses_nothing`, with two silent batches, of the version.
async fn a_late_version_after_two_silent_batches_counts(world: World) {
    let sender = Sender::new(&world).await;
    send_ahead(&sender, &[with_idfa(1, "14.4", None)]).await;
    world.clock.advance(DAY);
    let said = world.clock.now().0;
    for _ in 0..2 {
        world.clock.advance(HOUR);
        sender.send(&[told(1, None)]).await;
    }
    world.clock.advance(DAY);
    sender.send(&[at(told(1, Some("17.5")), said)]).await;
    world.clock.advance(HOUR);
    sender.send(&[told(1, None)]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}

/// Permitted while one clock was ahead; two processes, one right, one ahead as before, get a silent batch each; the late refusal of before
/// these comes to the right one.
async fn a_late_refusal_after_a_silent_batch_ahead_counts(world: World) {
    let sender = Sender::new(&world).await;
    send_ahead(&sender, &[allowed()]).await;
    world.clock.advance(DAY);
    let said = world.clock.now().0;
    world.clock.advance(HOUR);
    sender.send(&[at(silent(), world.clock.now().0)]).await;
    world.clock.advance(HOUR);
    send_ahead(&sender, &[at(silent(), world.clock.now().0)]).await;
    world.clock.advance(HOUR);
    sender.send(&[at(denied(), said)]).await;
    world.clock.advance(HOUR);
    sender.send(&[silent()]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), REFUSED);
}

/// Seen first by a clock that is five hours ahead, then permitted by one that is far ahead, then refused two hours later.
async fn a_refusal_of_a_phone_first_seen_ahead_counts(world: World) {
    let sender = Sender::new(&world).await;
    world.clock.advance(5 * HOUR);
    sender.send(&[silent()]).await;
    world.clock.advance(MINUTE - 5 * HOUR);
    send_ahead(&sender, &[allowed()]).await;
    world.clock.advance(2 * HOUR);
    let refused = at(denied(), world.clock.now().0);
    world.clock.advance(4 * HOUR);
    sender.send(&[refused]).await;
    world.clock.advance(HOUR);
    sender.send(&[silent()]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), REFUSED);
}

/// Ada permitted on one phone ten days ago, and refuses on another while the clock is ahead; the first one is heard of by a clock that is right.
/// What was said last decides the profile, also before the second phone is heard of again.
async fn profile_after_another_phone(world: &World, ahead: i64) {
    let sender = Sender::new(world).await;
    sender.send(&[at(ios("ada", "v1", Some("authorized")), world.clock.now().0 - 10 * DAY)]).await;
    world.clock.advance(ahead);
    sender.send(&[ios("ada", "v2", Some("denied"))]).await;
    assert_eq!(sender.profiles(DENIED).await, 1);
    world.clock.advance(MINUTE - ahead);
    sender.send(&[ios("ada", "v1", None)]).await;
    let (authorized, denied) = (sender.profiles(AUTHORIZED).await, sender.profiles(DENIED).await);
    assert_eq!((authorized, denied), (0, 1), "the refusal was said later, whichever clock was wrong");
}

async fn a_refusal_noted_ahead_decides_the_profile(world: World) {
    profile_after_another_phone(&world, 300 * DAY).await;
}

async fn and_one_noted_an_hour_ahead(world: World) {
    profile_after_another_phone(&world, HOUR).await;
}

/// No far leap: first heard of, and refused, by a clock that is an hour ahead; another phone of the same person reports to a right one; a day later a
/// process has just been restarted, with the right time, and gets a delayed permission of before the refusal.
async fn an_hour_ahead_another_phone_and_a_restart_permit_nothing(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    let old = at(allowed(), world.clock.now().0 - 5 * HOUR);
    world.clock.advance(HOUR);
    sender.send(&[denied()]).await;
    world.clock.advance(MINUTE - HOUR);
    sender.send(&[ios("ada", "w2", Some("denied"))]).await;
    world.clock.advance(DAY);
    restarted_gets(&mut sender, (*process).clone(), old).await;
    assert_eq!((sender.devices(AUTHORIZED).await, idfas(&sender).await), (0, vec![]));
}

/// 14.4 was told at 10:00, and is delayed; 17.5 at 11:00 to a right clock, and once more to one that is two hours behind; the delayed one comes to the
/// right clock, hours later.
async fn a_version_repeated_to_a_clock_behind_opens_no_gate(world: World) {
    let sender = Sender::new(&world).await;
    let old = at(with_idfa(1, "14.4", None), world.clock.now().0);
    world.clock.advance(HOUR);
    sender.send(&[at(told(1, Some("17.5")), world.clock.now().0)]).await;
    world.clock.advance(5 * MINUTE - 2 * HOUR);
    sender.send(&[told(1, Some("17.5"))]).await;
    world.clock.advance(8 * HOUR);
    sender.send(&[old]).await;
    world.clock.advance(HOUR);
    sender.send(&[told(1, None)]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}

/// Refused while the clock was two days ahead; set right. Another phone permits on day 2.5. On day 3 the first one says that it was not asked yet (it was
/// installed again), to a process that was just restarted. That was said last, and so decides.
async fn what_is_said_in_doubt_after_time_got_there_outranks_what_is_older(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    world.clock.advance(2 * DAY);
    sender.send(&[denied()]).await;
    world.clock.advance(HOUR - 2 * DAY);
    sender.send(&[silent()]).await;
    world.clock.advance(5 * DAY / 2);
    sender.send(&[ios("ada", "v2", Some("authorized"))]).await;
    world.clock.advance(DAY / 2);
    sender.store = (*process).clone();
    sender.send(&[at(ios("ada", "v1", Some("not_determined")), world.clock.now().0 - 1000)]).await;
    sender.store = world.store.clone();
    for _ in 0..2 {
        assert_eq!((sender.profiles(AUTHORIZED).await, sender.profiles(DENIED).await), (0, 0));
        world.clock.advance(HOUR);
        sender.send(&[silent()]).await;
    }
}

/// Refused while the clock was 300 days ahead; set right. The phone's own clock is six minutes ahead. It permits, and says so each day.
async fn a_phone_some_minutes_ahead_may_permit_again(world: World) {
    let sender = Sender::new(&world).await;
    let ahead = |batch| at(batch, world.clock.now().0 + 6 * MINUTE);
    send_ahead(&sender, &[denied()]).await;
    sender.send(&[ahead(silent())]).await;
    for _ in 0..30 {
        world.clock.advance(DAY);
        sender.send_unchecked(&[ahead(allowed())]).await;
    }
    assert_eq!(devices(&sender).await, (1, 0));
}

async fn version_after_the_platform(world: &World, off: i64) {
    let sender = Sender::new(world).await;
    send_ahead(&sender, &[json!({"device_info": {"platform": "iOS", "ios_idfv": "v1"}})]).await;
    for _ in 0..30 {
        world.clock.advance(DAY);
        sender.send_unchecked(&[at(with_idfa(1, "14.4", None), world.clock.now().0 + off)]).await;
    }
    let versions: Vec<(Option<String>,)> = world.rows("select os_version from devices").await;
    assert_eq!((versions, idfas(&sender).await), (vec![(Some("14.4".to_owned()),)], vec!["A1".to_owned()]));
}

/// The platform alone was noted while the clock was 300 days ahead. Afterwards the phone tells its version, each day, as its feed sends it: twenty minutes
/// late.
async fn a_phone_that_sends_late_may_tell_its_version(world: World) {
    version_after_the_platform(&world, -20 * MINUTE).await;
}

/// Or the phone's clock is six minutes ahead.
async fn a_phone_some_minutes_ahead_may_tell_its_version(world: World) {
    version_after_the_platform(&world, 6 * MINUTE).await;
}

/// 14.4 was noted by a clock that is two days ahead; it is set right, and hears of the phone on day 1. 17.5 is told on day 1.5, offline, and comes on day 2.5. A
/// status in its place counts.
async fn a_version_said_before_time_got_there_counts(world: World) {
    for (name, before, after) in [
        ("Status", ios("ada", "v1", Some("authorized")), denied()),
        ("Version", with_idfa(1, "14.4", None), told(1, Some("17.5"))),
    ] {
        let mut before = before;
        before["device_info"]["ios_advertising_id"] = "A1".into();
        let sender = Sender::into(&world, name).await;
        world.clock.advance(2 * DAY);
        sender.send(&[before]).await;
        world.clock.advance(-DAY);
        sender.send(&[told(1, None)]).await;
        world.clock.advance(DAY / 2);
        let said = at(after, world.clock.now().0);
        world.clock.advance(DAY);
        sender.send(&[said]).await;
        world.clock.advance(HOUR);
        sender.send(&[told(1, None)]).await;
        assert_eq!(idfas(&sender).await, [""; 0], "{name}");
    }
}

/// Refused while the clock was 300 days ahead; set right. Another phone permits on day 200; on day 301 the first one is heard of.
async fn a_refusal_of_a_year_ahead_is_not_new_in_a_year(world: World) {
    let sender = Sender::new(&world).await;
    send_ahead(&sender, &[denied()]).await;
    for _ in 0..2 {
        sender.send(&[silent()]).await;
        world.clock.advance(100 * DAY);
    }
    sender.send(&[ios("ada", "v2", Some("authorized"))]).await;
    assert_eq!((sender.profiles(AUTHORIZED).await, sender.profiles(DENIED).await), (1, 0), "day 200");
    world.clock.advance(101 * DAY);
    sender.send(&[silent()]).await;
    assert_eq!((sender.profiles(AUTHORIZED).await, sender.profiles(DENIED).await), (1, 0), "day 301");
}

/// The same of one phone, which is heard of each day: on day 299 it permits, offline; on day 301 it sends a silent batch, and what it
/// kept afterwards.
async fn nor_where_its_phone_permits(world: World) {
    let sender = Sender::new(&world).await;
    send_ahead(&sender, &[denied()]).await;
    for _ in 0..299 {
        world.clock.advance(DAY);
        sender.send_unchecked(&[silent()]).await;
    }
    let permitted = at(allowed(), world.clock.now().0);
    world.clock.advance(2 * DAY);
    sender.send(&[silent()]).await;
    for _ in 0..2 {
        sender.send(std::slice::from_ref(&permitted)).await;
    }
    assert_eq!(devices(&sender).await, (1, 0));
}
