//! What was noted while a clock was ahead, or by one that may be wrong: no order of reports and no grouping makes more of it
//! than it is.

use super::erasing::{change, idfas, with_idfa};
use super::sender::{AUTHORIZED, DENIED, Sender, ios};
use crate::harness::{World, on_both, unsteady};
use attest::domain::att::Policy;
use attest::domain::time::{DAY, HOUR, MINUTE, Millis};
use attest::server::clock::Clock;
use serde_json::{Value, json};

on_both! {
    a_silent_batch_before_a_late_one_loses_nothing
    old_news_never_outrank_what_was_noted_ahead
    people_who_share_phones_in_a_long_chain_hold
    a_clock_that_may_be_wrong_lets_no_older_report_outrank_a_newer
    what_it_takes_is_newer_than_older_news_afterwards
    what_it_is_told_of_a_device_is_not_lost
    a_device_without_a_status_outranks_nobody
    a_device_that_was_heard_of_while_ahead_is_not_silent
    repeats_of_what_was_said_before_are_no_news
    repeats_are_no_news_after_a_long_time_ahead
    a_clock_that_may_be_behind_permits_nothing
    random_stories_hold
}

/// How far the clock is ahead.
const AHEAD: i64 = 300 * DAY;

pub(super) fn at(mut batch: Value, t: i64) -> Value {
    batch["timestamp_unixtime_ms"] = t.into();
    batch
}

/// How many devices are authorized, and how many denied.
pub(super) async fn devices(sender: &Sender<'_>) -> (i64, i64) {
    (sender.devices(AUTHORIZED).await, sender.devices(DENIED).await)
}

/// The clock was ahead while this was sent, and is right again.
pub(super) async fn send_ahead(sender: &Sender<'_>, batches: &[Value]) {
    sender.world.clock.advance(AHEAD);
    sender.send(batches).await;
    sender.world.clock.advance(MINUTE - AHEAD);
}

pub(super) fn told(n: i64, os_version: Option<&str>) -> Value {
    json!({"device_info": {"platform": "iOS", "os_version": os_version, "ios_idfv": format!("v{n}")}})
}

async fn a_silent_batch_before_a_late_one_loses_nothing(world: World) {
    let sender = Sender::new(&world).await;
    send_ahead(&sender, &[ios("ada", "v1", Some("authorized")), ios("bob", "v2", Some("authorized"))]).await;
    let late = world.clock.now().0 - 5000;
    sender.send(&[ios("ada", "v1", None)]).await;
    sender.send(&[at(ios("ada", "v1", Some("denied")), late)]).await;
    sender.send(&[at(ios("bob", "v2", Some("denied")), late)]).await;
    sender.send(&[ios("bob", "v2", None)]).await;
    assert_eq!(devices(&sender).await, (0, 2));
    // What describes a device likewise: a version closes the gate.
    send_ahead(&sender, &[with_idfa(3, "14.4", None), with_idfa(4, "14.4", None)]).await;
    let late = world.clock.now().0 - 5000;
    sender.send(&[at(told(3, Some("17.5")), late)]).await;
    sender.send(&[told(3, None)]).await;
    sender.send(&[told(4, None)]).await;
    sender.send(&[at(told(4, Some("17.5")), late)]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}

async fn old_news_never_outrank_what_was_noted_ahead(world: World) {
    let sender = Sender::new(&world).await;
    let began = world.clock.now().0;
    let mut with_id = ios("ada", "v1", Some("authorized"));
    with_id["device_info"]["ios_advertising_id"] = "A1".into();
    sender.send(&[at(ios("bob", "v2", Some("authorized")), began - 20 * DAY)]).await;
    sender.send(&[at(ios("bob", "v2", Some("denied")), began - 10 * DAY)]).await;
    send_ahead(&sender, &[with_id, ios("bob", "v2", Some("denied")), ios("cleo", "v3", Some("denied"))]).await;
    sender.send_historical(&[at(ios("ada", "v1", Some("denied")), began - 900 * DAY)]).await;
    sender.send_historical(&[at(ios("bob", "v2", Some("authorized")), began - 200 * DAY)]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), ((1, 2), vec!["A1".to_owned()]));
    // Somebody else's sake makes no difference.
    sender.send(&[ios("ada", "w1", None), ios("bob", "w2", None), ios("cleo", "w3", None)]).await;
    sender.send_historical(&[at(ios("ada", "v1", Some("denied")), began - 900 * DAY)]).await;
    sender.send_historical(&[at(ios("cleo", "v3", Some("authorized")), began - 5 * DAY)]).await;
    // A repeat of what bob said before he denied.
    sender.send(&[at(ios("bob", "v2", Some("authorized")), began - 20 * DAY)]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), ((1, 2), vec!["A1".to_owned()]));
}

