//! A server that is asked to stop leaves a file that is whole by itself, and no log in which what was erased can be read.

use crate::harness::{Binary, report, send, sqlite_in};
use std::io::ErrorKind;
use tokio::process::Command;

/// What is left over is so by chance: which thread ends first.
const STOPS: u64 = 6;
const REQUESTS: u64 = 300;

#[tokio::test]
async fn a_stopped_server_leaves_no_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = Binary { url: sqlite_in(folder.path()) };
    let authorization = binary.set_up().await;
    for stop in 0..STOPS {
        let mut server = binary.serve().await;
        for number in stop * REQUESTS..(stop + 1) * REQUESTS {
            let sent = send(&server.address, &authorization, &report(number, number, number, "denied")).await;
            assert_eq!(sent.expect("an answer"), 202);
        }
        let process = server.child.id().expect("it runs").to_string();
        assert!(Command::new("kill").arg(process).status().await.expect("kill runs").success());
        assert!(server.child.wait().await.expect("it ends").success());
        for ending in ["-wal", "-shm"] {
            let left = std::fs::metadata(folder.path().join(format!("attest.db{ending}")));
            assert_eq!(left.map(|file| file.len()).map_err(|error| error.kind()), Err(ErrorKind::NotFound), "{ending}");
        }
    }
    binary.assert_holds().await;
}
