//! The binary itself, as a process of its own on a port of its own.

use super::http::basic;
use super::world::SECRET_TEXT;
use serde_json::Value;
use std::io;
use std::path::Path;
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How a server is reached, and what it stores into.
pub struct Binary {
    pub url: String,
}

/// A running one; killed when dropped.
pub struct Server {
    pub child: Child,
    /// Host and port.
    pub address: String,
}

impl Binary {
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
        command.env("ATTEST_ADDR", "127.0.0.1:0").env("ATTEST_LOG", "off").env("ATTEST_SECRET_KEY", SECRET_TEXT);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.arg("--database-url").arg(&self.url);
        command
    }

    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().await.expect("the binary starts")
    }

    /// A workspace `acme` with an input; returns the input's Authorization header.
    pub async fn set_up(&self) -> String {
        let person = ["user", "add", "--email", "ada@example.com", "--name", "Ada"];
        for arguments in [&person[..], &["workspace", "add", "--name", "Acme"]] {
            let output = self.run(arguments).await;
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let made = self.run(&["input", "add", "--workspace", "acme", "--name", "Backend", "--json"]).await;
        let made: Value = serde_json::from_slice(&made.stdout).expect("JSON");
        basic(made["key"].as_str().expect("a key"), made["secret"].as_str().expect("a secret"))
    }

    pub async fn serve(&self) -> Server {
        self.serve_by(self.command()).await
    }

    /// Starts it by a command of its own, such as one that runs it under another program.
    pub async fn serve_by(&self, mut command: Command) -> Server {
        let mut child = command.arg("serve").spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let said = lines.next_line().await.expect("a line").expect("a line");
        let address = said.strip_prefix("Attest serves http://").expect("an address").to_owned();
        Server { child, address }
    }

    /// Counters, registers and chains hold.
    pub async fn assert_holds(&self) {
        let output = self.run(&["check"]).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// A batch as JSON, of a device and a user of these numbers.
pub fn report(device: u64, user: u64, request: u64, status: &str) -> String {
    format!(
        "{{\"source_request_id\":\"r{request}\",\"user_identities\":{{\"customer_id\":\"u{user}\"}},\
         \"device_info\":{{\"platform\":\"iOS\",\"ios_idfv\":\"d{device}\",\"att_authorization_status\":\"{status}\"}}}}"
    )
}

/// What a server answered.
pub struct Answer {
    pub status: u16,
    /// All of it, with its headers.
    pub text: String,
}

/// Sends an event; returns the status, or why there was none. Where the server itself does not know whether the event was
/// stored, there is none.
pub async fn send(address: &str, authorization: &str, body: &str) -> io::Result<u16> {
    Ok(post(address, "/v2/events", authorization, body).await?.status)
}

/// The same to another path, with the whole answer.
pub async fn post(address: &str, path: &str, authorization: &str, body: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: {authorization}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await?;
    let text = String::from_utf8_lossy(&reply).into_owned();
    if text.contains("it is not known whether this was stored") {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    Ok(Answer { status: status.ok_or(io::ErrorKind::UnexpectedEof)?, text })
}

/// The folder that a SQLite database lies in, as an address.
pub fn sqlite_in(folder: &Path) -> String {
    format!("sqlite://{}/attest.db", folder.display())
}