/// Each person uses two phones, and each phone has two people: one that falls makes the next one fall.
async fn people_who_share_phones_in_a_long_chain_hold(world: World) {
    let sender = Sender::new(&world).await;
    for long in [7, 8, 9, 14] {
        world.clock.advance(AHEAD);
        for n in 0..long {
            let person = format!("p{long}-{n}");
            for phone in [n, n + 1] {
                sender.send_unchecked(&[ios(&person, &format!("v{long}-{phone}"), None)]).await;
            }
        }
        for n in (0..=long).rev() {
            world.clock.advance(1000);
            let status = if n % 2 == 0 { "denied" } else { "authorized" };
            sender
                .send_unchecked(&[json!({"device_info": {"platform": "iOS", "os_version": "17.5",
                "ios_idfv": format!("v{long}-{n}"), "att_authorization_status": status}})])
                .await;
        }
        world.clock.advance(-AHEAD);
        sender.send(&[ios(&format!("p{long}-0"), &format!("new{long}"), Some("denied"))]).await;
        sender.send(&[ios(&format!("p{long}-{}", long - 1), &format!("v{long}-{long}"), None)]).await;
    }
}

async fn a_clock_that_may_be_wrong_lets_no_older_report_outrank_a_newer(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    let began = world.clock.now().0;
    let mut allowed = at(ios("dora", "v4", Some("authorized")), began - 20 * DAY);
    allowed["device_info"]["ios_advertising_id"] = "A1".into();
    sender.send(&[allowed.clone(), at(ios("carl", "v3", Some("denied")), began - HOUR)]).await;
    send_ahead(&sender, &[ios("ada", "v1", Some("not_determined")), ios("bob", "v2", Some("not_determined"))]).await;
    sender.store = (*process).clone();
    let now = world.clock.now().0;
    let (earlier, later) = (at(json!({}), now - HOUR), at(json!({}), now - 1000));
    let said = |time: &Value, batch: Value| at(batch, time["timestamp_unixtime_ms"].as_i64().expect("a time"));
    sender.send(&[said(&earlier, ios("ada", "v1", Some("authorized")))]).await;
    sender.send(&[said(&later, ios("ada", "v1", Some("denied")))]).await;
    sender.send(&[said(&earlier, ios("ada", "v1", Some("authorized")))]).await;
    sender.send(&[said(&later, ios("bob", "v2", Some("denied")))]).await;
    sender.send(&[said(&earlier, ios("bob", "v2", Some("authorized")))]).await;
    assert_eq!(devices(&sender).await, (1, 3));
    // Two days behind, until it is told the time.
    sender.store = world.store.clone();
    world.clock.advance(2 * DAY);
    sender.send(&[ios("dora", "v4", Some("denied"))]).await;
    world.clock.advance(-2 * DAY);
    sender.store = (*process).clone();
    sender.send(&[allowed, at(ios("carl", "v3", Some("authorized")), began - 7 * DAY)]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), ((0, 4), vec![]));
}

async fn what_it_takes_is_newer_than_older_news_afterwards(world: World) {
    let mut sender = Sender::new(&world).await;
    sender.send(&[at(ios("ada", "v2", Some("authorized")), world.clock.now().0 - 200 * DAY)]).await;
    send_ahead(&sender, &[ios("ada", "v1", Some("authorized"))]).await;
    let process = unsteady(&world, false).await;
    sender.store = (*process).clone();
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    sender.store = world.store.clone();
    world.clock.advance(HOUR);
    sender.send(&[ios("ada", "v2", None)]).await;
    assert_eq!((sender.profiles(AUTHORIZED).await, sender.profiles(DENIED).await), (0, 1));
    sender.send(&[at(ios("ada", "v1", Some("authorized")), world.clock.now().0 - 30 * DAY)]).await;
    assert_eq!(devices(&sender).await, (1, 1), "what waited on the phone for a month");
}

