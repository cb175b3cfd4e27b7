//! Connections to Postgres whose other end is gone without a word, as after a failover or behind a firewall that forgot them: no
//! answer comes by them, and nobody says so.

use crate::harness::{World, fresh_database};
use futures::future::join_all;
use serde_json::json;
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

/// The event stream goes on by new connections, in the time that is said, and what was acknowledged is there.
#[tokio::test]
async fn the_event_stream_goes_on_when_its_connections_keep_silent() {
    const SENDERS: usize = 6;
    let url = fresh_database().await;
    let (base, host) = url.split_once("?host=").expect("a socket's folder");
    let between = Between::before(host);
    let through = format!("{base}?host={}", between.folder.path().display());
    let world = World::at(through, tempfile::tempdir().expect("no temporary folder")).await;
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
