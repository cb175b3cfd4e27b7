//! A lane that somebody keeps: a process that was stopped in the middle of a commit, or whose connection was lost, keeps
//! nobody out for long, and other workspaces not at all.

use super::ledger::{Ledger, load};
use crate::harness::{Backend, Binary, Cluster, Server, World, basic, report, send};
use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::process::Command;

fn batch(device: &str) -> Value {
    json!({"environment": "production", "mp_deviceid": device, "device_info": {"platform": "iOS"}})
}

/// How many connections wait for a lane.
const WAITING: &str = "select count(*) from pg_stat_activity \
    where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'";

/// Who wants something of a workspace waits for its lane; all others go on meanwhile, as many times as they like.
#[tokio::test]
async fn nobody_waits_for_the_lane_of_another_workspace() {
    let world = World::new(Backend::Postgres).await;
    let kept = world.workspace("Acme").await;
    world.workspace("Quiet").await;
    let (acme, quiet) = (world.input("acme", "Backend").await, world.input("quiet", "Backend").await);
    let pool = PgPool::connect(&world.url).await.expect("the database answers");
    let mut other = pool.begin().await.expect("a transaction");
    let lane = sqlx::query("select pg_advisory_xact_lock($1)").bind(kept.0);
    lane.execute(&mut *other).await.expect("the lane");
    let answered = AtomicU64::default();
    let small = join_all((0..5).map(|n| {
        let (world, acme, answered) = (&world, &acme, &answered);
        async move {
            let status = world.event(acme, &batch(&format!("small{n}"))).await.status;
            answered.fetch_add(1, Ordering::SeqCst);
            status
        }
    }));
    let large: Vec<Value> = (0..100).map(|n| batch(&format!("large{n}"))).collect();
    let authorization = basic(&acme.0, &acme.1);
    let large = world.ask("POST", "/v2/bulkevents", Some(&authorization), Value::from(large).to_string());
    let meanwhile = async {
        while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(&pool).await.expect("a count") == 0 {
            tokio::task::yield_now().await;
        }
        for n in 0..20 {
            let event = batch(&format!("quiet{n}"));
            let answer = tokio::time::timeout(Duration::from_secs(5), world.event(&quiet, &event)).await;
            assert_eq!(answer.expect("not while a lane is waited for").status, 202);
        }
        assert_eq!(answered.load(Ordering::SeqCst), 0, "it is their workspace's lane");
        other.commit().await.expect("committed");
    };
    let (small, large, ()) = tokio::join!(small, large, meanwhile);
    assert_eq!((small, large.status), (vec![StatusCode::ACCEPTED; 5], StatusCode::ACCEPTED));
    let devices: Vec<(i64, i64)> =
        world.rows("select workspace_id, count(*) from devices group by workspace_id order by count(*)").await;
    assert_eq!(devices.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [20, 105]);
    world.assert_holds().await;
}

/// A process that is stopped in a commit loses its lane before others give up; nothing that it acknowledges is lost, once
/// it goes on.
#[tokio::test]
async fn a_process_that_is_stopped_in_a_commit_loses_its_lane() {
    let cluster = Cluster::start();
    let binary = Binary { url: cluster.database().await };
    let authorization = binary.set_up().await;
    let (frozen, other) = (binary.serve().await, binary.serve().await);
    let ledger = Arc::new(Ledger::of(1, SENDERS));
    let spawn_sender = |_| {
        let (address, authorization, ledger) = (frozen.address.clone(), authorization.clone(), ledger.clone());
        tokio::spawn(async move { load(&address, &authorization, &ledger).await })
    };
    let senders: Vec<_> = (0..SENDERS).map(spawn_sender).collect();
    let pool = PgPool::connect(&binary.url).await.expect("the database answers");
    stop_in_commit(&frozen, &pool).await;
    let status = send(&other.address, &authorization, &report(0, 0, ANOTHER, "denied")).await;
    assert_eq!(status.expect("an answer"), 202, "others get the lane");
    signal(&frozen, "-CONT").await;
    ledger.until_more(Ledger::accepted).await;
    signal(&frozen, "-KILL").await;
    for sender in senders {
        sender.await.expect("no panic");
    }
    assert!(ledger.away() <= SENDERS, "only what was in that commit is to be sent again");
    ledger.assert_kept(&binary.url, "a stop in a commit").await;
    binary.assert_holds().await;
}

const SENDERS: u64 = 8;
/// The number of a request that no sender sends.
const ANOTHER: u64 = 1_000_000;

/// Stops a process while it has a lane.
async fn stop_in_commit(server: &Server, pool: &PgPool) {
    const HELD: &str = "select count(*) from pg_stat_activity a join pg_locks l on l.pid = a.pid \
        where a.datname = current_database() and a.state = 'idle in transaction' and l.locktype = 'advisory' and l.granted";
    loop {
        signal(server, "-STOP").await;
        // Its statements come to their end.
        for _ in 0..20 {
            if sqlx::query_scalar::<_, i64>(HELD).fetch_one(pool).await.expect("a count") > 0 {
                return;
            }
        }
        signal(server, "-CONT").await;
    }
}

async fn signal(server: &Server, signal: &str) {
    let process = server.child.id().expect("it runs").to_string();
    assert!(Command::new("kill").args([signal, &process]).status().await.expect("kill runs").success());
}