async fn what_it_is_told_of_a_device_is_not_lost(world: World) {
    let mut sender = Sender::new(&world).await;
    send_ahead(&sender, &[with_idfa(1, "14.4", None)]).await;
    let process = unsteady(&world, false).await;
    sender.store = (*process).clone();
    sender.send(&[told(1, Some("17.5"))]).await;
    // An older one is older still.
    let mut older = at(with_idfa(1, "14.4", None), world.clock.now().0 - 200 * DAY);
    older["device_info"]["platform"] = "Android".into();
    sender.send(&[older]).await;
    sender.store = world.store.clone();
    world.clock.advance(DAY);
    sender.send(&[told(1, None)]).await;
    let versions: Vec<(Option<String>,)> = world.rows("select os_version from devices").await;
    assert_eq!((idfas(&sender).await, versions), (vec![], vec![(Some("17.5".to_owned()),)]));
}

async fn a_device_without_a_status_outranks_nobody(world: World) {
    let sender = Sender::new(&world).await;
    send_ahead(&sender, &[ios("ada", "v1", None)]).await;
    sender.send(&[at(ios("ada", "v2", None), world.clock.now().0 - 5000)]).await;
    const DECIDING: &str = "select i.value from uses u join device_identifiers i on i.device_id = u.device_id \
        where i.kind = 'ios_idfv' and u.decides > 0";
    assert_eq!(world.rows::<(String,)>(DECIDING).await, [("v2".to_owned(),)]);
}

async fn a_device_that_was_heard_of_while_ahead_is_not_silent(world: World) {
    let mut sender = Sender::new(&world).await;
    let known = |idfv: Option<&str>, mp: Option<&str>| json!({"mp_deviceid": mp, "device_info": {"platform": "iOS", "ios_idfv": idfv}});
    let retired = async |workspace| world.retire(workspace, world.store.clock().now().minus(30 * DAY)).await;
    sender.send(&[known(Some("v2"), None), known(Some("v3"), None), known(None, Some("m3"))]).await;
    send_ahead(&sender, &[known(None, Some("m2"))]).await;
    // Its only id is another device's now.
    sender.send(&[known(Some("v2"), Some("m2"))]).await;
    assert_eq!(retired(sender.workspace).await, 0, "heard of a minute ago");
    // By a clock that is behind, and may be wrong.
    world.clock.advance(-60 * DAY);
    let process = unsteady(&world, false).await;
    sender.store = (*process).clone();
    sender.send(&[known(None, Some("m3"))]).await;
    sender.store = world.store.clone();
    world.clock.advance(60 * DAY + MINUTE);
    sender.send(&[known(Some("v3"), Some("m3"))]).await;
    assert_eq!(retired(sender.workspace).await, 0, "heard of a few minutes ago");
    world.run_jobs().await;
    world.clock.advance(31 * DAY);
    assert_eq!(retired(sender.workspace).await, 2, "and silent for a month then");
    world.assert_holds().await;
}

/// Random clocks, processes, groups, old news and retirements: whatever happens, all that is counted agrees.
async fn random_stories_hold(world: World) {
    let mut sender = Sender::new(&world).await;
    let (process, began) = (unsteady(&world, false).await, world.clock.now().0);
    let (mut seed, mut passed) = (188_313_821_u64, 0);
    let mut pick = |n: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) % n
    };
    for round in 0..120 {
        passed += pick(3_600_000) as i64;
        let off = match pick(6) {
            0 => AHEAD + pick(1000) as i64 * HOUR,
            1 => -3 * DAY,
            2 => 2 * DAY,
            _ => 0,
        };
        let now = began + passed + off;
        world.clock.set(Millis(now));
        sender.store = if pick(3) == 0 { (*process).clone() } else { world.store.clone() };
        let batches: Vec<Value> = (0..=pick(4))
            .map(|_| {
                let status = [None, Some("authorized"), Some("denied"), Some("restricted")][pick(4) as usize];
                let mut batch =
                    ios(&format!("p{}-{}", round / 40, pick(5)), &format!("v{}-{}", round / 40, pick(6)), status);
                if pick(4) == 0 {
                    batch["device_info"]["ios_idfv"].take();
                }
                if pick(4) == 0 {
                    batch["user_identities"].take();
                }
                if pick(4) == 0 {
                    batch["device_info"]["platform"] = ["tvOS", "Android"][pick(2) as usize].into();
                }
                if pick(3) == 0 {
                    batch["device_info"]["ios_advertising_id"] = format!("A{}-{}", round / 40, pick(4)).into();
                }
                if pick(3) == 0 { at(batch, now - pick(10 * DAY as u64) as i64) } else { batch }
            })
            .collect();
        if pick(8) == 0 {
            sender.send_historical(&batches).await
        } else {
            sender.send_unchecked(&batches).await
        }
        if pick(10) == 0 {
            world.retire(sender.workspace, world.clock.now().minus(DAY * pick(3) as i64)).await;
        }
        let checked = world.store.check().await.expect("checked");
        assert!(checked[0].is_ok(), "round {round}: {checked:?} after {batches:?}");
    }
    world.assert_holds().await;
}

