//! Several processes on one database: what one makes is never another's.

use super::sender::{Sender, ios};
use crate::harness::{World, on_both, open};
use attest::server::clock::{Ids, Randomness};
use attest::server::store::Store;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

on_both! {
    equal_ids_merge_nobody
}

/// The same numbers for whoever begins with the same one.
#[derive(Debug)]
struct Seeded(AtomicU64);

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            // The constants of a 64-bit linear congruential generator, by Knuth.
            let next = |n: u64| n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let was = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| Some(next(n)));
            *byte = (was.unwrap_or_default() >> 56) as u8;
        }
    }
}

/// Two processes whose clock and randomness are the same make the same ids for different devices and users.
async fn equal_ids_merge_nobody(world: World) {
    let sender = Sender::new(&world).await;
    // The app is made by the first batch of all, so that both find it.
    sender.send(&[ios("first", "v0", None)]).await;
    for (n, (one, other)) in [("ada", "bob"), ("cleo", "dan")].into_iter().enumerate() {
        for (user, mpid) in [(one, 10 + n), (other, 20 + n)] {
            let twin = Ids::with_randomness(world.clock.clone(), Arc::new(Seeded(AtomicU64::new(n as u64)))).of_slot(0);
            let process = open(&world.url, twin).await;
            let sender = Sender { store: Store::clone(&process), ..sender };
            let mut batch = ios(user, &format!("v-{user}"), None);
            batch["mpid"] = json!(mpid);
            sender.send(&[batch]).await;
            process.close().await;
        }
    }
    let (devices, profiles, alone): (i64, i64, i64) = world
        .rows(
            "select (select count(*) from devices), (select count(*) from profiles), \
             (select count(*) from (select profile_id from identities group by profile_id having count(*) = 1) as alone)",
        )
        .await[0];
    assert_eq!((devices, profiles, alone), (5, 5, 5), "nobody has two names, and no phone two owners");
    world.assert_holds().await;
}
