//! A clock that was ahead or behind, though it went steadily, and was set right: what was refused stays refused, whatever is
//! repeated, and in whatever groups.

use super::ahead::{at, devices, send_ahead, told};
use super::doubt::allowed;
use super::erasing::idfas;
use super::sender::{AUTHORIZED, Sender, ios, sent};
use crate::harness::{World, on_both, unsteady};
use attest::domain::time::{DAY, HOUR, MINUTE, Millis};
use attest::server::clock::Clock;
use attest::server::store::{Parcel, SentBatches};
use serde_json::{Value, json};
use std::sync::Arc;

on_both! {
    a_refusal_that_was_noted_ahead_outlasts_what_was_delayed
    old_news_permit_nothing_in_any_group
    a_clock_that_was_behind_in_doubt_permits_nothing_afterwards
    a_clock_that_was_behind_without_a_word_permits_nothing_afterwards
    a_clock_that_was_ahead_twice_permits_nothing_afterwards
    hours_between_two_clocks_delay_no_refusal
    another_phone_makes_no_difference
    an_older_app_version_is_no_news
    any_group_of_requests_gives_the_same_by_clocks_that_leap
}

/// Of one device: not authorized, but denied.
const DENIED: (i64, i64) = (0, 1);
pub(super) const REFUSED: ((i64, i64), Vec<String>) = (DENIED, Vec::new());

pub(super) fn silent() -> Value {
    ios("ada", "v1", None)
}

pub(super) fn denied() -> Value {
    ios("ada", "v1", Some("denied"))
}

async fn known(sender: &Sender<'_>) -> ((i64, i64), Vec<String>) {
    (devices(sender).await, idfas(sender).await)
}

async fn a_refusal_that_was_noted_ahead_outlasts_what_was_delayed(world: World) {
    for (name, delay) in [("Days", 5 * DAY), ("Minutes", 5 * MINUTE)] {
        let sender = Sender::into(&world, name).await;
        let now = world.clock.now().0;
        sender.send(&[at(silent(), now - 20 * DAY)]).await;
        send_ahead(&sender, &[denied()]).await;
        sender.send(&[at(allowed(), now - delay)]).await;
        assert_eq!(devices(&sender).await, DENIED, "{name}");
        // What is said from now on counts.
        world.clock.advance(HOUR);
        sender.send(&[at(allowed(), world.clock.now().0 - MINUTE)]).await;
        assert_eq!(devices(&sender).await, (1, 0), "{name}");
    }
}

async fn old_news_permit_nothing_in_any_group(world: World) {
    for (name, groups) in [("Together", &[2][..]), ("Apart", &[1, 1])] {
        let sender = Sender::into(&world, name).await;
        let now = world.clock.now().0;
        sender.send(&[at(allowed(), now - 20 * DAY)]).await;
        send_ahead(&sender, &[denied()]).await;
        for _ in 0..2 {
            let old_news = |batch| sender.parcel(SentBatches { historical: true, ..sent(&[batch]) });
            let mut parcels = vec![old_news(at(silent(), now - 6 * DAY)), old_news(at(allowed(), now - 5 * DAY))];
            for n in groups {
                let group = parcels.drain(..n).collect();
                sender.store.accept(None, Arc::new(group)).await.expect("accepted");
                assert_eq!(devices(&sender).await, DENIED, "{name}");
            }
        }
    }
}

async fn a_clock_that_was_behind_in_doubt_permits_nothing_afterwards(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    let now = world.clock.now().0;
    let old = at(allowed(), now - 3 * DAY);
    sender.send(&[at(silent(), now - 20 * DAY)]).await;
    sender.send(std::slice::from_ref(&old)).await;
    sender.send(&[at(denied(), now - DAY / 2)]).await;
    send_ahead(&sender, &[silent(), denied()]).await;
    world.clock.advance(-5 * DAY);
    sender.store = (*process).clone();
    sender.send(&[denied()]).await;
    sender.store = world.store.clone();
    world.clock.advance(5 * DAY + HOUR);
    sender.send(&[old]).await;
    assert_eq!(known(&sender).await, REFUSED);
}

async fn a_clock_that_was_behind_without_a_word_permits_nothing_afterwards(world: World) {
    let sender = Sender::new(&world).await;
    let now = world.clock.now().0;
    let old = at(allowed(), now - 7 * DAY / 2);
    sender.send(&[at(allowed(), now - 12 * DAY)]).await;
    sender.send(std::slice::from_ref(&old)).await;
    sender.send(&[at(denied(), now - DAY)]).await;
    world.clock.advance(-5 * DAY);
    sender.send(&[silent()]).await;
    world.clock.advance(5 * DAY + HOUR);
    sender.send(&[old]).await;
    assert_eq!(known(&sender).await, REFUSED);
}

async fn a_clock_that_was_ahead_twice_permits_nothing_afterwards(world: World) {
    let sender = Sender::new(&world).await;
    let now = world.clock.now().0;
    let old = at(allowed(), now - 20 * HOUR);
    sender.send(&[at(silent(), now - 20 * DAY)]).await;
    sender.send(std::slice::from_ref(&old)).await;
    sender.send(&[at(denied(), now - HOUR)]).await;
    for further in [0, 300 * DAY] {
        world.clock.advance(further);
        send_ahead(&sender, &[denied()]).await;
        world.clock.advance(-further);
    }
    sender.send(&[old]).await;
    assert_eq!(known(&sender).await, REFUSED);
}

