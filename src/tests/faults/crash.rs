//! Killed at random moments under load: every 202 is there afterwards, and nothing is counted twice.

use super::ledger::{Ledger, load};
use crate::harness::{Binary, Cluster, Server, sqlite_in};
use attest::domain::time::Millis;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Requests at once.
const SENDERS: u64 = 16;

/// How often the process is killed.
fn kills() -> u64 {
    std::env::var("ATTEST_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

/// A sender that ends when its server does.
fn spawn_load(address: &str, authorization: &str, ledger: &Arc<Ledger>) -> JoinHandle<()> {
    let (address, authorization, ledger) = (address.to_owned(), authorization.to_owned(), ledger.clone());
    tokio::spawn(async move { load(&address, &authorization, &ledger).await })
}

async fn survive(url: String, named: &str) {
    let binary = Binary { url };
    let authorization = binary.set_up().await;
    let ledger = Arc::new(Ledger::of(1, SENDERS));
    for life in 0..kills() {
        let Server { mut child, address } = binary.serve().await;
        let senders: Vec<_> = (0..SENDERS).map(|_| spawn_load(&address, &authorization, &ledger)).collect();
        // A moment that nothing else depends on; the load goes on until the connections break.
        tokio::time::sleep(Duration::from_millis(30 + life * 37 % 200)).await;
        child.kill().await.expect("killed");
        for sender in senders {
            sender.await.expect("no answer but 202 and 503");
        }
    }
    binary.assert_holds().await;
    assert!(ledger.accepted() > kills(), "{} requests", ledger.accepted());
    ledger.assert_kept(&binary.url, &format!("kills on {named}")).await;
}

#[tokio::test]
async fn killed_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    survive(sqlite_in(folder.path()), "SQLite").await;
}

#[tokio::test]
async fn killed_on_postgres() {
    let cluster = Cluster::start();
    survive(cluster.database().await, "Postgres").await;
}

/// Postgres crashes, and its connections are cut, under load: 503s, and the same process of our own goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_restarts_under_load() {
    const CUT: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
        where datname = current_database() and pid <> pg_backend_pid()";
    let cluster = Cluster::start();
    let binary = Binary { url: cluster.database().await };
    let authorization = binary.set_up().await;
    let ledger = Arc::new(Ledger::of(1, SENDERS));
    let Server { mut child, address } = binary.serve().await;
    let senders: Vec<_> = (0..SENDERS).map(|_| spawn_load(&address, &authorization, &ledger)).collect();
    for _ in 0..3 {
        ledger.until_more(Ledger::accepted).await;
        cluster.stop();
        ledger.until_more(Ledger::away).await;
        cluster.resume();
        ledger.until_more(Ledger::accepted).await;
        let pool = sqlx::PgPool::connect(&binary.url).await.expect("the database answers");
        sqlx::raw_sql(CUT).execute(&pool).await.expect("cut");
        ledger.until_more(Ledger::accepted).await;
    }
    child.kill().await.expect("killed");
    for sender in senders {
        sender.await.expect("no answer but 202 and 503");
    }
    binary.assert_holds().await;
    ledger.assert_kept(&binary.url, "crashes of Postgres").await;
}

/// The clock goes back an hour: statuses and the order of the log hold.
#[tokio::test]
async fn a_clock_set_back_an_hour() {
    use crate::contract::sender::{AUTHORIZED, DENIED, Sender, ios};
    use crate::harness::{Backend, World};
    for kind in [Backend::Sqlite, Backend::Postgres] {
        let world = World::new(kind).await;
        let sender = Sender::new(&world).await;
        let at = |status: &str, ms: i64| {
            let mut batch = ios("ada", "v1", Some(status));
            batch["timestamp_unixtime_ms"] = (world.store.clock().now().0 + ms).into();
            batch
        };
        sender.send(&[at("authorized", -2000)]).await;
        let Millis(before) = world.store.clock().now();
        world.clock.advance(-3_600_000);
        world.member("acme", "Ada", attest::domain::role::Role::ComplianceAdmin).await;
        let mut late = ios("ada", "v1", Some("denied"));
        late["timestamp_unixtime_ms"] = (before - 1000).into();
        sender.send(std::slice::from_ref(&late)).await;
        // Whichever of the two clocks was wrong.
        let refused = (1, 0);
        assert_eq!(
            (sender.devices(DENIED).await, sender.devices(AUTHORIZED).await),
            refused,
            "a refusal counts at once"
        );
        world.assert_holds().await;
        let rows = world.rows::<(i64, i64)>("select seq, at_ms from audit where workspace_id <> 0 order by seq").await;
        assert!(rows.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0), "{rows:?}");
        world.clock.advance(3_600_000);
        sender.send(&[late]).await;
        assert_eq!((sender.devices(DENIED).await, sender.devices(AUTHORIZED).await), refused, "and goes on from there");
    }
}
