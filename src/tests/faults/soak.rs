//! Two processes on one Postgres for as long as one likes, with everything that happens to servers at once: killed, their clocks
//! set, the database crashed, their queues full.

use super::ledger::{Ledger, load};
use crate::harness::{Binary, Cluster, Server, count, post};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Requests at once, and batches of each: more than the queues hold of one workspace.
const SENDERS: u64 = 32;
const BATCHES: u64 = 10;
const QUEUE_ROWS: &str = "200";
/// How far a clock is set, in seconds.
const FARTHEST: i64 = 5400;
/// In so many steps a clock is set from as far back to as far ahead.
const STEPS: i64 = 16;
/// One in so many rounds the database crashes too.
const CRASH: usize = 3;

/// How long it goes on.
fn seconds() -> u64 {
    std::env::var("ATTEST_SOAK_SECONDS").ok().and_then(|n| n.parse().ok()).unwrap_or(8)
}

fn now() -> i64 {
    UNIX_EPOCH.elapsed().expect("after 1970").as_secs().cast_signed()
}

/// A clock that is set while programs run by it.
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// The library that stands between programs and the machine's clock.
    async fn library(folder: &Path) -> PathBuf {
        let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
        std::fs::write(&source, include_str!("clock.c")).expect("written");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status().await;
        assert!(built.is_ok_and(|status| status.success()), "a C compiler");
        library
    }

    fn of(library: &Path, name: &str) -> Self {
        let clock = Self { library: library.to_owned(), file: library.with_file_name(name) };
        std::fs::write(&clock.file, 0_i64.to_ne_bytes()).expect("written");
        clock
    }

    /// Sets it so many seconds off.
    fn set(&self, seconds: i64) {
        // In place: whoever looks has the same bytes before their eyes.
        let file = std::fs::OpenOptions::new().write(true).open(&self.file).expect("it is there");
        std::os::unix::fs::FileExt::write_all_at(&file, &seconds.to_ne_bytes(), 0).expect("written");
    }

    fn put_before(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("ATTEST_TEST_CLOCK", &self.file);
    }
}

/// What a server takes for the time, in seconds off.
async fn seconds_off(address: &str) -> i64 {
    let answer = post(address, "/v2/events", "Basic none", "{}").await.expect("an answer");
    let date = answer.text.lines().find_map(|line| line.strip_prefix("date: ")).expect("a date");
    jiff::fmt::rfc2822::parse(date).expect("a date").timestamp().as_second() - now()
}

/// Both processes, of which one is away for a moment at times.
struct Processes {
    binary: Binary,
    clocks: [Clock; 2],
    /// Where they are reached now.
    addresses: Mutex<[String; 2]>,
    is_over: AtomicBool,
    /// Each sender begins with another process.
    turn: AtomicUsize,
}

impl Processes {
    async fn start(&self, at: usize) -> Server {
        let mut command = self.binary.command();
        command.env("ATTEST_QUEUE_ROWS", QUEUE_ROWS);
        self.clocks[at].put_before(&mut command);
        let server = self.binary.serve_by(command).await;
        self.addresses.lock().expect("no panic")[at] = server.address.clone();
        server
    }

    fn next_address(&self) -> String {
        let addresses = self.addresses.lock().expect("no panic");
        addresses[self.turn.fetch_add(1, Ordering::SeqCst) % addresses.len()].clone()
    }
}

fn spawn_sender(processes: &Arc<Processes>, authorization: &str, ledger: &Arc<Ledger>) -> JoinHandle<()> {
    let (processes, authorization, ledger) = (processes.clone(), authorization.to_owned(), ledger.clone());
    tokio::spawn(async move {
        while !processes.is_over.load(Ordering::SeqCst) {
            load(&processes.next_address(), &authorization, &ledger).await;
            // Its server is gone, and the next one may be too.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_under_everything() {
    let begun = now();
    let folder = tempfile::tempdir().expect("a folder");
    let library = Clock::library(folder.path()).await;
    let cluster = Cluster::start();
    let binary = Binary { url: cluster.database().await };
    let authorization = binary.set_up().await;
    let processes = Arc::new(Processes {
        binary,
        clocks: ["a", "b"].map(|name| Clock::of(&library, name)),
        addresses: Mutex::default(),
        is_over: AtomicBool::default(),
        turn: AtomicUsize::default(),
    });
    let mut servers = [processes.start(0).await, processes.start(1).await];
    let ledger = Arc::new(Ledger::of(BATCHES, SENDERS));
    let senders: Vec<_> = (0..SENDERS).map(|_| spawn_sender(&processes, &authorization, &ledger)).collect();
    let until = Instant::now() + Duration::from_secs(seconds());
    let mut rounds = 0;
    while rounds < 2 || Instant::now() < until {
        let at = rounds % 2;
        // In no order.
        let step = i64::try_from(rounds * 1031).expect("small") % (STEPS + 1);
        processes.clocks[at].set(step * 2 * FARTHEST / STEPS - FARTHEST);
        ledger.until_more(Ledger::accepted).await;
        servers[at].child.kill().await.expect("killed");
        servers[at] = processes.start(at).await;
        ledger.until_more(Ledger::accepted).await;
        if rounds.is_multiple_of(CRASH) {
            cluster.stop();
            ledger.until_more(Ledger::away).await;
            cluster.resume();
            ledger.until_more(Ledger::accepted).await;
        }
        rounds += 1;
    }
    processes.clocks[0].set(FARTHEST);
    let seen = async {
        while (seconds_off(&servers[0].address).await - FARTHEST).abs() > 5 {
            // Its answers say the time as it was up to a second ago.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seen).await.expect("clocks are set for servers, too");
    processes.is_over.store(true, Ordering::SeqCst);
    for server in &mut servers {
        server.child.kill().await.expect("killed");
    }
    for sender in senders {
        sender.await.expect("no answer but 202 and 503");
    }
    assert!(ledger.full() > 0, "queues were full");
    processes.binary.assert_holds().await;
    ledger.assert_kept(&processes.binary.url, "all that happens to two processes").await;
    assert_in_time(&processes.binary.url, begun).await;
    count("rounds of kills, clocks and crashes of two processes", rounds);
}

/// Whatever the processes' clocks said, what they stored is of the time in which they ran.
async fn assert_in_time(url: &str, begun: i64) {
    let pool = sqlx::PgPool::connect(url).await.expect("the database answers");
    let sql = "select min(first_seen) / 1000, max(last_received) / 1000 from devices";
    let (first, last): (i64, i64) = sqlx::query_as(sql).fetch_one(&pool).await.expect("moments");
    assert!(begun - 60 < first && last < now() + 60, "{begun}, {first}, {last}, {}", now());
}