/// As by a clock of another time zone.
async fn hours_between_two_clocks_delay_no_refusal(world: World) {
    let process = unsteady(&world, false).await;
    for (name, off, in_doubt, delay) in [
        ("Ahead", 20 * HOUR, false, 0),
        ("AheadInDoubt", 20 * HOUR, true, 0),
        ("AheadAndDelayed", 2 * HOUR, false, MINUTE),
        ("Behind", -2 * HOUR, false, 0),
        ("BehindInDoubt", -2 * HOUR, true, 0),
    ] {
        let mut sender = Sender::into(&world, name).await;
        world.clock.advance(off.max(0));
        sender.send(&[allowed()]).await;
        world.clock.advance(-off.abs() + 10 * MINUTE);
        if in_doubt {
            sender.store = (*process).clone();
        }
        let refused = if delay > 0 { at(denied(), world.clock.now().0 - delay) } else { denied() };
        sender.send(&[refused]).await;
        assert_eq!(devices(&sender).await, DENIED, "{name}");
        sender.store = world.store.clone();
        world.clock.advance((-off).max(0) + 3 * DAY);
        sender.send(&[silent()]).await;
        assert_eq!(devices(&sender).await, DENIED, "{name}");
    }
}

async fn another_phone_makes_no_difference(world: World) {
    for (name, has_another) in [("One", false), ("Two", true)] {
        let sender = Sender::into(&world, name).await;
        send_ahead(&sender, &[denied()]).await;
        if has_another {
            sender.send(&[ios("ada", "w2", Some("denied"))]).await;
        }
        world.clock.advance(10 * DAY);
        sender.send(&[at(allowed(), world.clock.now().0 - 5 * DAY)]).await;
        assert_eq!(sender.devices(AUTHORIZED).await, 0, "{name}");
    }
}

async fn an_older_app_version_is_no_news(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    let version = |version: &str| {
        let mut batch = told(1, None);
        batch["application_info"] = json!({"application_version": version});
        batch
    };
    let now = world.clock.now().0;
    sender.send(&[at(version("1.0"), now - 20 * DAY)]).await;
    send_ahead(&sender, &[version("1.0")]).await;
    sender.store = (*process).clone();
    sender.send(&[version("2.0")]).await;
    sender.store = world.store.clone();
    for days_ahead in [2, 4] {
        world.clock.advance(days_ahead * DAY);
        send_ahead(&sender, &[version("2.0")]).await;
    }
    sender.send(&[at(version("1.0"), now - 10 * DAY)]).await;
    let versions: Vec<(String,)> = world.rows("select app_version from devices").await;
    assert_eq!(versions, [("2.0".to_owned(),)]);
}

/// What is known of all devices, in the order of their names.
async fn described(world: &World, sender: &Sender<'_>) -> Vec<String> {
    const SQL: &str = "select d.workspace_id, n.value || ' ' || coalesce(d.status, 9) || ' ' || d.platform || ' ' \
        || coalesce(d.os_version, '-') || ' ' || coalesce(d.app_version, '-') from devices d join device_identifiers n \
        on n.workspace_id = d.workspace_id and n.device_id = d.id where n.kind = 'ios_idfv' order by n.value";
    let all: Vec<(i64, String)> = world.rows(SQL).await;
    all.into_iter().filter(|(workspace, _)| *workspace == sender.workspace.0).map(|(_, row)| row).collect()
}

async fn any_group_of_requests_gives_the_same_by_clocks_that_leap(world: World) {
    let process = unsteady(&world, false).await;
    let began = world.clock.now().0;
    let mut seed = 88_172_645_463_325_252_u64;
    let mut pick = move |n: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) % n
    };
    for round in 0..30 {
        let (alone, together) =
            (Sender::into(&world, &format!("A{round}")).await, Sender::into(&world, &format!("B{round}")).await);
        let (mut passed, mut story) = (0, Vec::new());
        for _ in 0..14 {
            passed += pick(3 * DAY as u64) as i64;
            let now = began + passed + [300 * DAY, -3 * DAY, 2 * DAY, 0, 0, 0][pick(6) as usize];
            let store = if pick(3) == 0 { (*process).clone() } else { world.store.clone() };
            let (mut apart, mut group) = (Vec::new(), Vec::new());
            for n in 0..=pick(4) {
                let received = Millis(now + n as i64 * 20);
                let status = [None, Some("authorized"), Some("denied"), Some("restricted")][pick(4) as usize];
                let mut batch = ios(&format!("p{}", pick(2)), &format!("v{}", pick(3)), status);
                let versions = ([None, Some("14.4"), Some("17.5")], [None, Some("1.0"), Some("2.0")]);
                batch["device_info"]["os_version"] = versions.0[pick(3) as usize].into();
                batch["application_info"] = json!({"application_version": versions.1[pick(3) as usize]});
                if pick(3) > 0 {
                    batch = at(batch, now - pick(10 * DAY as u64) as i64);
                }
                let historical = pick(4) == 0;
                let of = |sender: &Sender<'_>| Parcel {
                    received,
                    ..sender.parcel(SentBatches { historical, ..sent(std::slice::from_ref(&batch)) })
                };
                apart.push(of(&alone));
                group.push(of(&together));
                story.push((received, historical, batch));
            }
            for parcel in apart {
                world.clock.set(parcel.received);
                store.accept(None, Arc::new(vec![parcel])).await.expect("accepted");
            }
            store.accept(None, Arc::new(group)).await.expect("accepted");
            assert_eq!(described(&world, &together).await, described(&world, &alone).await, "{story:#?}");
        }
    }
    world.clock.set(Millis(began));
    world.assert_holds().await;
}
