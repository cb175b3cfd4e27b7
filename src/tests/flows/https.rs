//! https without a proxy: who is believed, certificates that change while they are served, and files that are wrong.

use crate::harness::{Backend, World};
use attest::server::certificate::Certificate;
use attest::server::http::connections::ConnectionLimits;
use rcgen::CertifiedKey;
use reqwest::{Client, ClientBuilder};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

/// A certificate's two files.
struct Files {
    _folder: TempDir,
    chain: PathBuf,
    key: PathBuf,
}

/// A new certificate of this machine; returns what believes it.
fn made() -> (CertifiedKey<rcgen::KeyPair>, ClientBuilder) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]);
    let made = made.expect("a certificate");
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).expect("read");
    (made, believing(root))
}

fn believing(root: reqwest::Certificate) -> ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().tls_certs_only([root])
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        Self { _folder: folder, chain, key }
    }

    fn write(&self, made: &CertifiedKey<rcgen::KeyPair>) {
        write(&self.chain, &made.cert.pem());
        write(&self.key, &made.signing_key.serialize_pem());
    }

    fn open(&self) -> Result<Arc<Certificate>, String> {
        Certificate::open(&self.chain, &self.key).map_err(|error| error.to_string())
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("written");
}

async fn is_believed(client: &Client, address: SocketAddr) -> bool {
    client.get(format!("https://{address}/healthz")).send().await.is_ok_and(|reply| reply.status().is_success())
}

#[tokio::test]
async fn a_certificate_that_changes_is_served_to_connections_that_begin() {
    let world = World::new(Backend::Sqlite).await;
    let files = Files::new();
    let (first, believes_first) = made();
    files.write(&first);
    let certificate = files.open().expect("a certificate");
    let address = world.serve_with(&certificate, ConnectionLimits::default()).await;
    let of_first = believes_first.build().expect("a client");
    let (second, believes_second) = made();
    assert!(is_believed(&of_first, address).await);
    // The new chain is there already, and its key is not.
    write(&files.chain, &second.cert.pem());
    assert!(certificate.read_again().is_err() && is_believed(&of_first, address).await);
    write(&files.key, "");
    assert!(certificate.read_again().is_err() && is_believed(&of_first, address).await);
    files.write(&second);
    assert!(certificate.read_again().expect("a pair") && !certificate.read_again().expect("the same"));
    assert!(is_believed(&of_first, address).await, "its connection goes on");
    let of_second = believes_second.build().expect("a client");
    assert!(is_believed(&of_second, address).await);
    let (_, believes_another) = made();
    assert!(!is_believed(&believes_another.build().expect("a client"), address).await);
}

#[tokio::test]
async fn who_begins_no_handshake_is_not_waited_for() {
    let world = World::new(Backend::Sqlite).await;
    let files = Files::new();
    let (first, believes) = made();
    files.write(&first);
    let limits =
        ConnectionLimits { most: 2, headers_within: Duration::from_millis(300), ..ConnectionLimits::default() };
    let address = world.serve_with(&files.open().expect("a certificate"), limits).await;
    let mut held = Vec::new();
    for said in ["", "\u{16}\u{3}\u{1}"] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(said.as_bytes()).await.expect("it is taken");
        held.push(stream);
    }
    // Both places are taken; the third one is served when they have ended.
    assert!(is_believed(&believes.build().expect("a client"), address).await);
    for mut stream in held {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
    let mut plain = TcpStream::connect(address).await.expect("a connection");
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it is taken");
    let mut reply = Vec::new();
    let _ = plain.read_to_end(&mut reply).await;
    assert!(!reply.starts_with(b"HTTP/"), "plain http is not answered");
}

#[tokio::test]
async fn files_that_are_wrong_are_named_in_one_line() {
    let files = Files::new();
    let (first, _) = made();
    let (second, _) = made();
    let key = first.signing_key.serialize_pem();
    for (chain, key, told) in [
        (None, None, "ATTEST_TLS_CERT"),
        (Some("nothing"), Some(key.as_str()), "there is no certificate in it"),
        (Some(first.cert.pem().as_str()), None, "ATTEST_TLS_KEY"),
        (Some(first.cert.pem().as_str()), Some("nothing"), "there is no private key in it"),
        (Some(second.cert.pem().as_str()), Some(key.as_str()), "it is not the certificate's key"),
    ] {
        for (path, text) in [(&files.chain, chain), (&files.key, key)] {
            let _ = std::fs::remove_file(path);
            if let Some(text) = text {
                write(path, text);
            }
        }
        let said = files.open().expect_err("refused");
        assert!(said.contains(told) && said.lines().count() == 1, "{said}");
        assert!(!said.contains("PRIVATE"), "{said}");
    }
}

/// The binary: what it says at its start, and what it refuses.
#[tokio::test]
async fn a_server_with_a_certificate_needs_no_proxy() {
    let files = Files::new();
    let (first, believes) = made();
    files.write(&first);
    let folder = tempfile::tempdir().expect("a folder");
    let attest = |settings: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
        command.current_dir(folder.path()).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("ATTEST_ADDR", "0.0.0.0:0").envs(settings.iter().copied()).arg("serve");
        command
    };
    let (chain, key) = (files.chain.to_str().expect("a path"), files.key.to_str().expect("a path"));
    let both = [("ATTEST_TLS_CERT", chain), ("ATTEST_TLS_KEY", key)];
    for (settings, told) in [
        (&both[..1], "--tls-key"),
        (&both[1..], "--tls-cert"),
        (&[both[0], both[1], ("ATTEST_PUBLIC_URL", "http://x.example")][..], "must begin with https://"),
        (&[both[0], ("ATTEST_TLS_KEY", chain)][..], "there is no private key in it"),
    ] {
        let output = attest(settings).output().await.expect("the binary starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(told), "{said}");
    }
    let mut child = attest(&both).spawn().expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let said = lines.next_line().await.expect("a line").expect("a line");
    let address = said.strip_prefix("Attest serves https://0.0.0.0:").expect("an address");
    let client = believes.redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let reply = client.get(format!("https://127.0.0.1:{address}/sign-in")).send().await.expect("an answer");
    let header = |name: &str| reply.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(header("strict-transport-security"), "max-age=31536000; includeSubDomains");
    // Renewed while it serves: the files are looked at again.
    let (second, believes_second) = made();
    files.write(&second);
    let client = believes_second.pool_max_idle_per_host(0).build().expect("a client");
    let renewed = async {
        while client.get(format!("https://127.0.0.1:{address}/healthz")).send().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), renewed).await.expect("the renewed certificate is served");
}
