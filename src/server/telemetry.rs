//! Logs, without personal data.

use super::config::{LogFormat, Logs};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What others log and nobody can use: warnings about stale cookies, which any visitor can cause, and Postgres saying at
/// every start that what should exist exists.
const LEFT_OUT: &str = "tower_sessions=error,tower_sessions_core=off,sqlx::postgres::notice=warn";
/// Checkpoints that are sent to the log are in it, however little else is.
const ALWAYS: &str = "attest::checkpoint=info";

/// Starts logging to standard error.
pub fn start(logs: &Logs) {
    let filter = EnvFilter::new(format!("{},{LEFT_OUT},{ALWAYS}", logs.log));
    let registry = tracing_subscriber::registry().with(filter);
    // Colours are for people, and a file is read by others too.
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match logs.log_format {
        LogFormat::Json => registry.with(lines.json()).init(),
        LogFormat::Text => registry.with(lines.with_target(false)).init(),
    }
}
