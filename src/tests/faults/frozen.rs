//! A lane that somebody keeps: a process that was stopped in the middle of a commit, or whose connection was lost, keeps
//! nobody out for long, and other workspaces not at all.

use super::ledger::{Ledger, load};
use crate::harness::{Backend, Binary, Cluster, Server, World, basic, report, send};
use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::process::Command;
use tokio::time::Instant;

fn batch(device: &str) -> Value {
    json!({"environment": "production", "mp_deviceid": device, "device_info": {"platform": "iOS"}})
}

/// How many connections wait for a lane.
const WAITING: &str = "select count(*) from pg_stat_activity \
    where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'";

/// Waits until so many connections wait for a lane.
async fn until_waiting(pool: &PgPool, n: i64) {
    let waiting = async {
        while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(pool).await.expect("a count") < n {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("lanes are waited for");
}

/// Who wants something of a workspace waits for its lane; all others go on meanwhile, as many times as they like. More lanes
/// are kept here than are waited for at once.
#[tokio::test]
async fn nobody_waits_for_the_lane_of_another_workspace() {
    let world = World::new(Backend::Postgres).await;
    let pool = PgPool::connect(&world.url).await.expect("the database answers");
    let mut other = pool.begin().await.expect("a transaction");
    let mut kept = Vec::new();
    for n in 0..5 {
        let name = format!("Kept {n}");
        let workspace = world.workspace(&name).await;
        kept.push(world.input(&format!("kept-{n}"), "Backend").await);
        let lane = sqlx::query("select pg_advisory_xact_lock($1)").bind(workspace.0);
        lane.execute(&mut *other).await.expect("the lane");
    }
    world.workspace("Quiet").await;
    let quiet = world.input("quiet", "Backend").await;
    let answered = AtomicU64::default();
    let small = join_all((0..10).map(|n| {
        let (world, input, answered) = (&world, &kept[n % 5], &answered);
        async move {
            let status = world.event(input, &batch(&format!("small{n}"))).await.status;
            answered.fetch_add(1, Ordering::SeqCst);
            status
        }
    }));
    let large: Vec<Value> = (0..100).map(|n| batch(&format!("large{n}"))).collect();
    let authorization = basic(&kept[0].0, &kept[0].1);
    let large = world.ask("POST", "/v2/bulkevents", Some(&authorization), Value::from(large).to_string());
    let meanwhile = async {
        until_waiting(&pool, 2).await;
        for n in 0..20 {
            let event = batch(&format!("quiet{n}"));
            let answer = tokio::time::timeout(Duration::from_secs(5), world.event(&quiet, &event)).await;
            assert_eq!(answer.expect("not while a lane is waited for").status, 202);
        }
        assert_eq!(answered.load(Ordering::SeqCst), 0, "it is their workspaces' lane");
        other.commit().await.expect("committed");
    };
    let (small, large, ()) = tokio::join!(small, large, meanwhile);
    assert_eq!((small, large.status), (vec![StatusCode::ACCEPTED; 10], StatusCode::ACCEPTED));
    let devices: Vec<(i64, i64)> =
        world.rows("select workspace_id, count(*) from devices group by workspace_id order by count(*)").await;
    assert_eq!(devices.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [2, 2, 2, 2, 20, 102]);
    world.assert_holds().await;
}

/// Connections are replaced while lanes are kept, some of them waited for and some tried: as after a failover, when those
/// that were made to the old primary may only read. Whoever waits for nothing goes on.
#[tokio::test]
async fn connections_are_replaced_while_lanes_are_kept() {
    let world = World::new(Backend::Postgres).await;
    // Whatever the database says of others.
    let options: PgConnectOptions = world.url.parse().expect("an address");
    let options = options.options([("default_transaction_read_only", "off")]);
    let pool = PgPool::connect_with(options).await.expect("the database answers");
    let admin = |sql: &'static str| sqlx::raw_sql(sql).execute(&pool);
    const READ_ONLY: &str = "do $$ begin execute format('alter database %I set default_transaction_read_only = on', \
        current_database()); end $$; select pg_terminate_backend(pid) from pg_stat_activity \
        where datname = current_database() and pid <> pg_backend_pid() and state = 'idle'";
    const AS_BEFORE: &str = "do $$ begin execute format('alter database %I reset \
        default_transaction_read_only', current_database()); end $$";
    let mut other = pool.begin().await.expect("a transaction");
    let mut kept = Vec::new();
    for n in 0..5 {
        let workspace = world.workspace(&format!("Kept {n}")).await;
        kept.push(world.input(&format!("kept-{n}"), "Backend").await);
        let lane = sqlx::query("select pg_advisory_xact_lock($1)").bind(workspace.0);
        lane.execute(&mut *other).await.expect("the lane");
    }
    world.workspace("Quiet").await;
    let quiet = world.input("quiet", "Backend").await;
    let over = AtomicBool::new(false);
    let waiting = join_all(kept.iter().enumerate().map(|(n, input)| {
        let (world, over) = (&world, &over);
        async move {
            let event = batch(&format!("kept{n}"));
            while !over.load(Ordering::SeqCst) {
                world.event(input, &event).await;
            }
        }
    }));
    let meanwhile = async {
        for n in 0..6 {
            until_waiting(&pool, 1).await;
            admin(READ_ONLY).await.expect("an administrator may");
            let event = batch(&format!("quiet{n}"));
            let sent = async {
                let first = world.event(&quiet, &event).await.status;
                admin(AS_BEFORE).await.expect("an administrator may");
                let mut status = first;
                while status != StatusCode::ACCEPTED {
                    status = world.event(&quiet, &event).await.status;
                }
            };
            tokio::time::timeout(Duration::from_secs(8), sent).await.expect("nobody waits for ever");
        }
        over.store(true, Ordering::SeqCst);
        other.commit().await.expect("committed");
    };
    tokio::join!(waiting, meanwhile);
    world.assert_holds().await;
}

/// Another process that is busy in thirty workspaces keeps none of them out here: each gets its turn, the last as the first.
#[tokio::test]
async fn workspaces_that_another_process_is_busy_in_get_their_turns() {
    const WORKSPACES: usize = 30;
    const BUSY: Duration = Duration::from_millis(20);
    let world = World::new(Backend::Postgres).await;
    let pool = PgPool::connect(&world.url).await.expect("the database answers");
    let (mut lanes, mut inputs) = (Vec::new(), Vec::new());
    for n in 0..WORKSPACES {
        lanes.push(world.workspace(&format!("Busy {n}")).await.0);
        inputs.push(world.input(&format!("busy-{n}"), "Backend").await);
    }
    let over = AtomicBool::new(false);
    let another = async {
        while !over.load(Ordering::SeqCst) {
            let mut tx = pool.begin().await.expect("a transaction");
            let free =
                sqlx::query("select lane from unnest($1::bigint[]) as lane where pg_try_advisory_xact_lock(lane)");
            free.bind(&lanes).execute(&mut *tx).await.expect("free lanes");
            tokio::time::sleep(BUSY).await;
            tx.commit().await.expect("committed");
        }
    };
    let until = Instant::now() + Duration::from_secs(10);
    let sends = async {
        let longest = join_all(inputs.iter().enumerate().map(|(at, input)| {
            let world = &world;
            async move {
                let (mut n, mut longest) = (0, Duration::ZERO);
                while Instant::now() < until {
                    let (begun, event) = (Instant::now(), batch(&format!("{at}-{n}")));
                    assert_eq!(world.event(input, &event).await.status, StatusCode::ACCEPTED, "workspace {at}");
                    (n, longest) = (n + 1, longest.max(begun.elapsed()));
                }
                longest
            }
        }));
        let longest = longest.await;
        over.store(true, Ordering::SeqCst);
        longest
    };
    let ((), longest) = tokio::join!(another, sends);
    assert!(longest.iter().all(|longest| *longest < Duration::from_secs(3)), "{longest:?}");
    world.assert_holds().await;
}

/// Lanes that are kept take no places from one that others only pass on to each other, and which is never free therefore.
#[tokio::test]
async fn lanes_that_are_kept_keep_nobody_from_one_that_moves() {
    const BUSY: Duration = Duration::from_millis(20);
    let world = World::new(Backend::Postgres).await;
    let pool = PgPool::connect(&world.url).await.expect("the database answers");
    let mut keeper = pool.begin().await.expect("a transaction");
    let mut kept = Vec::new();
    for n in 0..3 {
        let lane = world.workspace(&format!("Kept {n}")).await.0;
        kept.push(world.input(&format!("kept-{n}"), "Backend").await);
        let keep = sqlx::query("select pg_advisory_xact_lock($1)").bind(lane);
        keep.execute(&mut *keeper).await.expect("the lane");
    }
    let lane = world.workspace("Moving").await.0;
    let moving = world.input("moving", "Backend").await;
    let over = AtomicBool::new(false);
    let others = join_all((0..3).map(|_| {
        let (pool, over) = (&pool, &over);
        async move {
            while !over.load(Ordering::SeqCst) {
                let mut tx = pool.begin().await.expect("a transaction");
                let wait = sqlx::query("select pg_advisory_xact_lock($1)").bind(lane);
                wait.execute(&mut *tx).await.expect("the lane");
                tokio::time::sleep(BUSY).await;
                tx.commit().await.expect("committed");
            }
        }
    }));
    let waiting = join_all(kept.iter().map(|input| {
        let (world, over) = (&world, &over);
        async move {
            while !over.load(Ordering::SeqCst) {
                world.event(input, &batch("kept")).await;
            }
        }
    }));
    let mine = async {
        until_waiting(&pool, 4).await;
        let (mut longest, until) = (Duration::ZERO, Instant::now() + Duration::from_secs(7));
        let mut n = 0;
        while Instant::now() < until {
            let begun = Instant::now();
            let answer = world.event(&moving, &batch(&format!("mine-{n}"))).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
            (n, longest) = (n + 1, longest.max(begun.elapsed()));
        }
        over.store(true, Ordering::SeqCst);
        keeper.commit().await.expect("committed");
        longest
    };
    let (_, _, longest) = tokio::join!(others, waiting, mine);
    assert!(longest < Duration::from_millis(2500), "{longest:?}");
    world.assert_holds().await;
}

/// Large requests of a workspace that another process is busy in do not keep its small ones out, whatever others send.
#[tokio::test]
async fn small_and_large_requests_that_wait_aside_take_turns() {
    const BUSY: Duration = Duration::from_millis(20);
    let world = World::new(Backend::Postgres).await;
    let pool = PgPool::connect(&world.url).await.expect("the database answers");
    let lane = world.workspace("Shared").await.0;
    let shared = world.input("shared", "Backend").await;
    let mut others = Vec::new();
    for n in 0..4 {
        world.workspace(&format!("Other {n}")).await;
        others.push(world.input(&format!("other-{n}"), "Backend").await);
    }
    let over = AtomicBool::new(false);
    let until = Instant::now() + Duration::from_secs(8);
    let goes_on = || !over.load(Ordering::SeqCst);
    let another = async {
        while goes_on() {
            let mut tx = pool.begin().await.expect("a transaction");
            let wait = sqlx::query("select pg_advisory_xact_lock($1)").bind(lane);
            wait.execute(&mut *tx).await.expect("the lane");
            tokio::time::sleep(BUSY).await;
            tx.commit().await.expect("committed");
        }
    };
    let large = join_all((0..6).map(|at| {
        let (world, shared, goes_on) = (&world, &shared, &goes_on);
        async move {
            let mut n = 0;
            while goes_on() {
                let batches: Vec<Value> = (0..100).map(|of| batch(&format!("large-{at}-{n}-{of}"))).collect();
                let authorization = basic(&shared.0, &shared.1);
                world.ask("POST", "/v2/bulkevents", Some(&authorization), Value::from(batches).to_string()).await;
                n += 1;
            }
        }
    }));
    let small = join_all(others.iter().map(|input| {
        let (world, goes_on) = (&world, &goes_on);
        async move {
            let mut n = 0;
            while goes_on() {
                world.event(input, &batch(&format!("other-{n}"))).await;
                n += 1;
            }
        }
    }));
    let mine = async {
        let (mut n, mut longest) = (0, Duration::ZERO);
        while Instant::now() < until {
            let (begun, event) = (Instant::now(), batch(&format!("mine-{n}")));
            assert_eq!(world.event(&shared, &event).await.status, StatusCode::ACCEPTED);
            (n, longest) = (n + 1, longest.max(begun.elapsed()));
        }
        over.store(true, Ordering::SeqCst);
        longest
    };
    let ((), _, _, longest) = tokio::join!(another, large, small, mine);
    assert!(longest < Duration::from_secs(3), "{longest:?}");
    world.assert_holds().await;
}

/// Who waits for a lane in vain is told so, and the next one finds it free.
#[tokio::test]
async fn a_lane_that_is_kept_for_too_long_is_told() {
    let world = World::new(Backend::Postgres).await;
    let kept = world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    let pool = PgPool::connect(&world.url).await.expect("the database answers");
    let mut other = pool.begin().await.expect("a transaction");
    let lane = sqlx::query("select pg_advisory_xact_lock($1)").bind(kept.0);
    lane.execute(&mut *other).await.expect("the lane");
    let (first, second) = (batch("first"), batch("second"));
    let (first, second) = tokio::join!(world.event(&input, &first), world.event(&input, &second));
    for refused in [first, second] {
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.body);
    }
    other.commit().await.expect("committed");
    assert_eq!(world.event(&input, &batch("third")).await.status, StatusCode::ACCEPTED);
    let devices: Vec<(i64,)> = world.rows("select count(*) from devices").await;
    assert_eq!(devices, [(1,)]);
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
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < until, "it was never stopped in a commit");
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