/// What a device had said before the clock was ahead is no news afterwards, however often it is repeated.
async fn repeats_of_what_was_said_before_are_no_news(world: World) {
    let sender = Sender::new(&world).await;
    let began = world.clock.now().0;
    let mut allowed = at(ios("ada", "v1", Some("authorized")), began - 8 * DAY);
    allowed["device_info"]["ios_advertising_id"] = "A1".into();
    let mut old = at(with_idfa(2, "14.4", None), began - 8 * DAY);
    old["device_info"]["att_timestamp_unixtime_ms"] = (began - 900 * DAY).into();
    let upgraded = at(told(2, Some("17.5")), began - 6 * DAY);
    let mut answered = ios("cleo", "v3", Some("denied"));
    answered["device_info"]["att_timestamp_unixtime_ms"] = (began - 900 * DAY).into();
    let refused = [at(ios("ada", "v1", Some("denied")), began - 9 * DAY), at(answered.clone(), began - 9 * DAY)];
    sender.send(&refused).await;
    sender.send(&[allowed.clone(), old.clone(), at(ios("cleo", "v3", Some("authorized")), began - 8 * DAY)]).await;
    sender.send(&[at(ios("ada", "v1", Some("denied")), began - 7 * DAY), upgraded]).await;
    sender.send(&[at(ios("ada", "v1", Some("denied")), began - 5 * DAY), at(answered.clone(), began - 5 * DAY)]).await;
    send_ahead(&sender, &[ios("ada", "v1", Some("denied")), told(2, Some("17.5")), answered]).await;
    let repeat = [allowed, old, at(ios("cleo", "v3", Some("authorized")), began - 8 * DAY)];
    for _ in 0..2 {
        sender.send_historical(&repeat).await;
        sender.send(&[ios("ada", "v1", None), told(2, None), ios("cleo", "v3", None)]).await;
        sender.send(&repeat).await;
        assert_eq!((devices(&sender).await, idfas(&sender).await), ((0, 2), vec![]));
    }
    // What they say from then on is.
    world.clock.advance(2 * HOUR);
    sender.send(&[at(ios("ada", "v1", Some("authorized")), world.clock.now().0 - HOUR)]).await;
    assert_eq!(devices(&sender).await, (1, 1));
}

/// A clock that was ahead for days, in which nobody was heard of for longer than one.
async fn repeats_are_no_news_after_a_long_time_ahead(world: World) {
    let sender = Sender::new(&world).await;
    let began = world.clock.now().0;
    let allowed = at(ios("ada", "v1", Some("authorized")), began - 8 * DAY);
    sender.send(std::slice::from_ref(&allowed)).await;
    sender.send(&[at(ios("ada", "v1", Some("denied")), began - 7 * DAY)]).await;
    for _ in 0..2 {
        send_ahead(&sender, &[ios("ada", "v1", Some("denied"))]).await;
        world.clock.advance(2 * DAY);
    }
    sender.send(&[ios("ada", "v1", None)]).await;
    sender.send(&[allowed]).await;
    assert_eq!(devices(&sender).await, (0, 1));
}

/// By a clock that may be wrong, what has a time of its own permits nothing that was refused for later.
async fn a_clock_that_may_be_behind_permits_nothing(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    let mut allowed = at(ios("ada", "v1", Some("authorized")), world.clock.now().0 - 5 * DAY);
    allowed["device_info"]["ios_advertising_id"] = "A1".into();
    let mut answered = ios("ada", "v1", Some("denied"));
    answered["device_info"]["att_timestamp_unixtime_ms"] = (world.clock.now().0 - 900 * DAY).into();
    sender.send(&[answered]).await;
    world.clock.advance(-5 * DAY);
    sender.store = (*process).clone();
    sender.send(&[allowed]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), ((0, 1), vec![]));
    // What has none is said now.
    sender.send(&[ios("ada", "v1", Some("authorized"))]).await;
    assert_eq!(devices(&sender).await, (1, 0));
}
