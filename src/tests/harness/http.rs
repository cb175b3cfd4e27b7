//! Asking the app in this process, as a browser or a script would.

use super::world::{PASSWORD, World};
use attest::server::certificate::Certificate;
use attest::server::http::connections::{ConnectionLimits, serve_connections};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// A session's cookie, as a browser sends it back.
#[derive(Clone, Debug, Default)]
pub struct Cookie(pub String);

/// An answer, read whole.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// In words; of what is no text as far as it is.
    pub body: String,
    pub bytes: Bytes,
}

impl Reply {
    pub fn is_html(&self) -> bool {
        self.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The session's cookie that the answer sets.
    pub fn cookie(&self) -> Cookie {
        let set = self.cookie_named("__Host-attest_session");
        if set.0.is_empty() { self.cookie_named("attest_session_3000") } else { set }
    }

    /// The cookie of a name that the answer sets.
    pub fn cookie_named(&self, name: &str) -> Cookie {
        let mut set = self.headers.get_all(SET_COOKIE).iter().filter_map(|set| set.to_str().ok()?.split(';').next());
        Cookie(set.find(|set| set.split('=').next() == Some(name)).unwrap_or_default().to_owned())
    }
}

/// The header of an input.
pub fn basic(key: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{key}:{secret}")))
}

/// The header of a token.
pub fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

impl World {
    /// Sends a request from an address of its own on this machine.
    pub async fn send(&self, mut request: Request<Body>, from: &str) -> Reply {
        let peer: SocketAddr = format!("{from}:40000").parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.expect("the router does not fail");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        let body = String::from_utf8_lossy(&bytes).into_owned();
        let reply = Reply { status: parts.status, headers: parts.headers, body, bytes };
        // A browser takes an empty address for the page it is on, and sends a form's page into a circle.
        let leads = !reply.status.is_redirection() || reply.location().starts_with('/');
        assert!(leads, "a redirect without a path: {:?}", reply.headers);
        reply
    }

    pub async fn get(&self, path: &str, cookie: &Cookie) -> Reply {
        let request = Request::get(path).header(COOKIE, &cookie.0).body(Body::empty()).expect("a request");
        self.send(request, "127.0.0.1").await
    }

    /// Sends a form, as a browser does from our own page.
    pub async fn post(&self, path: &str, cookie: &Cookie, fields: &[(&str, &str)]) -> Reply {
        self.post_from(path, cookie, fields, "127.0.0.1").await
    }

    pub async fn post_from(&self, path: &str, cookie: &Cookie, fields: &[(&str, &str)], from: &str) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header(COOKIE, &cookie.0)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body));
        self.send(request.expect("a request"), from).await
    }

    /// Asks an interface for machines.
    pub async fn ask(&self, method: &str, path: &str, authorization: Option<&str>, body: impl Into<Body>) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        self.send(request.body(body.into()).expect("a request"), "127.0.0.1").await
    }

    pub async fn sign_in(&self, email: &str) -> Cookie {
        let reply =
            self.post("/sign-in", &Cookie::default(), &[("email", email), ("password", PASSWORD), ("next", "/")]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        reply.cookie()
    }

    /// Looks a profile up, and follows to what was found.
    pub async fn look_up(&self, path: &str, cookie: &Cookie, by: &str, value: &str) -> Reply {
        let reply = self.post(path, cookie, &[("by", by), ("value", value)]).await;
        if reply.status == StatusCode::SEE_OTHER { self.get(reply.location(), cookie).await } else { reply }
    }

    /// Sends one batch to an input.
    pub async fn event(&self, input: &(String, String), batch: &Value) -> Reply {
        self.ask("POST", "/v2/events", Some(&basic(&input.0, &input.1)), batch.to_string()).await
    }

    /// Serves on a port of its own until the test ends; returns the origin.
    pub async fn serve(&self) -> String {
        format!("http://{}", self.serve_within(ConnectionLimits::default()).await)
    }

    /// The same with other limits; returns the address.
    pub async fn serve_within(&self, limits: ConnectionLimits) -> SocketAddr {
        self.serve_by(None, limits).await
    }

    /// The same with a certificate.
    pub async fn serve_with(&self, certificate: &Arc<Certificate>, limits: ConnectionLimits) -> SocketAddr {
        self.serve_by(Some(certificate.acceptor().expect("TLS")), limits).await
    }

    async fn serve_by(&self, tls: Option<TlsAcceptor>, limits: ConnectionLimits) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve_connections(listener, tls, self.router.clone(), limits, std::future::pending()));
        address
    }

    /// The distribution as a script reads it.
    pub async fn distribution(&self, workspace: &str, token: &str, query: &str) -> Value {
        let path = format!("/api/v1/workspaces/{workspace}/distribution?{query}");
        let reply = self.ask("GET", &path, Some(&bearer(token)), "").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()
    }
}
