//! Metrics for Prometheus: served on an address of their own, and only when one is set.

use super::connections::CONNECTIONS_REFUSED;
use crate::domain::att::CountedState;
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::metric::{Basis, Figures};
use crate::domain::permission::Permission;
use crate::server::denials::REFUSALS;
use crate::server::error::{Error, Result};
use crate::server::ingest::writer::{COMMIT_BATCHES, COMMIT_SECONDS, COMMITS};
use crate::server::services::jobs::{RUN_SECONDS, RUNS};
use crate::server::state::AppState;
use crate::server::store::audit::INSTALLATION;
use crate::server::store::{Actor, CounterSelection, Purpose, WorkspaceRef};
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

const REQUESTS: &str = "attest_http_requests_total";
const SECONDS: &str = "attest_http_request_seconds";
/// Upper bounds of the histogram, in seconds.
const BUCKETS: [f64; 9] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

/// The same for runs of jobs, which may take hours, and for batches of a commit.
const RUN_BUCKETS: [f64; 8] = [0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 36_000.0];
const BATCH_BUCKETS: [f64; 7] = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0];

const QUEUE_BATCHES: &str = "attest_queue_batches";
const QUEUE_KILOBYTES: &str = "attest_queue_kilobytes";
const CONNECTIONS: &str = "attest_database_connections";
const JOBS_FAILING: &str = "attest_jobs_failing";
const JOBS_LATE: &str = "attest_jobs_late_seconds";
const JOBS_NOTED: &str = "attest_workspaces_with_too_many_request_ids";

const UNITS: &str = "attest_units";
const WORKSPACES_LEFT_OUT: &str = "attest_workspaces_left_out";
/// Of how many workspaces: each label is a time series.
const MOST_WORKSPACES: usize = 100;

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
pub(super) fn method_label(method: &Method) -> &'static str {
    let ours = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
    ours.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// Starts to collect metrics. Comes before whatever is measured.
pub fn collect_metrics() -> Result<PrometheusHandle> {
    let seconds = |builder: PrometheusBuilder, name: &str, bounds: &[f64]| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), bounds).map_err(Error::internal)
    };
    let mut builder = PrometheusBuilder::new();
    for name in [SECONDS, COMMIT_SECONDS] {
        builder = seconds(builder, name, &BUCKETS)?;
    }
    builder = seconds(builder, RUN_SECONDS, &RUN_BUCKETS)?;
    builder = seconds(builder, COMMIT_BATCHES, &BATCH_BUCKETS)?;
    let handle = builder.install_recorder().map_err(Error::internal)?;
    metrics::describe_counter!(REQUESTS, "Requests, by route, method and status of the response.");
    metrics::describe_histogram!(SECONDS, "Seconds until the response began, by route.");
    metrics::describe_counter!(REFUSALS, "Requests that were refused, by why.");
    metrics::describe_counter!(
        CONNECTIONS_REFUSED,
        "Connections that were refused, for their host had as many as one may have."
    );
    metrics::describe_counter!(COMMITS, "Commits of the event stream, by outcome.");
    metrics::describe_histogram!(COMMIT_SECONDS, "Seconds that a commit of the event stream took.");
    metrics::describe_histogram!(COMMIT_BATCHES, "Batches of a commit.");
    metrics::describe_counter!(RUNS, "Runs of jobs, by job and outcome.");
    metrics::describe_histogram!(RUN_SECONDS, "Seconds that a run of a job took.");
    metrics::describe_gauge!(QUEUE_BATCHES, "Batches that wait for their commit.");
    metrics::describe_gauge!(QUEUE_KILOBYTES, "Kilobytes of requests that wait or are on their way in.");
    metrics::describe_gauge!(CONNECTIONS, "Connections to the database, by purpose and whether they are idle.");
    metrics::describe_gauge!(JOBS_FAILING, "Jobs that failed the last time.");
    metrics::describe_gauge!(JOBS_LATE, "Seconds since the job that waits longest was due; 0 while none is late.");
    metrics::describe_gauge!(JOBS_NOTED, "Workspaces with more ids of requests than are kept.");
    metrics::describe_gauge!(
        UNITS,
        "Apple profiles and devices of a workspace in production by status, as reported (explicit) and with the default (effective)."
    );
    metrics::describe_gauge!(WORKSPACES_LEFT_OUT, "Workspaces beyond the hundred oldest, of which no units are told.");
    // Samples pile up between two questions, and for ever where nobody asks.
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// Serves them as text at `/metrics` of this address; returns the one that answers, whose port the system chooses for 0.
pub async fn serve_metrics(address: SocketAddr, handle: PrometheusHandle, state: AppState) -> Result<SocketAddr> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| Error::Internal(format!("--metrics-addr {address}: {error}")))?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let render = move || {
        let (handle, state) = (handle.clone(), state.clone());
        async move {
            look(&state).await;
            if state.config.metrics_workspaces
                && let Err(error) = look_at_workspaces(&state).await
            {
                tracing::warn!(%error, "figures of workspaces are as they were before");
            }
            handle.render()
        }
    };
    let app = Router::new().route("/metrics", get(render));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

