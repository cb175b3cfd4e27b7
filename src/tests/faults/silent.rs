//! Connections to Postgres whose other end is gone without a word, as after a failover or behind a firewall that forgot them: no
//! answer comes by them, and nobody says so.

use crate::harness::{World, fresh_database};
use attest::domain::permission::Permission;
use attest::domain::role::Role;
use attest::server::store::{Purpose, WorkspaceRef};
use futures::future::join_all;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::Instant;

const SOCKET: &str = ".s.PGSQL.5432";

/// What stands between a process and its database.
struct Between {
    folder: TempDir,
    silences: watch::Sender<u32>,
}

impl Between {
    fn before(postgres: &str) -> Self {
        let folder = tempfile::tempdir().expect("no temporary folder");
        let (silences, _) = watch::channel(0);
        let listener = UnixListener::bind(folder.path().join(SOCKET)).expect("a socket");
        let (postgres, told) = (Path::new(postgres).join(SOCKET), silences.clone());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (postgres, mut silenced) = (postgres.clone(), told.subscribe());
                tokio::spawn(async move {
                    let mut far = UnixStream::connect(postgres).await.expect("Postgres listens");
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        // Both stay open, and nothing goes on.
                        _ = silenced.changed() => std::future::pending().await,
                    }
                });
            }
        });
        Self { folder, silences }
    }

    /// Nothing comes by the connections of this moment any more; new ones work.
    fn silence(&self) {
        self.silences.send_modify(|times| *times += 1);
    }
}

/// A world whose database is behind that, and the database's own address.
async fn world_behind() -> (World, Between, String) {
    let url = fresh_database().await;
    let (base, host) = url.split_once("?host=").expect("a socket's folder");
    let between = Between::before(host);
    let through = format!("{base}?host={}", between.folder.path().display());
    let world = World::at(through, tempfile::tempdir().expect("no temporary folder")).await;
    (world, between, url)
}

/// Waits until so many statements wait for a lock.
async fn until_so_many_wait(url: &str, so_many: i64) {
    const WAITING: &str =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let mut watcher = PgConnection::connect(url).await.expect("Postgres answers");
    while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(&mut watcher).await.expect("a number") < so_many {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Who reads goes on too, and whoever sends is known again, when the silence came while all connections that say who they are were
/// in the middle of a statement: then none is idle, and none is given back by itself.
#[tokio::test]
async fn callers_are_known_again_when_all_statements_under_way_keep_silent() {
    let (world, between, url) = world_behind().await;
    world.workspace("One").await;
    let input = world.input("one", "Backend").await;
    let batch = |n: usize| json!({"environment": "production", "mp_deviceid": format!("{n}"), "device_info": {"platform": "iOS"}});
    let mut locker = PgConnection::connect(&url).await.expect("Postgres answers");
    sqlx::raw_sql("begin; lock table credentials").execute(&mut locker).await.expect("locked");
    let all_wait = async {
        until_so_many_wait(&url, 4).await;
        between.silence();
        sqlx::raw_sql("rollback").execute(&mut locker).await.expect("unlocked");
    };
    let batches: Vec<_> = (0..4).map(batch).collect();
    let silenced = join_all(batches.iter().map(|batch| world.event(&input, batch)));
    let until = Instant::now() + Duration::from_secs(60);
    let (silenced, ()) = tokio::join!(silenced, all_wait);
    for reply in silenced {
        assert_eq!(reply.status.as_u16(), 503, "nothing was stored: {}", reply.body);
    }
    while world.event(&input, &batch(9)).await.status.as_u16() != 202 {
        assert!(Instant::now() < until, "whoever sends stays unknown");
    }
    world.assert_holds().await;
}

/// The event stream goes on by new connections, in the time that is said, and what was acknowledged is there.
#[tokio::test]
async fn the_event_stream_goes_on_when_its_connections_keep_silent() {
    const SENDERS: usize = 6;
    let (world, between, _) = world_behind().await;
    let mut inputs = Vec::new();
    for name in ["One", "Two"] {
        world.workspace(name).await;
        inputs.push(world.input(&name.to_lowercase(), "Backend").await);
    }
    let until = Instant::now() + Duration::from_secs(30);
    let senders = (0..SENDERS).map(|at| {
        let (world, input) = (&world, &inputs[at % 2]);
        async move {
            let (mut n, mut longest, mut accepted, mut last) = (0, Duration::ZERO, 0, 0);
            while Instant::now() < until {
                let batch = json!({"environment": "production", "mp_deviceid": format!("{at}-{n}"), "device_info": {"platform": "iOS"}});
                let begun = Instant::now();
                last = world.event(input, &batch).await.status.as_u16();
                assert!([202, 500, 503].contains(&last), "{last}");
                (n, longest, accepted) = (n + 1, longest.max(begun.elapsed()), accepted + i64::from(last == 202));
            }
            (longest, accepted, last)
        }
    });
    let silence = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        between.silence();
    };
    let (told, ()) = tokio::join!(join_all(senders), silence);
    for (longest, _, last) in &told {
        assert!(*longest < Duration::from_secs(25) && *last == 202, "{told:?}");
    }
    let accepted: i64 = told.iter().map(|(_, accepted, _)| accepted).sum();
    let devices: Vec<(i64,)> = world.rows("select count(*) from devices").await;
    assert!(devices[0].0 >= accepted, "{devices:?} of {accepted}");
    world.assert_holds().await;
}

/// A connection that falls silent after its last answer keeps its place no longer than any other; of searches there is one.
#[tokio::test]
async fn a_connection_that_is_given_back_in_silence_leaves_its_place() {
    let (world, between, _) = world_behind().await;
    let workspace = WorkspaceRef::Id(world.workspace("One").await);
    let searches = world.store.for_purpose(Purpose::Search);
    let search = async || searches.view(&World::actor(), workspace.clone(), Permission::SeeAudit).await;
    let searched = search().await.expect("a search");
    let until = Instant::now() + Duration::from_secs(40);
    between.silence();
    drop(searched);
    while search().await.is_err() {
        assert!(Instant::now() < until, "nobody can search any more");
    }
}

/// A reader who goes while the others are asked whether any of them answers takes no place of the event stream away.
#[tokio::test]
async fn a_reader_who_gives_up_in_silence_takes_no_place_away() {
    let (world, between, url) = world_behind().await;
    world.workspace("One").await;
    let input = world.input("one", "Backend").await;
    let ada = world.sign_in(&world.member("one", "Ada", Role::Admin).await).await;
    let batch = json!({"environment": "production", "mp_deviceid": "1", "device_info": {"platform": "iOS"}});
    assert_eq!(world.event(&input, &batch).await.status.as_u16(), 202);
    let mut locker = PgConnection::connect(&url).await.expect("Postgres answers");
    sqlx::raw_sql("begin; lock table annotations").execute(&mut locker).await.expect("locked");
    let reads = tokio::time::timeout(Duration::from_millis(20_500), world.get("/w/one/metrics/releases", &ada));
    let silence = async {
        until_so_many_wait(&url, 1).await;
        between.silence();
        sqlx::raw_sql("rollback").execute(&mut locker).await.expect("unlocked");
    };
    let (read, ()) = tokio::join!(reads, silence);
    assert!(read.is_err(), "it is asked for longer");
    let until = Instant::now() + Duration::from_secs(40);
    while world.store.connections().await.into_iter().any(|(_, all, idle)| all as usize > idle) {
        assert!(Instant::now() < until, "{:?}", world.store.connections().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
