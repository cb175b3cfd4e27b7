//! Where checkpoints are sent: a file, a webhook, this process's log.

use crate::server::error::{Error, Result};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::Value;
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a webhook may take.
const WAIT: Duration = Duration::from_secs(10);

/// All of these get each checkpoint.
#[derive(Clone, Default)]
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

    /// Sends these signed statements to all, one line of JSON each.
    ///
    /// # Errors
    /// [`Error::Unsent`] when one did not take them; others may have.
    pub async fn send(&self, signed: &[Value]) -> Result<()> {
        let lines: String = signed.iter().map(|signed| format!("{signed}\n")).collect();
        let sent = [self.send_to_webhook(&lines).await, self.send_to_file(&lines).await];
        // Last, for it takes everything: what the others did not take is sent again.
        if sent.iter().all(Result::is_ok) && self.log {
            for line in lines.lines() {
                tracing::info!(target: "attest::checkpoint", "{line}");
            }
        }
        sent.into_iter().collect()
    }

    async fn send_to_webhook(&self, lines: &str) -> Result<()> {
        let Some((client, url)) = &self.webhook else { return Ok(()) };
        let request = client.post(url.clone()).header(CONTENT_TYPE, "application/x-ndjson").body(lines.to_owned());
        // Without the address, which may hold a secret.
        let wrong = |why: String| Error::Unsent(format!("ATTEST_CHECKPOINT_URL: {why}"));
        let status = request.send().await.map_err(|error| wrong(error.without_url().to_string()))?.status();
        if status.is_success() { Ok(()) } else { Err(wrong(format!("it answered {status}"))) }
    }

    async fn send_to_file(&self, lines: &str) -> Result<()> {
        let Some(file) = self.file.clone() else { return Ok(()) };
        let lines = lines.to_owned();
        let appended = tokio::task::spawn_blocking(move || append(&file, &lines)).await.map_err(Error::internal)?;
        appended.map_err(|error| Error::Unsent(format!("ATTEST_CHECKPOINT_FILE: {error}")))
    }
}

impl fmt::Debug for Destinations {
    /// Without the address, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, webhook, log } = self;
        write!(f, "Destinations {{ file: {file:?}, webhook: {}, log: {log} }}", webhook.is_some())
    }
}

/// Adds lines at the end of a file that only its owner may read, and has them on the disk.
fn append(path: &Path, lines: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let before = file.metadata()?.len();
    let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_all());
    // Half a line would make what comes after it unreadable.
    written.or_else(|error| file.set_len(before).and(Err(error)))
}