/// Looks at how units are distributed now, in production: exact figures, for whoever may read this address.
async fn look_at_workspaces(state: &AppState) -> Result<()> {
    let (actor, store) = (Actor::command_line(), state.store.for_purpose(Purpose::Caller));
    // The same ones each time, whatever others are called: ids grow with the time.
    let workspaces = store.system_view().await?.workspaces_after(INSTALLATION, i64::MAX).await?;
    metrics::gauge!(WORKSPACES_LEFT_OUT).set(workspaces.len().saturating_sub(MOST_WORKSPACES) as f64);
    for workspace in workspaces.into_iter().take(MOST_WORKSPACES) {
        let mut view = store.view(&actor, WorkspaceRef::Id(workspace), Permission::SeeMetrics).await?;
        let slug = view.workspace.slug.to_string();
        let default = view.settings().await?.default;
        for unit in Unit::ALL.into_iter().filter(|unit| unit.of_now()) {
            let selection = CounterSelection { environment: Environment::Production, unit, app: None, slice: None };
            let counts = view.counts_of(selection).await?;
            for basis in Basis::ALL {
                let figures = Figures::new([(counts, default)], basis, view.precision);
                for state in CountedState::OF_APPLE {
                    let labels = [
                        ("workspace", slug.clone()),
                        ("unit", unit.as_str().to_owned()),
                        ("basis", basis.as_str().to_owned()),
                        ("status", state.as_str().to_owned()),
                    ];
                    metrics::gauge!(UNITS, &labels).set(figures.of(state).figure().unwrap_or_default() as f64);
                }
            }
        }
    }
    Ok(())
}

/// Looks at what has a number now.
async fn look(state: &AppState) {
    metrics::gauge!(QUEUE_BATCHES).set(state.ingest.waiting() as f64);
    metrics::gauge!(QUEUE_KILOBYTES).set(state.ingest.waiting_kilobytes() as f64);
    for (purpose, size, idle) in state.store.connections().await {
        metrics::gauge!(CONNECTIONS, "purpose" => purpose, "state" => "idle").set(idle as f64);
        metrics::gauge!(CONNECTIONS, "purpose" => purpose, "state" => "used").set(f64::from(size) - idle as f64);
    }
    // Where the database does not answer these keep what they had.
    let store = state.store.for_purpose(Purpose::Caller);
    let jobs = async {
        let mut view = store.system_view().await?;
        Ok::<_, Error>((view.jobs_state().await?, view.now))
    };
    if let Ok((jobs, now)) = jobs.await {
        metrics::gauge!(JOBS_FAILING).set(jobs.failing as f64);
        metrics::gauge!(JOBS_NOTED).set(jobs.noted as f64);
        metrics::gauge!(JOBS_LATE).set(jobs.late_since.map_or(0.0, |since| (now.0 - since.0) as f64 / 1000.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A panel of a figure that has another name shows nothing.
    #[test]
    fn the_dashboard_asks_for_figures_that_there_are() {
        let dashboard = include_str!("../../../docs/grafana.json");
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let rest = dashboard.split("attest_").skip(1);
        let names: Vec<String> =
            rest.map(|rest| format!("attest_{}", rest.split(|c| !is_of_name(c)).next().unwrap_or_default())).collect();
        assert!(!names.is_empty());
        for name in names {
            assert!([UNITS, COMMITS, QUEUE_BATCHES, JOBS_FAILING].contains(&name.as_str()), "{name}");
        }
    }
}
