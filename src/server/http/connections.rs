//! Connections: how many there are at a time, and how long one may take to say what it wants.

use super::patience::Patient;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How many there are at a time; further ones wait until one ends.
    pub most: usize,
    /// How long the headers of a request may take, a handshake of TLS before them, and how long a connection may be idle.
    pub headers_within: Duration,
}

impl Default for ConnectionLimits {
    /// Fewer than the 1,024 files that systems allow a process by default.
    fn default() -> Self {
        Self { most: 900, headers_within: Duration::from_secs(10) }
    }
}

/// The largest headers of a request, in bytes; beyond them it is answered 431.
const LARGEST_HEADERS: usize = 32 * 1024;
/// How long a client may read nothing of what is sent to it.
const READ_WITHIN: Duration = Duration::from_secs(30);
/// How long nothing is accepted after the system had nothing left to accept with.
const NOT_ACCEPTED_FOR: Duration = Duration::from_millis(200);

/// Serves until `stopping` ends, and then until the requests under way are answered; https where there is what accepts it.
pub async fn serve_connections(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: Router,
    limits: ConnectionLimits,
    stopping: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.most));
    let connections = GracefulShutdown::new();
    let mut stopping = pin!(stopping);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut stopping => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // An answer is written whole; it shall not wait for an acknowledgement of the one before.
                let _ = stream.set_nodelay(true);
                let (watcher, app, tls) = (connections.watcher(), app.clone(), tls.clone());
                tokio::spawn(async move {
                    let within = limits.headers_within;
                    let served = match tls {
                        None => watcher.watch(connection(stream, peer, app, within)).await.map_err(io::Error::other),
                        Some(tls) => match timeout(within, tls.accept(stream)).await {
                            Ok(Ok(stream)) => {
                                watcher.watch(connection(stream, peer, app, within)).await.map_err(io::Error::other)
                            }
                            Ok(Err(error)) => Err(error),
                            Err(_) => Err(io::ErrorKind::TimedOut.into()),
                        },
                    };
                    if let Err(error) = served {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(NOT_ACCEPTED_FOR).await;
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

fn connection<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    stream: S,
    peer: SocketAddr,
    app: Router,
    headers_within: Duration,
) -> impl GracefulConnection<Error = hyper::Error> + Send + 'static {
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers_within)
        .max_header_size(LARGEST_HEADERS)
        .serve_connection(TokioIo::new(Patient::new(stream, READ_WITHIN)), service)
}
