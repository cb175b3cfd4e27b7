//! Serving: one process, one router, drained at its end.

use super::certificate::Certificate;
use super::config::Config;
use super::error::{Error, Result};
use super::http::connections::{ConnectionLimits, serve_connections};
use super::http::metrics::{collect_metrics, serve_metrics};
use super::http::router;
use super::services::Services;
use super::services::clock::keep_clock;
use super::services::jobs::run_jobs;
use super::services::presence::keep_presence;
use super::services::set_up::set_up_link;
use super::services::workspace::assert_zones_known;
use super::site::Site;
use super::state::AppState;
use super::store::{System, lock_beside};
use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::timeout;

/// How long requests under way may take once the process is told to stop, and then the queue of the event stream.
const DRAINED_WITHIN: Duration = Duration::from_secs(10);
/// How long the last words to the database may take.
const LEFT_WITHIN: Duration = Duration::from_secs(5);

/// Serves until SIGINT or SIGTERM, then lets requests under way finish.
pub async fn serve(system: System, config: Config) -> Result<()> {
    config.check().map_err(Error::Internal)?;
    // Locked until the process ends; the system lets it go even after a crash.
    let _alone = system.path().map(lock_database).transpose()?;
    if let Some(weakness) = system.weakness() {
        tracing::warn!("{weakness}");
    }
    let certificate = config.certificate()?;
    if config.is_https() && certificate.is_none() && config.trusted_proxies.is_empty() {
        tracing::warn!(
            "the public URL is https, so that a proxy must be in front, and none is named in ATTEST_TRUSTED_PROXIES: all people would share its address, and one who guesses passwords would make all wait"
        );
    }
    let site = Site::look().ok_or_else(|| {
        Error::Internal(
            "the site is missing: build it first (scripts/build.sh), a server without it would be bare".to_owned(),
        )
    })?;
    let listener = TcpListener::bind(config.addr).await;
    let listener = listener.map_err(|error| Error::Internal(format!("--addr {}: {error}", config.addr)))?;
    let address = listener.local_addr().map_err(Error::internal)?;
    // A port of 0 is chosen by the system: the printed address is the one that answers.
    let config = Config { addr: address, ..config };
    let (destinations, mailer) = (config.checkpoints.destinations()?, config.mailer()?);
    let metrics = config.metrics_addr.map(|address| collect_metrics().map(|handle| (address, handle))).transpose()?;
    let system = system.with_slot().await;
    let state = AppState::new(system.clone(), mailer, config, site);
    let metrics = match metrics {
        Some((address, handle)) => Some(serve_metrics(address, handle, state.clone()).await?),
        None => None,
    };
    assert_zones_known(&state.services).await?;
    announce(&state.services, &state.config, metrics).await?;
    let jobs = tokio::spawn({
        let services = state.services.for_jobs().sending(destinations);
        let keep = state.config.retention.keep();
        async move { run_jobs(&services, keep).await }
    });
    let write_ahead_log = tokio::spawn({
        let system = system.clone();
        async move { system.keep_write_ahead_log().await }
    });
    let presence = tokio::spawn({
        let (services, rates) = (state.services.clone(), state.rates.clone());
        async move { keep_presence(&services, &rates).await }
    });
    let clock = tokio::spawn({
        let system = system.clone();
        async move { keep_clock(&system).await }
    });
    let tls = certificate.as_ref().map(Certificate::acceptor).transpose()?;
    let certificate = certificate.map(|certificate| tokio::spawn(certificate.keep_up()));
    let ingest = state.ingest.clone();
    let (stop, stopping) = tokio::sync::oneshot::channel();
    let proxies = state.config.trusted_proxies.clone();
    let limits = ConnectionLimits { proxies, ..ConnectionLimits::default() };
    let served = serve_connections(listener, tls, router(state), limits, async {
        shutdown_signal().await;
        let _ = stop.send(());
    });
    let too_long = async {
        let _ = stopping.await;
        tokio::time::sleep(DRAINED_WITHIN).await;
    };
    tokio::select! {
        () = served => {}
        // A client that keeps its connection open without a word does not keep the process.
        () = too_long => {}
    }
    if !ingest.drain(DRAINED_WITHIN).await {
        tracing::warn!(
            "stopped with requests in the queue: they were not answered, and of large ones only the first batches may be stored"
        );
    }
    jobs.abort();
    presence.abort();
    write_ahead_log.abort();
    clock.abort();
    if let Some(certificate) = certificate {
        certificate.abort();
    }
    let leave = async {
        if let Err(error) = system.leave_slot().await {
            tracing::debug!(%error, "the slot is free in a while");
        }
        system.close().await;
    };
    if timeout(LEFT_WITHIN, leave).await.is_err() {
        tracing::warn!("stopped without a word to the database, which did not answer: its slot is free in a while");
    }
    Ok(())
}

async fn announce(services: &Services, config: &Config, metrics: Option<SocketAddr>) -> Result<()> {
    let url = config.public_url();
    println!("Attest serves {url}");
    if let Some(address) = metrics {
        println!("Figures for Prometheus are at http://{address}/metrics");
    }
    if let Some(token) = set_up_link(services).await? {
        println!("There is no account yet. Make the first one within an hour, by this one-time link:");
        println!("{url}/set-up?token={token}");
    }
    Ok(())
}

/// A second server on the same SQLite file would have counters and clocks of its own.
fn lock_database(database: &Path) -> Result<File> {
    let path = lock_beside(database, "serve");
    let file = File::create(&path).map_err(|error| Error::Internal(format!("{}: {error}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(Error::Internal(format!(
            "another server is running on {}: stop it first, or use Postgres for several",
            database.display()
        ))),
    }
}

async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
