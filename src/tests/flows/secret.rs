//! The installation's secret, as somebody who runs the program meets it.

use crate::harness::{SECRET_TEXT, fresh_database};
use std::fs::{Permissions, metadata, read_to_string, set_permissions, write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// How a command ended, and all that it said.
async fn run(folder: &Path, url: &str, variables: &[(&str, &str)], arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
    command.env_remove("ATTEST_SECRET_KEY").env_remove("ATTEST_SECRET_KEY_FILE").envs(variables.iter().copied());
    command.stdin(Stdio::null()).current_dir(folder).arg("--database-url").arg(url).args(arguments);
    let output = command.output().await.expect("the binary starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

const ADD: [&str; 4] = ["workspace", "add", "--name", "Acme"];
const CHECK: [&str; 1] = ["check"];

#[tokio::test]
async fn sqlite_has_a_file_beside_it_that_is_made_once_and_never_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (folder, key) = (folder.path(), folder.path().join("attest.key"));
    let url = format!("sqlite://{}/attest.db", folder.display());
    let refused = async |variables: &[(&str, &str)], what: &str| {
        let (code, said) = run(folder, &url, variables, &CHECK).await;
        assert!(code == Some(2) && said.contains(what) && said.trim_end().lines().count() == 1, "{what}: {said}");
        assert!(!said.contains(SECRET_TEXT), "no secret is told");
    };
    assert_eq!(run(folder, &url, &[], &ADD).await.0, Some(0));
    let made = read_to_string(&key).expect("it was made");
    assert_eq!(metadata(&key).expect("a file").mode() & 0o777, 0o600);
    assert_eq!(run(folder, &url, &[], &CHECK).await.0, Some(0));
    assert_eq!(read_to_string(&key).expect("a file"), made);
    // The same secret, said otherwise.
    let said = made.trim();
    assert_eq!(run(folder, &url, &[("ATTEST_SECRET_KEY", said)], &CHECK).await.0, Some(0));
    refused(&[("ATTEST_SECRET_KEY", SECRET_TEXT)], "is not the one").await;
    refused(&[("ATTEST_SECRET_KEY", "c2hvcnQ=")], "ATTEST_SECRET_KEY: it must be 32 bytes").await;
    refused(&[("ATTEST_SECRET_KEY", said), ("ATTEST_SECRET_KEY_FILE", "attest.key")], "not both").await;
    refused(&[("ATTEST_SECRET_KEY_FILE", "nowhere")], "there is no such file").await;
    set_permissions(&key, Permissions::from_mode(0o644)).expect("a mode");
    refused(&[], "chmod 600").await;
    set_permissions(&key, Permissions::from_mode(0o600)).expect("a mode");
    write(&key, SECRET_TEXT).expect("written");
    refused(&[], "attest.key is not the one").await;
    write(&key, "").expect("written");
    refused(&[], "it must be 32 bytes").await;
    std::fs::remove_file(&key).expect("removed");
    refused(&[], "attest.key is missing").await;
    assert!(!key.exists(), "none is made for a database that has keys");
    write(&key, &made).expect("written");
    set_permissions(&key, Permissions::from_mode(0o600)).expect("a mode");
    assert_eq!(run(folder, &url, &[], &CHECK).await.0, Some(0));
}

#[tokio::test]
async fn postgres_asks_for_a_secret_and_key_make_prints_one() {
    let (folder, url) = (tempfile::tempdir().expect("a folder"), fresh_database().await);
    let (code, said) = run(folder.path(), &url, &[], &ADD).await;
    assert!(code == Some(2) && said.contains("attest key make") && said.contains("ATTEST_SECRET_KEY"), "{said}");
    let (code, made) = run(folder.path(), &url, &[], &["key", "make"]).await;
    assert_eq!(code, Some(0));
    assert_ne!(made, run(folder.path(), &url, &[], &["key", "make"]).await.1);
    assert_eq!(run(folder.path(), &url, &[("ATTEST_SECRET_KEY", &made)], &ADD).await.0, Some(0));
    let (code, said) = run(folder.path(), &url, &[], &CHECK).await;
    assert!(code == Some(2) && said.contains("begun with"), "{said}");
    let (code, said) = run(folder.path(), &url, &[("ATTEST_SECRET_KEY", SECRET_TEXT)], &CHECK).await;
    assert!(code == Some(2) && said.contains("is not the one"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left in a file");
    let (_, said) = run(folder.path(), &url, &[("ATTEST_SECRET_KEY", &made)], &["config"]).await;
    assert!(said.contains("secret_key") && !said.contains(made.trim()), "{said}");
}
