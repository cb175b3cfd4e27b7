//! Configuration: flags, then `ATTEST_...` variables, then `attest.toml`, then defaults. A wrong value stops the start
//! with one line.

pub mod file;

use super::auth::session::cookie_name;
use super::certificate::Certificate;
use super::destination::Destinations;
use super::error::Error;
use super::ingest::Limits;
use super::mailer::{Mailer, PATIENCE};
use super::store::is_this_machine;
use crate::domain::retention::Keep;
use crate::server::secret::InstallationSecret;
use crate::server::secret::file::read;
use clap::Args;
use clap::builder::BoolishValueParser;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

/// What a server is started with.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where the pages and interfaces are served.
    #[arg(long, env = "ATTEST_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,
    /// Where browsers reach it; https makes cookies Secure and adds HSTS. [default: http://ADDR, or https://ADDR with a
    /// certificate]
    #[arg(long, env = "ATTEST_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// The certificate for https without a proxy, followed by those that signed it: a file in PEM, read again when it changes.
    #[arg(long, env = "ATTEST_TLS_CERT", hide = true, requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key: a file in PEM.
    #[arg(long, env = "ATTEST_TLS_KEY", hide = true, requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Allows plain http on an address that others can reach.
    #[arg(long, env = "ATTEST_INSECURE_HTTP", value_parser = BoolishValueParser::new())]
    pub insecure_http: bool,
    /// Hours after a change of the settings that holds back stored advertising ids until those are erased.
    #[arg(long, env = "ATTEST_ERASE_AFTER_HOURS", default_value_t = 72, hide = true)]
    pub erase_after_hours: u32,
    /// Proxies whose X-Forwarded-For counts and which may have all connections, separated by commas.
    #[arg(long, env = "ATTEST_TRUSTED_PROXIES", value_delimiter = ',', hide = true)]
    pub trusted_proxies: Vec<IpAddr>,
    #[command(flatten)]
    pub ingest: Limits,
    #[command(flatten)]
    pub retention: Retention,
    #[command(flatten)]
    pub checkpoints: Checkpoints,
    #[command(flatten)]
    pub mail: MailSettings,
    /// Where figures for Prometheus are served, apart from the pages; nowhere unless set.
    #[arg(long, env = "ATTEST_METRICS_ADDR", hide = true)]
    pub metrics_addr: Option<SocketAddr>,
    /// Whether they have each workspace's counts by status too, which are exact.
    #[arg(long, env = "ATTEST_METRICS_WORKSPACES", hide = true, value_parser = BoolishValueParser::new())]
    pub metrics_workspaces: bool,
}

/// Where the audit log's signed checkpoints are sent.
#[derive(Args, Clone, Debug)]
pub struct Checkpoints {
    /// A file that the log's signed checkpoints are added to: best on another machine's disk.
    #[arg(long, env = "ATTEST_CHECKPOINT_FILE", hide = true)]
    pub checkpoint_file: Option<PathBuf>,
    /// An address that they are sent to by POST, one line of JSON each.
    #[arg(long, env = "ATTEST_CHECKPOINT_URL", hide = true, hide_env_values = true, value_parser = secret)]
    pub checkpoint_url: Option<SecretString>,
    /// Whether they stand in this process's log.
    #[arg(long, env = "ATTEST_CHECKPOINT_LOG", hide = true, value_parser = BoolishValueParser::new())]
    pub checkpoint_log: bool,
}

/// How mails are sent.
#[derive(Args, Clone, Debug)]
pub struct MailSettings {
    /// The mail server, as smtps://USER:PASSWORD@HOST; without one, links are shown and nothing is mailed.
    #[arg(long, env = "ATTEST_SMTP_URL", hide = true, hide_env_values = true, value_parser = secret, requires = "mail_from")]
    pub smtp_url: Option<SecretString>,
    /// Whom mails are from: an e-mail, or NAME <E-MAIL>.
    #[arg(long, env = "ATTEST_MAIL_FROM", hide = true)]
    pub mail_from: Option<String>,
}

/// Whether nobody on the way to an address can read what is sent there.
fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && url.host_str().is_some_and(is_this_machine)
}

impl Checkpoints {
    /// # Errors
    /// [`Error::Internal`] for an address that others could read on the way to, and where this machine cannot speak TLS.
    pub fn destinations(&self) -> Result<Destinations, Error> {
        // What is wrong is told without the address, which may hold a secret.
        let read = |text: &SecretString| Url::parse(text.expose_secret()).ok().filter(is_safe);
        let wrong = || {
            Error::Internal("ATTEST_CHECKPOINT_URL: it must be an https address, or http on this machine".to_owned())
        };
        let url = self.checkpoint_url.as_ref().map(|text| read(text).ok_or_else(wrong)).transpose()?;
        Destinations::new(self.checkpoint_file.clone(), url, self.checkpoint_log)
    }
}

