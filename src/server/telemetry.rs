//! Logs, without personal data.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging to standard error: `ATTEST_LOG` filters, `ATTEST_LOG_FORMAT=json` makes lines for machines. The
/// session library's warnings about stale cookies, which any visitor can cause, are left out.
pub fn start() {
    let wanted = std::env::var("ATTEST_LOG").unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::new(format!("{wanted},tower_sessions=error,tower_sessions_core=off"));
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if std::env::var("ATTEST_LOG_FORMAT").is_ok_and(|format| format == "json") {
        registry.with(lines.json()).init();
    } else {
        registry.with(lines.with_target(false)).init();
    }
}
