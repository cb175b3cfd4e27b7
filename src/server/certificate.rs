//! The certificate of an https of our own, and its key: two files, which are read again when they change, so that nobody
//! restarts the server for a renewed one.

use crate::server::error::{Error, Result};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, interval_at};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(5);

/// A certificate that is served, of files that may change.
#[derive(Debug)]
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    served: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// # Errors
    /// [`Error::Internal`], in one line that names the file: where one cannot be read, or the key is another certificate's.
    pub fn open(chain: &Path, key: &Path) -> Result<Arc<Self>> {
        let served = RwLock::new(Arc::new(read(chain, key)?));
        Ok(Arc::new(Self { chain: chain.to_owned(), key: key.to_owned(), served }))
    }

    /// What speaks TLS 1.2 and 1.3 with it.
    pub fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config =
            versions.map_err(Error::internal)?.with_no_client_auth().with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Reads the files again; connections that begin from now on have what is there. Returns whether that is another one.
    ///
    /// # Errors
    /// As [`Certificate::open`]; the one before stays.
    pub fn read_again(&self) -> Result<bool> {
        let read = Arc::new(read(&self.chain, &self.key)?);
        let mut served = self.served.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = read.cert != served.cert;
        *served = read;
        Ok(is_new)
    }

    /// Looks at the files for as long as the server runs. Two files cannot change at once: it is told only when they have not
    /// fitted twice in a row.
    pub async fn keep_up(self: Arc<Self>) {
        // They were read at the start.
        let mut ticks = interval_at(Instant::now() + LOOKED_AT_EVERY, LOOKED_AT_EVERY);
        let mut failed = 0_u32;
        loop {
            ticks.tick().await;
            // A disk may take its time.
            let certificate = self.clone();
            let read = spawn_blocking(move || certificate.read_again()).await;
            match read.map_err(Error::internal).flatten() {
                Ok(is_new) => {
                    failed = 0;
                    if is_new {
                        tracing::info!("the certificate was renewed");
                    }
                }
                Err(error) => {
                    failed += 1;
                    if failed == 2 {
                        tracing::error!(%error, "the certificate's files cannot be used: the one before is served on");
                    }
                }
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.served.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn read(chain: &Path, key: &Path) -> Result<CertifiedKey> {
    let wrong = |setting: &str, path: &Path, why: &str| Error::Internal(format!("{setting} {}: {why}", path.display()));
    let in_chain = |why: String| wrong("ATTEST_TLS_CERT", chain, &why);
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect)
        .map_err(|error| in_chain(error.to_string()))?;
    if certificates.is_empty() {
        return Err(in_chain("there is no certificate in it".to_owned()));
    }
    // What is wrong with a key is told without anything of it.
    let read = PrivateKeyDer::from_pem_file(key);
    let read = read.map_err(|error| match error {
        rustls::pki_types::pem::Error::Io(error) => wrong("ATTEST_TLS_KEY", key, &error.to_string()),
        _ => wrong("ATTEST_TLS_KEY", key, "there is no private key in it"),
    })?;
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(certificates, read, &provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => wrong("ATTEST_TLS_KEY", key, "it is not the certificate's key"),
        error => in_chain(error.to_string()),
    })
}
