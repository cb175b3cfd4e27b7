//! The binary itself: what it says at its start, and that two servers never share one SQLite file.

use crate::harness::basic;
use serde_json::json;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
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
    begun(attest(folder).arg("serve")).await
}

async fn begun(command: &mut Command) -> (Child, Lines<BufReader<ChildStdout>>, String) {
    let mut child = command.spawn().expect("the binary starts");
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
    for proof in [
        &["check"][..],
        &["audit", "verify"],
        &["backup", "copy.db"],
        &["token", "add", "--workspace", "acme", "--name", "x", "--role", "auditor"],
    ] {
        let (code, said) = run(proof).await;
        assert!(
            code == Some(2) && said.starts_with("attest: there is no database at "),
            "nothing proves nothing: {said}"
        );
    }
    let person = ["user", "add", "--email", "ada@example.com", "--name", "Ada", "--json"];
    let (code, said) = run(&person).await;
    assert!(code == Some(0) && said.contains("/set-up?token="), "{said}");
    run(&["backup", "copy.db"]).await;
    for file in ["attest.db", "copy.db"] {
        let mode = std::fs::metadata(folder.path().join(file)).expect(file).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "others can read {file}");
    }
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
    let (code, said) = run(&["migrate", "--database-url", "postgres://ada:secret@127.0.0.1:1/attest"]).await;
    assert!(code == Some(2) && said.contains("127.0.0.1, port 1") && said.contains("refused"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    assert_eq!(run(&["serve", "--addr", "0.0.0.0:0"]).await.0, Some(2), "plain http for others needs a word");
}

#[tokio::test]
async fn the_demo_is_believable_and_refuses_a_database_in_use() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = async |args: &[&str]| attest(folder.path()).args(args).output().await.expect("the binary starts");
    let made = run(&["demo", "--profiles", "600", "--json"]).await;
    let said: serde_json::Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let number = |name: &str| said[name].as_i64().expect("a number");
    assert!(number("profiles") >= 600 && number("devices") > number("profiles") + 100, "{said}");
    assert_eq!(said["look_up"], json!(["user-1", "kiosk"]));
    assert_eq!(said["people"].as_array().expect("people").len(), 6, "one of each role: {said}");
    assert_eq!(run(&["check"]).await.status.code(), Some(0));
    assert_eq!(run(&["audit", "verify"]).await.status.code(), Some(0));
    assert_eq!(run(&["demo"]).await.status.code(), Some(2), "never over somebody's data");
    // Its history: the default was changed three times, and statuses over months.
    let url = format!("sqlite://{}/attest.db", folder.path().display());
    let pool = sqlx::SqlitePool::connect(&url).await.expect("the file opens");
    let (versions, days): (i64, i64) = sqlx::query_as(
        "select (select count(*) from settings_versions), (select count(distinct received_at / 86400000) from transitions)",
    )
    .fetch_one(&pool)
    .await
    .expect("counts");
    assert!(versions == 4 && days > 60, "{versions} versions, {days} days");
    let one = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(&pool).await.expect(sql) };
    let devices = "select count(*) from uses where profile_id = \
        (select profile_id from identities where kind = 'customer_id' and value = 'user-1')";
    let apps = "select count(distinct d.app_id) from uses u join devices d on d.id = u.device_id where u.profile_id = \
        (select profile_id from identities where kind = 'customer_id' and value = 'user-1')";
    assert_eq!((one(devices).await, one(apps).await), (3, 2), "somebody to look up");
    assert!(one("select count(*) from profiles where anonymous_on is not null").await > 40, "some never sign in");
    assert_eq!(one("select count(*) from identities where joined > 50").await, 1, "an id that is shared");
    let odd =
        "select count(*) from devices where platform = 'Android' and cast(os_version as integer) not between 9 and 16";
    assert_eq!(one(odd).await, 0, "versions that exist");
    // Asked anew after a new version of the system; and Saturdays are busier than Mondays.
    assert!(one("select count(*) from transitions where to_status = 0 and from_status is not null").await > 5);
    // By the median: many come on the first day and after that version, which may be any days of a week.
    let installs: Vec<(i64, i64)> = sqlx::query_as(
        "select (first_seen / 86400000 + 3) % 7, count(*) from devices group by first_seen / 86400000 order by 2",
    )
    .fetch_all(&pool)
    .await
    .expect("installs");
    let median = |weekday: i64| {
        let days: Vec<i64> = installs.iter().filter(|(on, _)| *on == weekday).map(|(_, n)| *n).collect();
        days[days.len() / 2]
    };
    assert!(median(5) > median(0), "{installs:?}");
}

