//! What is said while a clock may be wrong, in the order in which it was said: what is older outranks nothing by that clock, and
//! what is newer and refuses is not lost.

use super::ahead::{at, devices, send_ahead, told};
use super::doubt::allowed;
use super::erasing::{change, idfas, with_idfa};
use super::sender::{Sender, ios};
use crate::harness::{World, on_both, unsteady};
use attest::domain::att::{Policy, Status};
use attest::domain::time::{DAY, HOUR};
use attest::server::clock::Clock;
use serde_json::{Value, json};

on_both! {
    an_older_permission_in_the_future_of_a_clock_permits_nothing
    an_older_version_in_the_future_of_a_clock_permits_nothing
    a_refusal_of_two_days_ago_counts_in_doubt
    a_version_of_two_days_ago_counts_in_doubt
    an_older_platform_permits_nothing_by_the_default
    of_two_versions_the_one_that_was_said_later_stays
}

fn denied() -> Value {
    ios("ada", "v1", Some("denied"))
}

const DENIED: (i64, i64) = (0, 1);

/// Five days behind: what the phone said three days ago is in the future of that clock.
async fn an_older_permission_in_the_future_of_a_clock_permits_nothing(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    let now = world.clock.now().0;
    let old = at(allowed(), now - 3 * DAY);
    sender.send(std::slice::from_ref(&old)).await;
    sender.send(&[at(denied(), now - DAY)]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), (DENIED, vec![]));
    world.clock.advance(-5 * DAY);
    sender.store = (*process).clone();
    sender.send(&[old]).await;
    sender.store = world.store.clone();
    world.clock.advance(5 * DAY + HOUR);
    sender.send(&[ios("ada", "v1", None)]).await;
    assert_eq!((devices(&sender).await, idfas(&sender).await), (DENIED, vec![]));
    world.assert_holds().await;
}

async fn an_older_version_in_the_future_of_a_clock_permits_nothing(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    let now = world.clock.now().0;
    let old = at(with_idfa(1, "14.4", None), now - 3 * DAY);
    sender.send(std::slice::from_ref(&old)).await;
    sender.send(&[at(told(1, Some("17.5")), now - DAY)]).await;
    world.clock.advance(-5 * DAY);
    sender.store = (*process).clone();
    sender.send(&[old]).await;
    sender.store = world.store.clone();
    world.clock.advance(5 * DAY + HOUR);
    sender.send(&[told(1, None)]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
    world.assert_holds().await;
}

/// Permitted by a clock far ahead; refused later, by a phone that could not send it for two days, to this process.
async fn refused_two_days_ago(world: &World, permitted: [Value; 2], refused: Value) -> Vec<String> {
    let mut sender = Sender::new(world).await;
    let process = unsteady(world, false).await;
    let [first, ahead] = permitted;
    sender.send(&[at(first, world.clock.now().0 - 20 * DAY)]).await;
    send_ahead(&sender, &[ahead]).await;
    world.clock.advance(5 * DAY);
    sender.store = (*process).clone();
    sender.send(&[at(refused, world.clock.now().0 - 2 * DAY)]).await;
    sender.store = world.store.clone();
    world.clock.advance(HOUR);
    sender.send(&[ios("ada", "v1", None)]).await;
    world.assert_holds().await;
    idfas(&sender).await
}

async fn a_refusal_of_two_days_ago_counts_in_doubt(world: World) {
    assert_eq!(refused_two_days_ago(&world, [allowed(), allowed()], denied()).await, [""; 0]);
}

async fn a_version_of_two_days_ago_counts_in_doubt(world: World) {
    let permitted = [with_idfa(1, "14.4", None), with_idfa(1, "14.4", None)];
    assert_eq!(refused_two_days_ago(&world, permitted, told(1, Some("17.5"))).await, [""; 0]);
}

async fn an_older_platform_permits_nothing_by_the_default(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    change(&sender, Some(Some(Status::Authorized)), Some(Policy::Withhold)).await;
    let old = at(with_idfa(1, "17.5", None), world.clock.now().0 - 5 * DAY);
    sender.send(std::slice::from_ref(&old)).await;
    let mut android = told(1, None);
    android["device_info"]["platform"] = "Android".into();
    sender.send(&[android]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
    world.clock.advance(-5 * DAY);
    sender.store = (*process).clone();
    sender.send(&[old]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
    world.assert_holds().await;
}

async fn of_two_versions_the_one_that_was_said_later_stays(world: World) {
    let mut sender = Sender::new(&world).await;
    let process = unsteady(&world, false).await;
    let of = |os: &str, app: &str| {
        let mut batch = told(1, Some(os));
        batch["application_info"] = json!({"application_version": app});
        batch
    };
    send_ahead(&sender, &[of("17.5", "1.0")]).await;
    sender.store = (*process).clone();
    let now = world.clock.now().0;
    sender.send(&[at(of("18.1", "3.0"), now - 1000)]).await;
    sender.send(&[at(of("18.0", "2.0"), now - HOUR)]).await;
    let versions = "select os_version, app_version from devices";
    let versions: Vec<(String, String)> = world.rows(versions).await;
    assert_eq!(versions, [("18.1".to_owned(), "3.0".to_owned())]);
    world.assert_holds().await;
}
