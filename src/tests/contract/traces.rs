//! Advertising ids are never in the database in clear text, and what is erased is soon in no log.

use super::erasing::change;
use super::sender::Sender;
use crate::harness::{Backend, World};
use attest::domain::att::Policy;
use attest::domain::time::{DAY, HOUR};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use std::process::Command;
use std::time::Duration;

const IDFA: &str = "5e5e5e5e-0000-4000-8000-";

fn phone(n: i64, status: &str) -> Value {
    json!({"device_info": {"platform": "iOS", "os_version": "17.5", "ios_idfv": format!("v{n}"),
        "ios_advertising_id": format!("{IDFA}{n:012}"), "att_authorization_status": status}})
}

/// How often one of these texts stands in a file of the database. Read by another process: this one would let go of
/// SQLite's locks when it closed a file of its.
fn found(world: &World, ending: &str, texts: &[String]) -> usize {
    let file = world.url.strip_prefix("sqlite://").expect("a file");
    let mut grep = Command::new("grep");
    grep.args(["--text", "--only-matching", "--fixed-strings"]);
    texts.iter().for_each(|text| {
        grep.args(["-e", text]);
    });
    let found = grep.arg(format!("{file}{ending}")).output().expect("grep runs");
    found.stdout.iter().filter(|byte| **byte == b'\n').count()
}

/// As they are stored.
async fn sealed(world: &World) -> Vec<String> {
    const SQL: &str = "select value from device_identifiers where kind = 'ios_advertising_id'";
    world.rows::<(String,)>(SQL).await.into_iter().map(|(text,)| text).collect()
}

async fn no_trace_within_a_minute(world: &World, sealed: &[String]) {
    // Of a page that was split a sealed text may be left over, by chance; what was removed is overwritten, in the file when
    // the log is copied.
    let gone = async {
        while found(world, "-wal", sealed) > 0 || found(world, "", sealed) > sealed.len() / 5 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let left = || format!("{} in the log, {} in the file", found(world, "-wal", sealed), found(world, "", sealed));
    assert!(tokio::time::timeout(Duration::from_secs(60), gone).await.is_ok(), "after a minute: {}", left());
    for ending in ["", "-wal"] {
        assert_eq!(found(world, ending, &[IDFA.to_owned()]), 0, "never in clear text");
    }
}

#[tokio::test]
async fn a_refused_id_is_gone_from_the_files_within_a_minute() {
    let world = World::new(Backend::Sqlite).await;
    let sender = Sender::new(&world).await;
    let system = world.system.clone();
    sender.send(&(0..200).map(|n| phone(n, "authorized")).collect::<Vec<_>>()).await;
    let stored = sealed(&world).await;
    assert!(found(&world, "-wal", &stored) >= 200 && found(&world, "-wal", &[IDFA.to_owned()]) == 0);
    let keeping = tokio::spawn(async move { system.keep_write_ahead_log().await });
    world.clock.advance(HOUR);
    sender.send(&(0..200).map(|n| phone(n, "denied")).collect::<Vec<_>>()).await;
    assert_eq!(sealed(&world).await, Vec::<String>::new());
    no_trace_within_a_minute(&world, &stored).await;
    keeping.abort();
}

#[tokio::test]
async fn after_an_erasure_nothing_of_it_is_in_the_files() {
    let world = World::new(Backend::Sqlite).await;
    let sender = Sender::new(&world).await;
    let system = world.system.clone();
    let keeping = tokio::spawn(async move { system.keep_write_ahead_log().await });
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&(0..200).map(|n| phone(n, "denied")).collect::<Vec<_>>()).await;
    let stored = sealed(&world).await;
    assert_eq!(stored.len(), 200);
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(3 * DAY);
    world.run_jobs().await;
    assert_eq!(world.rows::<(String, i64)>("select cursor, erased from erasures").await, [(String::new(), 200)]);
    no_trace_within_a_minute(&world, &stored).await;
    keeping.abort();
}

/// While small requests come the writer copies the log between two commits; for a few batches it is not worth it.
#[tokio::test]
async fn the_log_is_copied_between_commits_once_that_is_worth_it() {
    let world = World::new(Backend::Sqlite).await;
    let sender = Sender::new(&world).await;
    sender.send_unchecked(&(0..200).map(|n| phone(n, "authorized")).collect::<Vec<_>>()).await;
    let stored = sealed(&world).await;
    world.store.copy_log_in_between().await;
    assert_eq!((stored.len(), found(&world, "", &stored)), (200, 0));
    sender.send_unchecked(&(200..250).map(|n| phone(n, "authorized")).collect::<Vec<_>>()).await;
    world.store.copy_log_in_between().await;
    assert!(found(&world, "", &stored) >= 200, "{}", found(&world, "", &stored));
    // The next commit begins the log anew, so that it is no longer than what is stored from copy to copy.
    let log = || std::fs::metadata(format!("{}-wal", world.url.strip_prefix("sqlite://").expect("a file")));
    let before = log().expect("a log").len();
    for n in 0..10 {
        let first = 250 * (n + 1);
        sender.send_unchecked(&(first..first + 250).map(|n| phone(n, "authorized")).collect::<Vec<_>>()).await;
        world.store.copy_log_in_between().await;
    }
    let after = log().expect("a log").len();
    assert!(after < 3 * before, "{before} bytes became {after}");
}

/// Looking through a log that somebody keeps from being copied takes the longer, the longer it is.
#[tokio::test]
async fn a_log_that_is_held_up_is_not_looked_through_between_commits() {
    let world = World::new(Backend::Sqlite).await;
    let sender = Sender::new(&world).await;
    let mut reader = SqliteConnection::connect(&world.url).await.expect("a connection");
    sqlx::raw_sql("begin; select count(*) from devices").execute(&mut reader).await.expect("a moment to read");
    for n in [0, 250] {
        sender.send_unchecked(&(n..n + 250).map(|n| phone(n, "authorized")).collect::<Vec<_>>()).await;
        world.store.copy_log_in_between().await;
        assert_eq!(found(&world, "", &sealed(&world).await), 0);
        if n == 0 {
            sqlx::raw_sql("rollback").execute(&mut reader).await.expect("it ends");
        }
    }
    // Whoever copies it beside the commits begins it anew.
    let system = world.system.clone();
    let keeping = tokio::spawn(async move { system.keep_write_ahead_log().await });
    let copied = async {
        while found(&world, "", &sealed(&world).await) == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), copied).await.expect("it is copied");
    keeping.abort();
}
