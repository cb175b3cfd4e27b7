//! The store is full, replaced or gone: a clear 503, and nothing half done.

use crate::harness::{Binary, Cluster, Server, report, send, sqlite_in};
use std::path::Path;
use std::process::Command;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// A small file system of its own, unmounted with this.
struct Small(tempfile::TempDir);

impl Small {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(folder.path()).status();
        assert!(mounted.is_ok_and(|status| status.success()), "these tests need the right to mount");
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_left_as_it_was() {
    let small = Small::new();
    let binary = Binary { url: sqlite_in(small.path()) };
    let authorization = binary.set_up().await;
    let server = binary.serve().await;
    let filler = small.path().join("filler");
    let mut number = 0;
    let mut sent = async || {
        number += 1;
        send(&server.address, &authorization, &report(number, number, number, "denied")).await.expect("an answer")
    };
    assert_eq!(sent().await, 202);
    // As much as there is room for.
    let _ = std::fs::write(&filler, vec![0_u8; 3 << 20]);
    let mut answers = Vec::new();
    while answers.last() != Some(&503) {
        answers.push(sent().await);
        assert!(answers.len() < 2000, "the disk never filled");
    }
    std::fs::remove_file(&filler).expect("room again");
    let mut tries = 0;
    while sent().await != 202 {
        tries += 1;
        assert!(tries < 20, "it recovers by itself");
    }
    drop(server);
    binary.assert_holds().await;
}

/// What would be written into a file that nobody finds again is not taken, until a restart.
#[tokio::test]
async fn a_file_that_is_unlinked_or_replaced_is_noticed() {
    for replaced in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = Binary { url: sqlite_in(folder.path()) };
        let authorization = binary.set_up().await;
        let log = folder.path().join("log");
        let mut command = binary.command();
        command.env("ATTEST_LOG", "error").stderr(std::fs::File::create(&log).expect("a file"));
        let server = binary.serve_by(command).await;
        let sent = async |server: &Server, number| {
            send(&server.address, &authorization, &report(number, number, number, "denied")).await.expect("an answer")
        };
        assert_eq!(sent(&server, 1).await, 202);
        let file = folder.path().join("attest.db");
        let aside = folder.path().join("aside.db");
        std::fs::rename(&file, &aside).expect("moved away");
        if replaced {
            std::fs::copy(&aside, &file).expect("another one in its place");
        }
        assert_eq!([sent(&server, 2).await, sent(&server, 3).await], [503, 503]);
        let said = std::fs::read_to_string(&log).expect("the log");
        assert_eq!(said.matches("was removed or replaced while it was open").count(), 1, "told once: {said}");
        std::fs::rename(&aside, &file).expect("put back");
        assert_eq!(sent(&server, 4).await, 503, "its connections may have written elsewhere");
        drop(server);
        let server = binary.serve().await;
        assert_eq!(sent(&server, 4).await, 202);
        binary.assert_holds().await;
    }
}

/// A thousand clients that go away in the middle leave no transaction open and no connection lost.
#[tokio::test]
async fn a_thousand_requests_dropped_midway() {
    let folder = tempfile::tempdir().expect("a folder");
    let cluster = Cluster::start();
    for url in [sqlite_in(folder.path()), cluster.database().await] {
        let binary = Binary { url };
        let authorization = binary.set_up().await;
        let server = binary.serve().await;
        for number in 0..1000 {
            let body = report(number, number, number, "denied");
            let mut stream = TcpStream::connect(&server.address).await.expect("the server listens");
            let head = format!(
                "POST /v2/events HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            // Some go away before their body is whole, the others before the answer.
            let sent = if number % 2 == 0 { body.len() } else { body.len() / 2 };
            stream.write_all(head.as_bytes()).await.expect("sent");
            stream.write_all(&body.as_bytes()[..sent]).await.expect("sent");
        }
        for number in 1000..1050 {
            let answer = send(&server.address, &authorization, &report(number, number, number, "denied")).await;
            assert_eq!(answer.expect("an answer"), 202);
        }
        drop(server);
        binary.assert_holds().await;
        if binary.url.starts_with("postgres") {
            const OPEN: &str = "select count(*) from pg_stat_activity where datname = current_database() \
                and state like 'idle in transaction%'";
            let pool = sqlx::PgPool::connect(&binary.url).await.expect("the database answers");
            assert_eq!(sqlx::query_scalar::<_, i64>(OPEN).fetch_one(&pool).await.expect("a count"), 0);
        }
    }
}

/// A Postgres that forgets what it was told to keep is refused at the start.
#[tokio::test]
async fn a_postgres_that_may_lose_commits() {
    let cluster = Cluster::start();
    let binary = Binary { url: cluster.database().await };
    assert!(binary.run(&["migrate"]).await.status.success());
    let pool = sqlx::PgPool::connect(&binary.url).await.expect("the database answers");
    for (setting, safe) in [("fsync", "on"), ("full_page_writes", "on")] {
        for value in ["off", safe] {
            let change = sqlx::AssertSqlSafe(format!("alter system set {setting} = {value}"));
            sqlx::raw_sql(change).execute(&pool).await.expect("set");
            cluster.stop();
            cluster.resume();
            let output = binary.run(&["migrate"]).await;
            let said = String::from_utf8_lossy(&output.stderr);
            let refused = output.status.code() == Some(2) && said.contains(&format!("{setting} off"));
            assert_eq!(refused, value == "off", "{setting} = {value}: {said}");
            assert_eq!(output.status.success(), value == safe, "{setting} = {value}: {said}");
        }
    }
}
