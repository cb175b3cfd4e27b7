//! Several processes on one Postgres, whose requests meet in the same devices and users; one of them dies.

use crate::harness::{Binary, Cluster, report, send};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PROCESSES: usize = 3;
const REQUESTS: u64 = 900;
const STATUSES: [&str; 3] = ["authorized", "denied", "restricted"];

#[tokio::test]
async fn three_processes_share_one_workspace_and_one_dies() {
    let cluster = Cluster::start();
    let binary = Binary { url: cluster.database().await };
    let authorization = binary.set_up().await;
    let mut servers = Vec::new();
    for _ in 0..PROCESSES {
        servers.push(binary.serve().await);
    }
    let addresses: Vec<String> = servers.iter().map(|server| server.address.clone()).collect();
    let answers: Arc<Mutex<BTreeMap<u16, u64>>> = Arc::default();
    let next = Arc::new(AtomicU64::new(0));
    let load = |at: usize| {
        let (addresses, authorization) = (addresses.clone(), authorization.clone());
        let (answers, next) = (answers.clone(), next.clone());
        tokio::spawn(async move {
            let mut turn = at;
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= REQUESTS {
                    return;
                }
                // Forty devices and thirty users, so that requests meet all the time; another server when one is gone.
                let body = report(number % 40, number * 7 % 30, number, STATUSES[(number % 3) as usize]);
                loop {
                    turn += 1;
                    match send(&addresses[turn % PROCESSES], &authorization, &body).await {
                        Ok(status) => {
                            *answers.lock().expect("no panic").entry(status).or_default() += 1;
                            break;
                        }
                        Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
                    }
                }
            }
        })
    };
    let senders: Vec<_> = (0..24).map(load).collect();
    while next.load(Ordering::SeqCst) < REQUESTS / 2 {
        tokio::task::yield_now().await;
    }
    servers[0].child.kill().await.expect("killed");
    for sender in senders {
        sender.await.expect("no panic");
    }
    let answers = answers.lock().expect("no panic").clone();
    assert_eq!(answers, BTreeMap::from([(202, REQUESTS)]), "no deadlock reached a client, and none was turned away");
    binary.assert_holds().await;
    let pool = sqlx::PgPool::connect(&binary.url).await.expect("the database answers");
    let (devices, users, slots): (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from devices), (select count(*) from profiles where anonymous_on is null), \
         (select count(distinct slot) from counters)",
    )
    .fetch_one(&pool)
    .await
    .expect("counts");
    assert_eq!(
        (devices, users, slots),
        (40, 30, PROCESSES as i64),
        "each once, and each process counted in its own slot"
    );
}
