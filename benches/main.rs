//! Measures the product against limits of the same machine: two legs in turn in one run, their ratio, the median.
//! See README.md beside this file.

mod batches;
mod limit;
mod limit_postgres;
mod load;
mod quiet;
mod reads;
mod rows;
mod server;
mod several;
mod sink;
mod views;

use batches::Fleet;
use limit::Bare;
use server::Attest;
use sqlx::{Connection, PgConnection};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// What is measured, and how long.
#[derive(clap::Parser)]
struct Wanted {
    /// The binary under test: a release.
    #[arg(long)]
    attest: PathBuf,
    /// A folder on the disk that is measured.
    #[arg(long)]
    folder: PathBuf,
    /// The benchmarks to run, such as `b1,b2`.
    #[arg(long, value_delimiter = ',', default_value = "b1,b2,b3,b5,b6,b7,b8,b9,b10")]
    only: Vec<String>,
    #[arg(long, default_value_t = 5)]
    pairs: u64,
    /// Seconds of each leg.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// A database that `attest demo` has filled, for the benchmarks of reads.
    #[arg(long)]
    filled: Option<String>,
    /// The same, ten times smaller.
    #[arg(long)]
    smaller: Option<String>,
    /// A Postgres on the server's core instead of SQLite: an address at which databases may be made.
    #[arg(long)]
    postgres: Option<String>,
    /// Serves as the rival of `b2` at this port: the benchmarks start themselves so.
    #[arg(long, hide = true)]
    sink: Option<u16>,
    /// Cargo's own.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A page is got hundreds of times in a second.
const LONGEST_OF_A_VIEW: Duration = Duration::from_secs(1);

fn main() {
    let wanted = <Wanted as clap::Parser>::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if let Some(port) = wanted.sink {
        return runtime.block_on(sink::serve(port));
    }
    let pinned = std::process::Command::new("taskset")
        .args(["-cp", server::LOADS_CORE, &std::process::id().to_string()])
        .stdout(std::process::Stdio::null())
        .status();
    assert!(pinned.is_ok_and(|status| status.success()), "taskset pins processes to cores");
    runtime.block_on(measure(&wanted));
}

async fn measure(wanted: &Wanted) {
    let time = Duration::from_secs(wanted.seconds);
    for benchmark in &wanted.only {
        match benchmark.as_str() {
            "b1" => bulk(wanted, time).await,
            "b2" => single(wanted, time).await,
            "b3" => tail(wanted, time).await,
            "b5" => reads::reads(wanted, time).await,
            "b6" => reads::default_change(wanted).await,
            "b7" => views::views(wanted, time.min(LONGEST_OF_A_VIEW)).await,
            "b8" => cost(wanted, time).await,
            "b9" => quiet::quiet(wanted, time).await,
            "b10" => several::several(wanted, time).await,
            other => panic!("there is no benchmark {other}"),
        }
    }
}

/// A fresh database with a workspace and an input, whose schema and first rows exist.
async fn fresh(wanted: &Wanted, name: &str) -> (Attest, String) {
    let folder = wanted.folder.join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let url = match &wanted.postgres {
        Some(admin) => database(admin, name).await,
        None => format!("sqlite://{}", folder.join("attest.db").display()),
    };
    let attest = Attest { binary: wanted.attest.clone(), url };
    attest.run(&["workspace", "add", "--name", "Bench"]);
    let input = attest.input("bench", "Load");
    (attest, input)
}

/// A fresh database beside the one at this address.
async fn database(admin: &str, name: &str) -> String {
    let mut connection = PgConnection::connect(admin).await.expect("Postgres answers");
    for sql in [format!("drop database if exists bench_{name}"), format!("create database bench_{name}")] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("a database");
    }
    let (server, options) = admin.split_once('?').unwrap_or((admin, ""));
    let (server, _) = server.rsplit_once('/').expect("a database's name");
    format!("{server}/bench_{name}?{options}")
}

