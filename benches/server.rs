//! The server under test: a process of its own, on a core of its own where it is the only one, set up by its own command line.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

/// The core of the server and, with Postgres, of the database.
pub const SERVERS_CORE: &str = "0";
/// The core of the load.
pub const LOADS_CORE: &str = "1";

/// Whoever opens pages.
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "a long way to the sea";

/// Where the binary is, and the database.
#[derive(Clone, Debug)]
pub struct Attest {
    pub binary: PathBuf,
    pub url: String,
}

/// A running server.
pub struct Running {
    child: Child,
    pub address: String,
    /// From its start to the first answer of `/readyz`.
    pub ready_after: Duration,
}

impl Attest {
    /// Runs a command to its end; answers what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        self.run_with(arguments, "")
    }

    /// The same with something to read.
    pub fn run_with(&self, arguments: &[&str], given: &str) -> String {
        let mut command = Command::new(&self.binary);
        command.args(arguments).env("ATTEST_DATABASE_URL", &self.url);
        let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams.spawn().expect("the binary runs");
        // Most commands read nothing, and may have ended.
        let _ = child.stdin.take().map(|mut stdin| stdin.write_all(given.as_bytes()));
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// An input's Authorization header.
    pub fn input(&self, workspace: &str, name: &str) -> String {
        let made = self.run(&["input", "add", "--workspace", workspace, "--name", name, "--json"]);
        let made: Value = serde_json::from_str(&made).expect("JSON");
        let text = |field: &str| made[field].as_str().expect("text").to_owned();
        format!("Basic {}", base64(format!("{}:{}", text("key"), text("secret")).as_bytes()))
    }

    /// The Authorization header of a new token.
    pub fn token(&self, workspace: &str, role: &str, benchmark: &str) -> String {
        let name = format!("{benchmark} of process {}", std::process::id());
        let made = self.run(&["token", "add", "--workspace", workspace, "--name", &name, "--role", role, "--json"]);
        let made: Value = serde_json::from_str(&made).expect("JSON");
        format!("Bearer {}", made["token"].as_str().expect("text"))
    }

    /// Adds somebody who may open every page of a workspace.
    pub fn add_reader(&self, workspace: &str) {
        self.run_with(&["user", "add", "--email", EMAIL, "--name", "Ada", "--password-stdin"], PASSWORD);
        self.run(&["member", "set", "--workspace", workspace, "--email", EMAIL, "--role", "compliance_admin"]);
    }

    /// Starts it on the server's core.
    pub fn serve(&self, port: u16) -> Running {
        self.serve_by(pinned(SERVERS_CORE, &self.binary), port)
    }

    /// Starts it on both cores, the load's too.
    pub fn serve_anywhere(&self, port: u16) -> Running {
        self.serve_by(pinned(&format!("{SERVERS_CORE},{LOADS_CORE}"), &self.binary), port)
    }

    fn serve_by(&self, mut command: Command, port: u16) -> Running {
        let address = format!("127.0.0.1:{port}");
        let begun = Instant::now();
        let child = command
            .args(["serve", "--addr", &address])
            .env("ATTEST_DATABASE_URL", &self.url)
            .env("ATTEST_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()
            .expect("the server starts");
        wait_for(&address, "/readyz");
        Running { child, address, ready_after: begun.elapsed() }
    }
}

/// A command on these cores, and on no others.
pub fn pinned(cores: &str, binary: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", cores]).arg(binary);
    command
}

/// Waits until an address answers 200.
pub fn wait_for(address: &str, path: &str) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < until, "{address} does not answer");
        if let Ok(mut stream) = TcpStream::connect(address) {
            let asked = write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
            let mut answer = String::new();
            if asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200") {
                return;
            }
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

impl Running {
    /// Resident memory in MB.
    pub fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
        let kilobytes: f64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
        kilobytes / 1024.0
    }

    /// Signs the reader in; answers their cookie.
    pub fn sign_in(&self) -> String {
        let form = |text: &str| text.replace('@', "%40").replace(' ', "+");
        let body = format!("email={}&password={}&next=/", form(EMAIL), form(PASSWORD));
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let (address, length) = (&self.address, body.len());
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let mut answer = String::new();
        stream.write_all(request.as_bytes()).expect("it reads");
        stream.read_to_string(&mut answer).expect("it answers");
        // Beside the session there is one by which the browser is known again.
        let cookies = answer.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        let cookies: Vec<&str> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        assert!(!cookies.is_empty(), "{answer}");
        cookies.join("; ")
    }

    /// Asks it to stop, and waits until it did.
    pub fn stop(mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        self.child.wait().expect("it ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize] as char;
            text.push(if at <= three.len() { letter } else { '=' });
        }
    }
    text
}