/// How long what is learned is kept.
#[derive(Args, Clone, Copy, Debug)]
pub struct Retention {
    /// Days that changes of devices' statuses are kept; each device's last one always is.
    #[arg(long, env = "ATTEST_KEEP_TRANSITIONS_DAYS", default_value_t = 730, hide = true, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub keep_transitions_days: u32,
    /// Days that figures are kept day by day.
    #[arg(long, env = "ATTEST_KEEP_DAILY_DAYS", default_value_t = 1100, hide = true, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub keep_daily_days: u32,
    /// Hours that the id of a request is remembered, so that a repeat changes nothing.
    #[arg(long, env = "ATTEST_KEEP_REQUEST_IDS_HOURS", default_value_t = 72, hide = true, value_parser = clap::value_parser!(u32).range(1..=720))]
    pub keep_request_ids_hours: u32,
    /// Ids of requests that are kept for a workspace at most; the oldest beyond them are forgotten earlier.
    #[arg(long, env = "ATTEST_KEEP_REQUEST_IDS", default_value_t = 50_000_000, hide = true, value_parser = clap::value_parser!(u32).range(1000..))]
    pub keep_request_ids: u32,
}

impl Retention {
    pub fn keep(self) -> Keep {
        Keep {
            transitions_days: self.keep_transitions_days.into(),
            daily_days: self.keep_daily_days.into(),
            request_ids_hours: self.keep_request_ids_hours.into(),
            request_ids: self.keep_request_ids.into(),
        }
    }
}

/// Where the installation's secret is; for every command.
#[derive(Args, Clone, Debug)]
pub struct Secret {
    /// The installation's secret, in base64. [default: on SQLite the file attest.key beside the database]
    #[arg(long, env = "ATTEST_SECRET_KEY", hide = true, hide_env_values = true, value_parser = secret)]
    secret_key: Option<SecretString>,
    /// The file with the installation's secret, which others may not read.
    #[arg(long, env = "ATTEST_SECRET_KEY_FILE", hide = true)]
    secret_key_file: Option<PathBuf>,
}

fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(text.into())
}

impl Secret {
    /// The secret that is set; `None` where none is.
    ///
    /// # Errors
    /// One line that names the setting.
    pub fn read(&self) -> Result<Option<InstallationSecret>, String> {
        match (&self.secret_key, &self.secret_key_file) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err("give ATTEST_SECRET_KEY or ATTEST_SECRET_KEY_FILE, not both".to_owned()),
            (Some(text), None) => {
                let read = InstallationSecret::parse(text.expose_secret());
                read.map(Some).map_err(|wrong| format!("ATTEST_SECRET_KEY: {wrong}"))
            }
            (None, Some(path)) => match read(path) {
                Ok(None) => Err(format!("ATTEST_SECRET_KEY_FILE {}: there is no such file", path.display())),
                read => read.map_err(|wrong| format!("ATTEST_SECRET_KEY_FILE {wrong}")),
            },
        }
    }
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// What is logged, and how; for every command.
#[derive(Args, Clone, Debug)]
pub struct Logs {
    /// What is logged: a level, or a filter of tracing.
    #[arg(long = "log", env = "ATTEST_LOG", default_value = "info", hide = true, value_parser = filter)]
    pub log: String,
    #[arg(long, env = "ATTEST_LOG_FORMAT", default_value = "text", hide = true)]
    pub log_format: LogFormat,
}

/// A filter that cannot be read is refused: a log that silently says less would be found out too late.
fn filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

impl Config {
    /// Refuses what would be unsafe, in one line that names the setting.
    pub fn check(&self) -> Result<(), String> {
        let url = self.public_url();
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err("--public-url must begin with http:// or https://".to_owned());
        }
        if self.tls_cert.is_some() && !self.is_https() {
            return Err(format!(
                "--public-url {url}: with a certificate in ATTEST_TLS_CERT it must begin with https://"
            ));
        }
        if !self.is_https() && !self.addr.ip().is_loopback() && !self.insecure_http {
            return Err(format!(
                "--addr {}: others could reach it over plain http; give a certificate in ATTEST_TLS_CERT, an https --public-url for a proxy in front, or --insecure-http",
                self.addr
            ));
        }
        if let Some(address) = self.metrics_addr.filter(|address| !address.ip().is_loopback() && !self.insecure_http) {
            return Err(format!(
                "--metrics-addr {address}: others could read it; use a loopback address, or --insecure-http"
            ));
        }
        Ok(())
    }

    /// Without a slash at its end.
    pub fn public_url(&self) -> String {
        let given = self.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        let scheme = if self.tls_cert.is_some() { "https" } else { "http" };
        given.unwrap_or_else(|| format!("{scheme}://{}", self.addr))
    }

    /// What sends mails, where that is set.
    ///
    /// # Errors
    /// [`Error::Internal`] for a server that others could listen to, and where it is not said whom mails are from.
    pub fn mailer(&self) -> Result<Option<Mailer>, Error> {
        let MailSettings { smtp_url, mail_from } = &self.mail;
        let from = mail_from.as_deref().unwrap_or_default();
        smtp_url.as_ref().map(|url| Mailer::new(url, from, self.public_url(), PATIENCE)).transpose()
    }

    /// The name of the session's cookie.
    pub fn session_cookie(&self) -> String {
        // As browsers reach it: several processes behind one address share it.
        let public = self.public_url.as_deref().and_then(|url| Url::parse(url).ok()?.port_or_known_default());
        cookie_name(self.is_https(), public.unwrap_or(self.addr.port()))
    }

    pub fn is_https(&self) -> bool {
        self.public_url().starts_with("https://")
    }

    /// The certificate for https of its own, if one is set.
    ///
    /// # Errors
    /// As [`Certificate::open`].
    pub fn certificate(&self) -> Result<Option<Arc<Certificate>>, Error> {
        let files = self.tls_cert.as_deref().zip(self.tls_key.as_deref());
        files.map(|(chain, key)| Certificate::open(chain, key)).transpose()
    }
}
