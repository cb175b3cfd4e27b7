//! Connections: how many there are at a time, and how long one may take to say what it wants.

use super::patience::Patient;
use super::places::Places;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// Connections that were refused, for their host had as many as one may have.
pub const CONNECTIONS_REFUSED: &str = "attest_connections_refused_total";

/// What connections may take.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// How many there are at a time; further ones wait until one ends.
    pub most: usize,
    /// How many of them one host may have, so that it keeps nobody out; further ones are refused.
    pub most_of_one: usize,
    /// Who brings the connections of many, and may have all of them.
    pub proxies: Vec<IpAddr>,
    /// How long the headers of a request may take, a handshake of TLS before them, and how long a connection may be idle.
    pub headers_within: Duration,
}

/// Fewer than the 1,024 files that systems allow a process by default.
const MOST: usize = 900;

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { most: MOST, most_of_one: MOST / 2, proxies: Vec::new(), headers_within: Duration::from_secs(10) }
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
    let places = Places::new(limits.most, limits.most_of_one, &limits.proxies);
    let connections = GracefulShutdown::new();
    let mut stopping = pin!(stopping);
    loop {
        let next = async {
            let place = places.next().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut stopping => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = places.give(place, peer.ip()) else {
                    refuse(&stream, tls.is_some());
                    continue;
                };
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

/// Tells a client that its host has too many connections, as far as that is possible without waiting for it.
fn refuse(stream: &TcpStream, is_encrypted: bool) {
    const MESSAGE: &str =
        "{\"errors\":[{\"code\":\"UNAVAILABLE\",\"message\":\"too many connections from this address\"}]}";
    metrics::counter!(CONNECTIONS_REFUSED).increment(1);
    if !is_encrypted {
        let length = MESSAGE.len();
        let head =
            "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-type: application/json";
        let _ = stream.try_write(format!("{head}\r\ncontent-length: {length}\r\n\r\n{MESSAGE}").as_bytes());
    }
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
