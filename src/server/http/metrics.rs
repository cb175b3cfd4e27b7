//! Metrics for Prometheus: served on an address of their own, and only when one is set.

use crate::server::error::{Error, Result};
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const REQUESTS: &str = "attest_http_requests_total";
const SECONDS: &str = "attest_http_request_seconds";
/// Upper bounds of the histogram, in seconds.
const BUCKETS: [f64; 9] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

/// How often what was measured is summed up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Counts a request and measures the time to its response, by its route: never by its address, which may name somebody.
pub async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = method_label(request.method());
    #[expect(clippy::disallowed_methods, reason = "a duration is measured, no moment kept")]
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!(SECONDS, "route" => route.clone()).record(began.elapsed().as_secs_f64());
    metrics::counter!(REQUESTS, "route" => route, "method" => method, "status" => status).increment(1);
    response
}

/// A method's label: one of ours, for each label that a stranger could make is another time series.
fn method_label(method: &Method) -> &'static str {
    let ours = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
    ours.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// Starts to collect metrics, and serves them as text at `/metrics` of this address.
pub async fn serve_metrics(address: SocketAddr) -> Result<()> {
    let builder = PrometheusBuilder::new();
    let builder =
        builder.set_buckets_for_metric(Matcher::Full(SECONDS.to_owned()), &BUCKETS).map_err(Error::internal)?;
    let handle = builder.install_recorder().map_err(Error::internal)?;
    metrics::describe_counter!(REQUESTS, "Requests, by route, method and status of the response.");
    metrics::describe_histogram!(SECONDS, "Seconds until the response began, by route.");
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| Error::Internal(format!("--metrics-addr {address}: {error}")))?;
    // Samples pile up between two questions, and for ever where nobody asks.
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    let app = Router::new().route("/metrics", get(move || std::future::ready(handle.render())));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(())
}
