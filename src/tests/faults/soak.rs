//! Two processes on one Postgres for as long as one likes, with everything that happens to servers at once: killed, their clocks
//! set, the database crashed, their queues full.

use super::ledger::{Ledger, SENDERS, load};
use crate::harness::{Binary, Cluster, Server, count};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Batches of a request; all senders together send more than the queues hold.
const BATCHES: u64 = 10;
const QUEUE_ROWS: &str = "200";
/// How far a clock is set, in seconds.
const FARTHEST: i64 = 5400;

/// How long it goes on.
fn seconds() -> u64 {
    std::env::var("ATTEST_SOAK_SECONDS").ok().and_then(|n| n.parse().ok()).unwrap_or(8)
}

/// A clock that is set while programs run by it.
struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    async fn in_folder(folder: &Path, name: &str) -> Self {
        let (source, library) = (folder.join("clock.c"), folder.join(format!("{name}.so")));
        std::fs::write(&source, include_str!("clock.c")).expect("written");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status().await;
        assert!(built.is_ok_and(|status| status.success()), "a C compiler");
        let clock = Self { library, file: folder.join(format!("{name}.seconds")) };
        std::fs::write(&clock.file, 0_i64.to_ne_bytes()).expect("written");
        clock
    }

    /// Sets it, in seconds off.
    fn set(&self, seconds: i64) {
        // In place: whoever looks has the same bytes before their eyes.
        let file = std::fs::OpenOptions::new().write(true).open(&self.file).expect("it is there");
        std::os::unix::fs::FileExt::write_all_at(&file, &seconds.to_ne_bytes(), 0).expect("written");
    }

    fn put_before(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("ATTEST_TEST_CLOCK", &self.file);
    }

    /// What a program sees, in seconds off.
    async fn seen(&self) -> i64 {
        let mut date = Command::new("date");
        self.put_before(date.arg("+%s"));
        let said = date.output().await.expect("a date").stdout;
        let said: i64 = String::from_utf8_lossy(&said).trim().parse().expect("a number");
        let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
        said - now.cast_signed()
    }
}

/// The processes of now, one of which is away for a moment at times.
struct Processes {
    binary: Binary,
    clocks: Vec<Clock>,
    addresses: Mutex<Vec<String>>,
    /// Whether all is over.
    over: AtomicBool,
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

    fn next(&self) -> String {
        let addresses = self.addresses.lock().expect("no panic");
        addresses[self.turn.fetch_add(1, Ordering::SeqCst) % addresses.len()].clone()
    }
}

fn spawn_sender(processes: &Arc<Processes>, authorization: &str, ledger: &Arc<Ledger>) -> JoinHandle<()> {
    let (processes, authorization, ledger) = (processes.clone(), authorization.to_owned(), ledger.clone());
    tokio::spawn(async move {
        while !processes.over.load(Ordering::SeqCst) {
            load(&processes.next(), &authorization, &ledger).await;
            // Its server is gone, and the next one may be too.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_under_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = Cluster::start();
    let binary = Binary { url: cluster.database().await };
    let authorization = binary.set_up().await;
    let clocks = vec![Clock::in_folder(folder.path(), "a").await, Clock::in_folder(folder.path(), "b").await];
    let processes = Arc::new(Processes {
        addresses: Mutex::new(vec![String::new(); clocks.len()]),
        binary,
        clocks,
        over: AtomicBool::default(),
        turn: AtomicUsize::default(),
    });
    let mut servers = vec![processes.start(0).await, processes.start(1).await];
    let ledger = Arc::new(Ledger::of(BATCHES));
    let senders: Vec<_> = (0..2 * SENDERS).map(|_| spawn_sender(&processes, &authorization, &ledger)).collect();
    let until = Instant::now() + Duration::from_secs(seconds());
    let (mut kills, mut crashes, mut jumps) = (0_u64, 0_usize, 0_usize);
    while kills == 0 || crashes == 0 || jumps < 2 || Instant::now() < until {
        let at = usize::try_from(kills % 2).expect("a bit");
        let off = i64::try_from(kills * 1031 % 17).expect("small") * FARTHEST / 8 - FARTHEST;
        processes.clocks[at].set(off);
        jumps += 1;
        ledger.until_more(Ledger::accepted).await;
        servers[at].child.kill().await.expect("killed");
        servers[at] = processes.start(at).await;
        kills += 1;
        ledger.until_more(Ledger::accepted).await;
        if kills.is_multiple_of(3) || crashes == 0 {
            cluster.stop();
            ledger.until_more(Ledger::away).await;
            cluster.resume();
            crashes += 1;
            ledger.until_more(Ledger::accepted).await;
        }
    }
    processes.clocks[0].set(FARTHEST);
    let seen = processes.clocks[0].seen().await;
    assert!((FARTHEST - 2..FARTHEST + 2).contains(&seen), "clocks were set indeed: {seen}");
    processes.over.store(true, Ordering::SeqCst);
    for server in &mut servers {
        server.child.kill().await.expect("killed");
    }
    for sender in senders {
        sender.await.expect("no answer but 202 and 503");
    }
    processes.binary.assert_holds().await;
    ledger.assert_kept(&processes.binary.url, "all that happens to two processes").await;
    for (what, n) in
        [("kills of two processes", kills as usize), ("crashes under two processes", crashes), ("clocks set", jumps)]
    {
        count(what, n);
    }
}
