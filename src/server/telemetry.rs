//! Logs, without personal data.

use super::config::{LogFormat, Logs};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging to standard error. The session library's warnings about stale cookies, which any visitor can cause,
/// are left out.
pub fn start(logs: &Logs) {
    let filter = EnvFilter::new(format!("{},tower_sessions=error,tower_sessions_core=off", logs.log));
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match logs.log_format {
        LogFormat::Json => registry.with(lines.json()).init(),
        LogFormat::Text => registry.with(lines.with_target(false)).init(),
    }
}
