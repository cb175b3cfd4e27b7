//! The binary itself: what it says at its start, and that two servers never share one SQLite file.

use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

fn attest(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
    command.env("ATTEST_ADDR", "127.0.0.1:0").current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    // The site lies in the checkout while developing, and its path is compiled in.
    command.arg("--database-url").arg(format!("sqlite://{}/attest.db", folder.display()));
    command
}

async fn started(folder: &Path) -> (Child, Lines<BufReader<ChildStdout>>, String) {
    let mut child = attest(folder).arg("serve").spawn().expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let first = lines.next_line().await.expect("a line").expect("a line");
    (child, lines, first)
}

#[tokio::test]
async fn a_second_server_on_the_same_file_says_so_and_stops() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut first, mut lines, said) = started(folder.path()).await;
    assert!(said.starts_with("Attest serves http://127.0.0.1:"), "{said}");
    lines.next_line().await.expect("a line");
    let link = lines.next_line().await.expect("a line").expect("the set-up link");
    assert!(link.contains("/set-up?token="), "{link}");
    let second = attest(folder.path()).arg("serve").output().await.expect("the binary starts");
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(2));
    assert!(said.contains("another server is running on"), "{said}");
    // Other commands work beside a running server.
    let add = ["workspace", "add", "--name", "Acme", "--json"];
    let added = attest(folder.path()).args(add).output().await.expect("the binary starts");
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    first.kill().await.expect("stopped");
    let (_third, _, said) = started(folder.path()).await;
    assert!(said.starts_with("Attest serves"), "the lock goes with its process");
}

#[tokio::test]
async fn the_command_line_makes_and_proves_what_it_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = async |args: &[&str]| {
        let output = attest(folder.path()).args(args).output().await.expect("the binary starts");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let person = ["user", "add", "--email", "ada@example.com", "--name", "Ada", "--json"];
    let (code, said) = run(&person).await;
    assert!(code == Some(0) && said.contains("/set-up?token="), "{said}");
    assert_eq!(run(&person).await.0, Some(2), "taken");
    assert_eq!(run(&["workspace", "add", "--name", "Acme", "--admin", "ada@example.com"]).await.0, Some(0));
    assert_eq!(run(&["workspace", "add", "--name", "X", "--time-zone", "Mars/Olympus"]).await.0, Some(2));
    let demote = ["member", "set", "--workspace", "acme", "--email", "ada@example.com", "--role", "analyst"];
    let (code, said) = run(&demote).await;
    assert!(code == Some(2) && said.contains("another Compliance Admin"), "{said}");
    let (code, said) = run(&["input", "add", "--workspace", "acme", "--name", "Backend", "--json"]).await;
    assert!(code == Some(0) && said.contains("\"secret\""), "{said}");
    let (code, said) = run(&["token", "add", "--workspace", "acme", "--name", "ci", "--role", "auditor"]).await;
    assert!(code == Some(0) && said.contains("attest_"), "{said}");
    assert_eq!(run(&["token", "add", "--workspace", "nowhere", "--name", "ci", "--role", "auditor"]).await.0, Some(2));
    assert_eq!(run(&["check"]).await.0, Some(0));
    let (code, said) = run(&["audit", "verify"]).await;
    assert!(code == Some(0) && said.contains("0 broken"), "{said}");
    assert_eq!(run(&["nonsense"]).await.0, Some(2));
    assert_eq!(run(&["serve", "--addr", "0.0.0.0:0"]).await.0, Some(2), "plain http for others needs a word");
}

#[tokio::test]
async fn the_demo_is_believable_and_refuses_a_database_in_use() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = async |args: &[&str]| attest(folder.path()).args(args).output().await.expect("the binary starts");
    let made = run(&["demo", "--profiles", "600"]).await;
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(
        made.status.success() && said.contains("600 profiles") && said.matches("@demo.example").count() == 6,
        "{said}"
    );
    assert_eq!(run(&["check"]).await.status.code(), Some(0));
    assert_eq!(run(&["demo"]).await.status.code(), Some(2), "never over somebody's data");
}
