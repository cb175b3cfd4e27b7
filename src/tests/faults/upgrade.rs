//! A rolling upgrade: processes go on while the schema grows, and their clients see nothing of it.

use crate::harness::{Binary, Cluster, report, send};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a migration of a later version may do to the tables that every commit touches.
const GROWN: [&str; 8] = [
    "alter table counters add column later bigint not null default 0",
    "alter table daily add column later bigint not null default 0",
    "alter table devices add column later text",
    "alter table profiles add column later text",
    "alter table transitions add column later bigint",
    "alter table audit add column later text",
    "alter table jobs add column later text",
    "create index concurrently devices_later on devices (workspace_id, later)",
];

#[tokio::test]
async fn a_schema_that_grows_under_load_is_seen_by_no_client() {
    let cluster = Cluster::start();
    let binary = Binary { url: cluster.database().await };
    let authorization = binary.set_up().await;
    let old = binary.serve().await;
    let (next, stop, answers) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)), Arc::default());
    let addresses = Arc::new(Mutex::new(vec![old.address.clone()]));
    let load = |of: u64| {
        let (next, stop, answers): (_, _, Arc<Mutex<BTreeMap<u16, u64>>>) =
            (next.clone(), stop.clone(), Arc::clone(&answers));
        let (authorization, addresses) = (authorization.clone(), addresses.clone());
        tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let number = next.fetch_add(1, Ordering::SeqCst);
                let address = {
                    let addresses = addresses.lock().expect("no panic");
                    addresses[(number + of) as usize % addresses.len()].clone()
                };
                let sent = send(&address, &authorization, &report(number, number / 2, number, "denied")).await;
                *answers.lock().expect("no panic").entry(sent.expect("an answer")).or_default() += 1;
            }
        })
    };
    let senders: Vec<_> = (0..8).map(load).collect();
    let until = async |n: u64| {
        let enough = async {
            while next.load(Ordering::SeqCst) < n {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), enough).await.expect("requests go on");
    };
    until(300).await;
    let mut new = None;
    let pool = sqlx::PgPool::connect(&binary.url).await.expect("the database answers");
    for (n, grown) in GROWN.into_iter().enumerate() {
        sqlx::query(grown).execute(&pool).await.expect("grown");
        until(next.load(Ordering::SeqCst) + 20).await;
        if n == GROWN.len() / 2 {
            // A process that was started in between knows only what is there by then.
            let process = binary.serve().await;
            addresses.lock().expect("no panic").push(process.address.clone());
            new = Some(process);
        }
    }
    until(next.load(Ordering::SeqCst) + 300).await;
    stop.store(true, Ordering::SeqCst);
    for sender in senders {
        sender.await.expect("no panic");
    }
    let answers = answers.lock().expect("no panic").clone();
    assert_eq!(answers.keys().collect::<Vec<_>>(), [&202], "{answers:?}");
    binary.assert_holds().await;
    drop((old, new));
}
