//! A killed process cannot show a flush that is missing: the flushes are counted.

use crate::harness::{Binary, SECRET_TEXT, report, send, sqlite_in};
use std::process::Stdio;
use tokio::process::Command;

/// Requests one after the other, so that each has a commit of its own.
const REQUESTS: usize = 25;

#[tokio::test]
async fn every_commit_of_sqlite_is_flushed() {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = Binary { url: sqlite_in(folder.path()) };
    let authorization = binary.set_up().await;
    let trace = folder.path().join("trace");
    let mut traced = Command::new("strace");
    // Traced from aside, so that what is killed at the end is the server itself.
    traced.args(["-D", "-f", "-y", "-e", "trace=fdatasync,fsync", "-o"]).arg(&trace).arg(env!("CARGO_BIN_EXE_attest"));
    traced.args(["--database-url", &binary.url]).env("ATTEST_ADDR", "127.0.0.1:0").env("ATTEST_LOG", "off");
    traced.env("ATTEST_SECRET_KEY", SECRET_TEXT);
    traced.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let server = binary.serve_by(traced).await;
    let flushes = || {
        let text = std::fs::read_to_string(&trace).unwrap_or_default();
        text.lines().filter(|line| line.contains("sync(") && line.contains("attest.db-wal>")).count()
    };
    let before = flushes();
    for number in 0..REQUESTS as u64 {
        let sent = send(&server.address, &authorization, &report(number, number, number, "denied")).await;
        assert_eq!(sent.expect("an answer"), 202);
        assert!(flushes() > before + number as usize, "answered before it was flushed");
    }
}
