//! A process whose clock is behind made ids below those of earlier transitions, so that a device's last transition by id
//! was not the one that its register came from.

use crate::contract::sender::{DENIED, Sender, ios};
use crate::harness::{Backend, World, clock, open};
use attest::domain::time::HOUR;
use attest::server::clock::Ids;
use attest::server::store::Store;
use serde_json::json;

#[tokio::test]
async fn a_process_with_an_earlier_clock_continues_the_order() {
    let world = World::new(Backend::Postgres).await;
    let sender = Sender::new(&world).await;
    let at = |status: &str, after: i64| {
        let mut batch = ios("ada", "v1", Some(status));
        batch["timestamp_unixtime_ms"] = json!(world.store.clock().now().0 - 2 * HOUR + after);
        batch
    };
    let (first, second) = (at("authorized", 0), at("denied", 1));
    sender.send(&[first]).await;
    let behind = clock();
    behind.advance(-HOUR);
    let other = open(&world.url, Ids::new(behind)).await;
    let sender = Sender { store: Store::clone(&other), ..sender };
    sender.send(&[second]).await;
    assert_eq!(sender.devices(DENIED).await, 1, "it is newer by its own time, and a second transition");
}