fn median(values: impl IntoIterator<Item = f64>) -> (f64, f64, f64) {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[0], values[values.len() - 1])
}

fn tell(benchmark: &str, unit: &str, pairs: &[(f64, f64)]) {
    let (ours, ours_least, ours_most) = median(pairs.iter().map(|pair| pair.0));
    let (theirs, ..) = median(pairs.iter().map(|pair| pair.1));
    let (ratio, least, most) = median(pairs.iter().map(|(ours, theirs)| ours / theirs));
    println!(
        "{benchmark}: ours {ours:.1} {unit} ({ours_least:.1} to {ours_most:.1}), the other leg {theirs:.1}; \
         ratio {ratio:.3} ({least:.3} to {most:.3}) of {} pairs",
        pairs.len()
    );
}

/// B1: devices per second by bulk requests, against the bare loop.
async fn bulk(wanted: &Wanted, time: Duration) {
    let (attest, input) = fresh(wanted, "b1").await;
    let running = attest.serve(4101);
    let warm = Fleet { first: 0, devices: 1000, run: 1 };
    load::closed(&running.address, 1, Duration::from_secs(1), 202, batches::bulk(&input, warm)).await;
    running.stop();
    let mut limit = Limit::beside(wanted, &attest).await;
    let mut pairs = Vec::new();
    for pair in 0..wanted.pairs {
        let running = attest.serve(4101);
        let fleet = Fleet { first: (pair + 1) * 10_000_000, devices: 10_000_000, run: 2 + pair };
        let run = load::closed(&running.address, 24, time, 202, batches::bulk(&input, fleet)).await;
        assert_eq!(run.others, 0, "every request is answered 202");
        running.stop();
        pairs.push((run.per_second() * batches::BULK as f64, limit.run(time).await));
    }
    tell("B1 bulk ingest", "devices/s", &pairs);
    attest.run(&["check"]);
}

/// The bare loop, on a database of its own.
enum Limit {
    Sqlite(PathBuf),
    Postgres(Box<limit_postgres::Bare>),
}

impl Limit {
    async fn beside(wanted: &Wanted, attest: &Attest) -> Self {
        let Some(admin) = &wanted.postgres else {
            let copy = wanted.folder.join("b1/bare.db");
            std::fs::copy(wanted.folder.join("b1/attest.db"), &copy).expect("a copy");
            return Self::Sqlite(copy);
        };
        let mut connection = PgConnection::connect(admin).await.expect("Postgres answers");
        let sql = "drop database if exists bench_bare; create database bench_bare template bench_b1";
        for sql in sql.split("; ") {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("a copy");
        }
        let bare = attest.url.replacen("/bench_b1?", "/bench_bare?", 1);
        Self::Postgres(Box::new(limit_postgres::Bare::open(&bare).await))
    }

    async fn run(&mut self, time: Duration) -> f64 {
        match self {
            Self::Sqlite(path) => on_servers_core(path, time),
            Self::Postgres(bare) => bare.run(time).await,
        }
    }
}

/// The bare loop on the server's core.
fn on_servers_core(path: &Path, time: Duration) -> f64 {
    let pin = |core: &str| {
        let _ = std::process::Command::new("taskset")
            .args(["-cp", core, &std::process::id().to_string()])
            .stdout(std::process::Stdio::null())
            .status();
    };
    pin(server::SERVERS_CORE);
    let rate = Bare::open(path).run(time);
    pin(server::LOADS_CORE);
    rate
}

