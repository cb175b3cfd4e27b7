//! Killed at random moments under load: every 202 is there afterwards, and nothing is counted twice.

use crate::harness::{Binary, Cluster, Server, count, report, send, sqlite_in};
use attest::domain::time::Millis;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// Requests at once.
const SENDERS: u64 = 16;

/// How often the process is killed.
fn kills() -> u64 {
    std::env::var("ATTEST_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

/// What was sent, and what was answered.
#[derive(Default)]
struct Ledger {
    next: AtomicU64,
    accepted: Mutex<BTreeSet<u64>>,
    unknown: Mutex<BTreeSet<u64>>,
    /// How many answers were 503.
    away: AtomicU64,
}

impl Ledger {
    fn accepted(&self) -> u64 {
        self.accepted.lock().expect("no panic").len() as u64
    }

    /// Waits until a number has grown.
    async fn until_more(&self, number: impl Fn(&Self) -> u64) {
        let (before, until) = (number(self), Instant::now() + Duration::from_secs(60));
        while number(self) < before + SENDERS {
            assert!(Instant::now() < until, "no more answers of this kind within a minute");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Every request that was answered 202 is stored, and nothing that was not sent.
    async fn assert_kept(&self, url: &str, named: &str) {
        let accepted = self.accepted.lock().expect("no panic").clone();
        let found = devices(url).await;
        let lost: Vec<&u64> = accepted.difference(&found).collect();
        assert!(lost.is_empty(), "of {} that were answered 202 these are lost: {lost:?}", accepted.len());
        let sent = self.next.load(Ordering::SeqCst);
        assert!(found.iter().all(|number| *number < sent), "{sent}");
        count(&format!("requests acknowledged and found after {named}"), accepted.len());
    }
}

/// Each request is a device of its own. One that was not answered is sent once more when the server is back, as a
/// client would, so that what was stored all the same is not counted twice.
async fn load(address: String, authorization: String, ledger: Arc<Ledger>) {
    loop {
        let again = ledger.unknown.lock().expect("no panic").pop_first();
        let number = again.unwrap_or_else(|| ledger.next.fetch_add(1, Ordering::SeqCst));
        match send(&address, &authorization, &report(number, number / 3, number, "denied")).await {
            Ok(202) => {
                ledger.accepted.lock().expect("no panic").insert(number);
            }
            Ok(503) => {
                ledger.away.fetch_add(1, Ordering::SeqCst);
                ledger.unknown.lock().expect("no panic").insert(number);
            }
            Ok(other) => panic!("{other} for a good request"),
            Err(error) => {
                ledger.unknown.lock().expect("no panic").insert(number);
                if error.kind() != ErrorKind::Interrupted {
                    return;
                }
            }
        }
    }
}

async fn survive(url: String, named: &str) {
    let binary = Binary { url };
    let authorization = binary.set_up().await;
    let ledger = Arc::new(Ledger::default());
    for life in 0..kills() {
        let Server { mut child, address } = binary.serve().await;
        let senders: Vec<_> =
            (0..SENDERS).map(|_| tokio::spawn(load(address.clone(), authorization.clone(), ledger.clone()))).collect();
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

/// The numbers of the devices that are stored; each once.
async fn devices(url: &str) -> BTreeSet<u64> {
    const SQL: &str = "select value from device_identifiers order by value";
    let names: Vec<String> = if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.expect("the file opens");
        let devices: (i64,) = sqlx::query_as("select count(*) from devices").fetch_one(&pool).await.expect("a count");
        let names: Vec<String> = sqlx::query_scalar(SQL).fetch_all(&pool).await.expect("names");
        assert_eq!(devices.0, names.len() as i64);
        names
    } else {
        let pool = sqlx::PgPool::connect(url).await.expect("the database answers");
        let devices: (i64,) = sqlx::query_as("select count(*) from devices").fetch_one(&pool).await.expect("a count");
        let names: Vec<String> = sqlx::query_scalar(SQL).fetch_all(&pool).await.expect("names");
        assert_eq!(devices.0, names.len() as i64);
        names
    };
    names.iter().map(|name| name[1..].parse().expect("a number")).collect()
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
    let ledger = Arc::new(Ledger::default());
    let Server { mut child, address } = binary.serve().await;
    let senders: Vec<_> =
        (0..SENDERS).map(|_| tokio::spawn(load(address.clone(), authorization.clone(), ledger.clone()))).collect();
    for _ in 0..3 {
        ledger.until_more(Ledger::accepted).await;
        cluster.stop();
        ledger.until_more(|ledger| ledger.away.load(Ordering::SeqCst)).await;
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
