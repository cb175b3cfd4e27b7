//! What is erased can be read nowhere in SQLite's files, soon after.

use super::erasure::change;
use super::sender::Sender;
use crate::harness::{Backend, World};
use attest::domain::att::Policy;
use attest::domain::time::{DAY, HOUR};
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

const IDFA: &str = "5e5e5e5e-0000-4000-8000-";

fn phone(n: i64, status: &str) -> Value {
    json!({"device_info": {"platform": "iOS", "os_version": "17.5", "ios_idfv": format!("v{n}"),
        "ios_advertising_id": format!("{IDFA}{n:012}"), "att_authorization_status": status}})
}

/// How often an advertising id stands in the write-ahead log. Read by another process: this one would let go of SQLite's
/// locks when it closed a file of its.
fn traces(world: &World) -> usize {
    let file = world.url.strip_prefix("sqlite://").expect("a file");
    let found = Command::new("grep").args(["--text", "--only-matching", IDFA, &format!("{file}-wal")]).output();
    found.expect("grep runs").stdout.iter().filter(|byte| **byte == b'\n').count()
}

async fn no_trace_within_a_minute(world: &World) {
    let gone = async {
        while traces(world) > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone).await.expect("no trace after a minute");
}

#[tokio::test]
async fn a_refused_id_is_gone_from_the_files_within_a_minute() {
    let world = World::new(Backend::Sqlite).await;
    let sender = Sender::new(&world).await;
    let system = world.system.clone();
    sender.send(&(0..200).map(|n| phone(n, "authorized")).collect::<Vec<_>>()).await;
    assert!(traces(&world) >= 200);
    let keeping = tokio::spawn(async move { system.keep_checkpoints().await });
    world.clock.advance(HOUR);
    sender.send(&(0..200).map(|n| phone(n, "denied")).collect::<Vec<_>>()).await;
    no_trace_within_a_minute(&world).await;
    keeping.abort();
}

#[tokio::test]
async fn after_an_erasure_nothing_of_it_is_in_the_files() {
    let world = World::new(Backend::Sqlite).await;
    let sender = Sender::new(&world).await;
    let system = world.system.clone();
    let keeping = tokio::spawn(async move { system.keep_checkpoints().await });
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&(0..200).map(|n| phone(n, "denied")).collect::<Vec<_>>()).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(3 * DAY);
    world.run_jobs().await;
    assert_eq!(world.rows::<(String, i64)>("select cursor, erased from erasures").await, [(String::new(), 200)]);
    no_trace_within_a_minute(&world).await;
    keeping.abort();
}