/// B2: single requests per second, against a server that only parses.
async fn single(wanted: &Wanted, time: Duration) {
    let (attest, input) = fresh(wanted, "b2").await;
    let ourselves = std::env::current_exe().expect("our own path");
    let mut pairs = Vec::new();
    for pair in 0..wanted.pairs {
        let fleet = Fleet { first: 0, devices: 100_000, run: 2 + pair };
        let make = batches::single("/v2/events", &input, fleet);
        let running = attest.serve(4102);
        let ours = load::closed(&running.address, 64, time, 202, make.clone()).await;
        assert_eq!(ours.others, 0, "every request is answered 202");
        running.stop();
        let mut sink = server::pinned(server::SERVERS_CORE, &ourselves);
        let sink = sink.args(["--sink", "4103", "--attest", "-", "--folder", "-"]).spawn();
        let mut sink = sink.expect("the rival starts");
        server::wait_for("127.0.0.1:4103", "/readyz");
        let theirs = load::closed("127.0.0.1:4103", 64, time, 202, make).await;
        let _ = sink.kill();
        let _ = sink.wait();
        pairs.push((ours.per_second(), theirs.per_second()));
    }
    tell("B2 single ingest", "requests/s", &pairs);
    let commits = 1e3 / one_row_commit(wanted, &attest).await;
    println!(
        "   one-row durable commits: {commits:.0}/s; ours is {:.1} times that",
        median(pairs.iter().map(|p| p.0)).0 / commits
    );
    attest.run(&["check"]);
}

/// The median time of a durable commit of one row, in milliseconds.
async fn one_row_commit(wanted: &Wanted, attest: &Attest) -> f64 {
    if wanted.postgres.is_some() {
        return limit_postgres::Bare::open(&attest.url).await.one_row_commit().await;
    }
    let path = wanted.folder.join("one.db");
    let connection = rusqlite::Connection::open(path).expect("the file opens");
    connection.pragma_update(None, "journal_mode", "wal").expect("a pragma");
    connection.pragma_update(None, "synchronous", "full").expect("a pragma");
    connection
        .execute_batch("create table if not exists one (n integer); insert into one values (0)")
        .expect("a table");
    let commit = || {
        let begun = Instant::now();
        connection.execute("update one set n = n + 1 where rowid = 1", []).expect("a commit");
        begun.elapsed().as_secs_f64() * 1e3
    };
    median((0..300).map(|_| commit())).0
}

/// B3: the slowest of a hundred requests at a fixed rate, against the median durable commit.
async fn tail(wanted: &Wanted, time: Duration) {
    let (attest, input) = fresh(wanted, "b3").await;
    let running = attest.serve(4104);
    let mut pairs = Vec::new();
    for pair in 0..wanted.pairs {
        let fleet = Fleet { first: 0, devices: 100_000, run: 2 + pair };
        let make = batches::single("/v2/events", &input, fleet);
        let run = load::open(&running.address, 1000, 64, time.max(Duration::from_secs(12)), 202, make).await;
        assert_eq!(run.others, 0, "every request is answered 202");
        println!(
            "   p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms",
            run.percentile(0.5),
            run.percentile(0.99),
            run.percentile(0.999)
        );
        pairs.push((run.percentile(0.99), one_row_commit(wanted, &attest).await));
    }
    tell("B3 tail (p99)", "ms", &pairs);
    running.stop();
}

/// B8: memory idle and under single requests, and the time from the start to the first answer.
async fn cost(wanted: &Wanted, time: Duration) {
    let (attest, input) = fresh(wanted, "b8").await;
    let running = attest.serve(4105);
    let idle = running.resident();
    let fleet = Fleet { first: 0, devices: 100_000, run: 2 };
    load::closed(&running.address, 64, time, 202, batches::single("/v2/events", &input, fleet)).await;
    let busy = running.resident();
    running.stop();
    println!("B8 cost: {idle:.0} MB idle, {busy:.0} MB under load");
    let url = wanted.filled.clone().unwrap_or_else(|| attest.url.clone());
    let filled = Attest { binary: wanted.attest.clone(), url };
    let (ready, least, most) = median((0..wanted.pairs).map(|_| {
        let running = filled.serve(4106);
        let ready = running.ready_after.as_secs_f64() * 1e3;
        running.stop();
        ready
    }));
    println!("   ready after {ready:.0} ms ({least:.0} to {most:.0})");
}
