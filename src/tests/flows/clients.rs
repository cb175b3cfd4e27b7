//! The official clients, unchanged but for the host, against a server on a port of its own.

use crate::harness::{World, on_both};
use attest::domain::role::Role;
use serde_json::json;
use std::path::PathBuf;
use tokio::process::Command;

on_both! {
    the_official_python_client
    the_official_node_client
}

/// Where set-up put the Python that has the official client.
pub fn python() -> PathBuf {
    let said = std::env::var("ATTEST_PYTHON").ok().filter(|path| !path.is_empty()).map(PathBuf::from);
    let home = || PathBuf::from(std::env::var("HOME").unwrap_or_default()).join(".cache/attest/python/bin/python");
    said.unwrap_or_else(home)
}

async fn send(world: &World, program: PathBuf, script: &str) {
    world.workspace("Acme").await;
    let ((key, secret), token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    let origin = world.serve().await;
    let script = format!("{}/end2end/clients/{script}", env!("CARGO_MANIFEST_DIR"));
    let sent = Command::new(&program).args([&script, &origin, &key, &secret]).output().await;
    let sent = sent.unwrap_or_else(|error| panic!("{}: {error}; scripts/setup.sh test installs it", program.display()));
    let (out, errors) = (String::from_utf8_lossy(&sent.stdout), String::from_utf8_lossy(&sent.stderr));
    assert!(sent.status.success() && out.contains("sent"), "{out}{errors}");
    for unit in ["profiles", "devices"] {
        let read = world.distribution("acme", &token, &format!("unit={unit}")).await;
        assert_eq!(
            read["counts"],
            json!({"authorized": 1, "denied": 1, "restricted": 0, "not_determined": 1, "unknown": 0})
        );
    }
    world.assert_holds().await;
}

async fn the_official_python_client(world: World) {
    send(&world, python(), "send.py").await;
}

async fn the_official_node_client(world: World) {
    send(&world, PathBuf::from("node"), "send.cjs").await;
}
