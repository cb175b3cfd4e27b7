//! A Postgres on another machine is spoken to by TLS, and proves who it is.

use crate::harness::{Cluster, SECRET, own_port};
use attest::server::clock::{Ids, SystemClock};
use attest::server::store::System;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// An authority that signs certificates.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new([]).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

async fn opened(url: &str) -> Result<System, String> {
    let ids = Ids::new(Arc::new(SystemClock::default()));
    System::open(url, Some(SECRET.into()), ids).await.map_err(|error| error.to_string())
}

fn written(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path.display().to_string()
}

#[tokio::test]
async fn a_server_that_demands_tls_is_spoken_to_when_it_proves_who_it_is() {
    let (right, wrong) = (authority(), authority());
    let key = KeyPair::generate().expect("a key");
    let signed = CertificateParams::new(["localhost".to_owned()]).expect("parameters").signed_by(&key, &right);
    let signed = signed.expect("a certificate");
    let port = own_port();
    let _cluster = Cluster::start_encrypted(port, &signed.pem(), &key.serialize_pem());
    let folder = tempfile::tempdir().expect("a folder");
    let right = written(folder.path(), "right.pem", &right.pem());
    let wrong = written(folder.path(), "wrong.pem", &wrong.pem());
    let url = |host: &str, options: &str| format!("postgres://postgres@{host}:{port}/postgres?{options}");
    let verified = format!("sslmode=verify-full&sslrootcert={right}");
    opened(&url("localhost", &verified)).await.expect("the right certificate").close().await;
    let told = opened(&url("localhost", "sslmode=disable")).await.expect_err("it demands TLS");
    assert!(told.contains("no encryption"), "{told}");
    for (why, url) in [
        ("a wrong authority", url("localhost", &format!("sslmode=verify-full&sslrootcert={wrong}"))),
        ("none that is known", url("localhost", "sslmode=verify-full")),
        ("another name", url("127.0.0.1", &verified)),
        ("a wrong authority", url("127.0.0.1", &format!("sslmode=verify-ca&sslrootcert={wrong}"))),
    ] {
        let told = opened(&url).await.expect_err(why);
        assert!(told.contains("Postgres at") && told.contains("certificate"), "{why}: {told}");
    }
    let authority_only = format!("sslmode=verify-ca&sslrootcert={right}");
    opened(&url("127.0.0.1", &authority_only)).await.expect("whatever its name").close().await;
    opened(&url("localhost", "sslmode=require")).await.expect("encrypted").close().await;
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let port = own_port();
    let _cluster = Cluster::start_encrypted(port, &made.cert.pem(), &made.signing_key.serialize_pem());
    let url = |options: &str| format!("postgres://postgres@localhost:{port}/postgres?{options}");
    let told = opened(&url("sslmode=verify-full")).await.expect_err("self-signed");
    assert!(told.contains("certificate"), "{told}");
    let folder = tempfile::tempdir().expect("a folder");
    let pinned = written(folder.path(), "itself.pem", &made.cert.pem());
    opened(&url(&format!("sslmode=verify-full&sslrootcert={pinned}"))).await.expect("pinned").close().await;
}

/// Somebody between who answers that there is no TLS hears nothing more, above all no password.
#[tokio::test]
async fn somebody_between_who_knows_no_tls_hears_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let heard = tokio::spawn(async move {
        let mut heard = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 8];
            stream.read_exact(&mut request).await.expect("a request");
            assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47], "a request for TLS");
            stream.write_all(b"N").await.expect("answered");
            let mut more = Vec::new();
            let _ = stream.read_to_end(&mut more).await;
            heard.extend(more);
            if !heard.is_empty() {
                break;
            }
        }
        heard
    });
    let url = format!("postgres://ada:secret@localhost:{}/postgres?sslmode=verify-full", address.port());
    let told = opened(&url).await.expect_err("no TLS");
    assert!(told.contains("TLS") && !told.contains("secret"), "{told}");
    assert!(!heard.is_finished(), "something was heard: {:?}", heard.await);
}