/// Asks a server that listens, and returns its whole reply.
async fn ask(origin: &str, head: &str, body: &str) -> String {
    let address = origin.strip_prefix("Attest serves http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let length = body.len();
    let request = format!("{head}\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("an answer");
    reply
}

/// What cannot be written can still be read; writes are told, and work as soon as the file lets them.
#[tokio::test]
async fn a_read_only_sqlite_is_told_and_recovers() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("attest.db");
    let run = async |args: &[&str]| attest(folder.path()).args(args).output().await.expect("the binary starts").stdout;
    // Without an account the server would want to write a set-up link.
    run(&["user", "add", "--email", "ada@example.com", "--name", "Ada"]).await;
    run(&["workspace", "add", "--name", "Acme"]).await;
    let input = run(&["input", "add", "--workspace", "acme", "--name", "Backend", "--json"]).await;
    let input: serde_json::Value = serde_json::from_slice(&input).expect("JSON");
    let credentials = basic(input["key"].as_str().expect("a key"), input["secret"].as_str().expect("a secret"));
    let chmod = |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("its owner");
    chmod(&file, 0o444);
    // Root may write everywhere, unless it gives that right away.
    let uid = std::fs::metadata(&file).expect("a file").uid();
    let plain = attest(folder.path());
    let mut command = if uid == 0 { without_override(&plain) } else { plain };
    let (_server, _lines, origin) = begun(command.arg("serve")).await;
    let send = async || {
        let head =
            format!("POST /v2/events HTTP/1.1\r\nauthorization: {credentials}\r\ncontent-type: application/json");
        ask(&origin, &head, r#"{"device_info": {"ios_idfv": "v1", "att_authorization_status": "denied"}}"#).await
    };
    let reply = send().await;
    assert!(reply.starts_with("HTTP/1.1 503") && reply.contains("retry-after: 2"), "{reply}");
    assert!(ask(&origin, "GET /sign-in HTTP/1.1", "").await.starts_with("HTTP/1.1 200"), "reads go on");
    for made in [file.clone(), folder.path().join("attest.db-shm"), folder.path().join("attest.db-wal")] {
        chmod(&made, 0o644);
    }
    let reply = send().await;
    assert!(reply.starts_with("HTTP/1.1 202"), "{reply}");
    assert!(String::from_utf8_lossy(&run(&["check"]).await).contains("1 devices, 0 differences"));
}

/// The same command, without the right to write what its permissions forbid.
fn without_override(command: &Command) -> Command {
    let command = command.as_std();
    let mut without = Command::new("setpriv");
    without.args(["--bounding-set", "-dac_override"]).arg(command.get_program()).args(command.get_args());
    without.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    without.current_dir(command.get_current_dir().expect("a folder"));
    without.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    without
}

#[tokio::test]
async fn an_exported_log_proves_itself_and_a_backup_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = async |args: &[&str]| {
        let output = attest(folder.path()).args(args).output().await.expect("the binary starts");
        (output.status.code(), String::from_utf8(output.stdout).expect("text"), output.stderr)
    };
    run(&["user", "add", "--email", "ada@example.com", "--name", "=Ada", "--json"]).await;
    run(&["workspace", "add", "--name", "Acme", "--admin", "ada@example.com"]).await;
    run(&["input", "add", "--workspace", "acme", "--name", "Backend, \"one\""]).await;
    let (code, exported, _) = run(&["audit", "export", "--workspace", "acme", "--format", "jsonl"]).await;
    assert!(
        code == Some(0) && exported.lines().count() == 5,
        "a line on top, three rows and the export's own: {exported}"
    );
    let file = folder.path().join("log.jsonl");
    let verify = async |text: &str| {
        std::fs::write(&file, text).expect("written");
        let elsewhere = tempfile::tempdir().expect("a folder");
        let path = file.to_str().expect("a path");
        let output =
            attest(elsewhere.path()).args(["audit", "verify", "--file", path]).output().await.expect("it starts");
        assert!(!elsewhere.path().join("attest.db").exists(), "no database is needed");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(verify(&exported).await, (
        Some(0),
        "audit: 4 rows in 1 chain, 0 broken, 0 signed checkpoints\naudit: without --checkpoints nothing here proves that the file was \
         not written anew, or cut off at its end\n".to_owned()
    ));
    let (code, said) = verify(&exported.replace("Backend", "Frontend")).await;
    assert!(code == Some(1) && said.contains("row 3: it does not match its hash"), "{said}");
    let cut: Vec<&str> = exported.lines().filter(|line| !line.contains("\"seq\":2,")).collect();
    let (code, said) = verify(&cut.join("\n")).await;
    assert!(code == Some(1) && said.contains("row 2: the row is missing"), "{said}");
    let cut: Vec<&str> = exported.lines().take(4).collect();
    let (code, said) = verify(&cut.join("\n")).await;
    assert!(code == Some(1) && said.contains("row 4: the row is missing"), "{said}");
    // Who reads the file by other means must not see another text than what was proved.
    let forged = exported.replacen("{\"action\":\"input.added\"", "{\"action\":\"x\",\"action\":\"input.added\"", 1);
    assert!(forged != exported && verify(&forged).await.0 == Some(2), "a name twice");
    assert_eq!(verify(&exported.replacen("\"reason\":null,", "", 1)).await.0, Some(2), "a null that is left out");
    assert_eq!(
        verify(&exported.replacen("workspace=acme", "workspace=other", 1)).await.0,
        Some(2),
        "of another workspace"
    );
    assert_eq!(verify(&exported.replacen("\"v\":1", "\"v\":9", 1)).await.0, Some(2), "of another version");
    for (text, why) in [("{}", "not an exported log"), ("", "nothing"), (cut[0], "no rows"), (cut[1], "no first line")]
    {
        assert_eq!(verify(text).await.0, Some(2), "{why}");
    }
    let (code, csv, _) = run(&["audit", "export", "--workspace", "acme", "--format", "csv"]).await;
    assert!(code == Some(0) && csv.starts_with("\"chain\",\"seq\",") && csv.matches("\r\n").count() == 6, "{csv}");
    assert!(csv.contains("\"\"Backend, \\\"\"one") && csv.ends_with("\"workspace=acme, all rows\"\r\n"), "{csv}");
    assert_eq!(run(&["audit", "export", "--workspace", "nowhere", "--format", "csv"]).await.0, Some(2));

    let copy = folder.path().join("copy.db");
    let (_server, _lines, _) = started(folder.path()).await;
    assert_eq!(run(&["backup", copy.to_str().expect("a path")]).await.0, Some(0), "beside a running server");
    let (code, _, said) = run(&["backup", copy.to_str().expect("a path")]).await;
    assert!(code == Some(2) && String::from_utf8_lossy(&said).contains("exists already"));
    let url = format!("sqlite://{}", copy.display());
    let check = Command::new(env!("CARGO_BIN_EXE_attest")).args(["check", "--database-url", &url]).output().await;
    let check = check.expect("the binary starts");
    assert!(check.status.success() && String::from_utf8_lossy(&check.stdout).contains("0 broken"));
}

#[tokio::test]
async fn a_flag_counts_before_the_command_and_after_it() {
    for arguments in
        [["--public-url", "https://att.example", "serve"], ["serve", "--public-url", "https://att.example"]]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let (_server, mut lines, _) = begun(attest(folder.path()).args(arguments)).await;
        lines.next_line().await.expect("a line");
        let link = lines.next_line().await.expect("a line").expect("the set-up link");
        assert!(link.contains("https://att.example/set-up"), "{arguments:?}: {link}");
    }
}

#[tokio::test]
async fn figures_are_served_on_an_address_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let added = attest(folder.path()).args(["workspace", "add", "--name", "Acme"]).output().await.expect("it starts");
    assert!(added.status.success());
    let mut command = attest(folder.path());
    command.env("ATTEST_METRICS_ADDR", "127.0.0.1:0").env("ATTEST_METRICS_WORKSPACES", "yes").arg("serve");
    let (_server, mut lines, origin) = begun(&mut command).await;
    let said = lines.next_line().await.expect("a line").expect("where figures are");
    let address =
        said.strip_prefix("Figures for Prometheus are at http://").and_then(|rest| rest.strip_suffix("/metrics"));
    let address = address.unwrap_or_else(|| panic!("{said}"));
    assert!(ask(&origin, "GET /sign-in HTTP/1.1", "").await.starts_with("HTTP/1.1 200"));
    assert!(ask(&origin, "GET /metrics HTTP/1.1", "").await.starts_with("HTTP/1.1 404"), "never among the pages");
    let figures = ask(&format!("Attest serves http://{address}"), "GET /metrics HTTP/1.1", "").await;
    assert!(
        figures.contains("attest_http_requests_total{route=\"/sign-in\",method=\"GET\",status=\"200\"} 1"),
        "{figures}"
    );
    for name in [
        "attest_queue_batches 0",
        "attest_queue_kilobytes 0",
        "attest_database_connections{purpose=\"page\",state=\"idle\"}",
        "attest_jobs_failing 0",
        "attest_jobs_late_seconds 0",
        "attest_workspaces_left_out 0",
        "attest_units{workspace=\"acme\",unit=\"profiles\",basis=\"effective\",status=\"denied\"} 0",
    ] {
        assert!(figures.contains(name), "{name}: {figures}");
    }
    let open =
        attest(folder.path()).env("ATTEST_METRICS_ADDR", "0.0.0.0:9").arg("serve").output().await.expect("it starts");
    assert_eq!(open.status.code(), Some(2), "never open by default");
}
