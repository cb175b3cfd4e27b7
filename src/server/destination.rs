//! Where checkpoints are sent: a file, a webhook, this process's log.

use crate::server::error::{Error, Result};
use crate::server::secret::signing::Signed;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a webhook may take.
const WAIT: Duration = Duration::from_secs(10);

/// All of these get each checkpoint.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    file: Option<PathBuf>,
    webhook: Option<(Client, Url)>,
    log: bool,
}

impl Destinations {
    /// # Errors
    /// [`Error::Internal`] where this machine cannot speak TLS.
    pub fn new(file: Option<PathBuf>, url: Option<Url>, log: bool) -> Result<Self> {
        let client = |url| {
            // There is one already where somebody asked before.
            let _ = rustls::crypto::ring::default_provider().install_default();
            // A redirect could lead what is to be kept to where nobody keeps it.
            let client = Client::builder().timeout(WAIT).redirect(Policy::none()).no_proxy().build();
            client.map(|client| (client, url)).map_err(Error::internal)
        };
        Ok(Self { file, webhook: url.map(client).transpose()?, log })
    }

    pub fn is_empty(&self) -> bool {
        self.file.is_none() && self.webhook.is_none() && !self.log
    }

    /// Sends these to all, one line of JSON each.
    ///
    /// # Errors
    /// [`Error::Unsent`] when one did not take them; others may have.
    pub async fn send(&self, signed: &[Signed]) -> Result<()> {
        let lines: String = signed.iter().map(|signed| format!("{}\n", signed.json())).collect();
        if self.log {
            for line in lines.lines() {
                tracing::info!(target: "attest::checkpoint", "{line}");
            }
        }
        if let Some(file) = self.file.clone() {
            let text = lines.clone();
            let appended = tokio::task::spawn_blocking(move || append(&file, &text)).await.map_err(Error::internal)?;
            appended.map_err(|error| Error::Unsent(format!("ATTEST_CHECKPOINT_FILE: {error}")))?;
        }
        if let Some((client, url)) = &self.webhook {
            let request = client.post(url.clone()).header(CONTENT_TYPE, "application/x-ndjson").body(lines);
            let answer = request.send().await.and_then(reqwest::Response::error_for_status);
            // Without the address, which may hold a secret.
            let wrong = |why: String| Error::Unsent(format!("ATTEST_CHECKPOINT_URL: {why}"));
            let status = answer.map_err(|error| wrong(error.without_url().to_string()))?.status();
            if !status.is_success() {
                return Err(wrong(format!("it answered {status}")));
            }
        }
        Ok(())
    }
}

/// Adds lines at the end of a file that only its owner may read, and has them on the disk.
fn append(path: &Path, lines: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.write_all(lines.as_bytes())?;
    file.sync_all()
}
