//! A page model becomes an answer: a handler decides page, status and headers, and the layer [`draw_pages`] has Leptos draw it.

use super::security::RequestId;
use crate::domain::text::visible;
use crate::server::state::AppState;
use crate::ui::document::{Document, document};
use crate::ui::pages::Page;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use leptos::nonce::Nonce;
use leptos::prelude::*;
use leptos_axum::handle_response_inner;
use std::future::ready;
use tokio::runtime::Handle;

/// Answers with a page, for success and faults alike. The body is drawn by [`draw_pages`].
pub fn render(state: &AppState, page: Page, status: StatusCode) -> Response {
    let nonce = page.has_island().then(|| BASE64_URL_SAFE_NO_PAD.encode(state.store.ids().random::<16>()));
    let csp = content_security_policy(nonce.as_deref(), page.scripts().next().is_some());
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(csp) = HeaderValue::from_str(&csp) {
        headers.insert(CONTENT_SECURITY_POLICY, csp);
    }
    let nonce = nonce.map(Nonce::from_value);
    response.extensions_mut().insert(Document { page, assets: state.site.base.clone(), nonce });
    response
}

/// Has Leptos draw the page that a handler answered with, in a context that knows the request, and on a thread of its own:
/// a long page holds up nobody.
pub async fn draw_pages(
    State(state): State<AppState>,
    RequestId(incident): RequestId,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let mut asked = parts.clone();
    // `CONNECT host:port` names no path, which Leptos takes for granted.
    if asked.uri.path_and_query().is_none() {
        asked.uri = Uri::default();
    }
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let Some(page) = response.extensions_mut().remove::<Document>() else { return response };
    let nonce = page.nonce.clone();
    let provide = move || {
        // In place of the one that Leptos makes up: the policy in the header names this one.
        if let Some(nonce) = nonce.clone() {
            provide_context(nonce);
        }
    };
    let asked = Request::from_parts(asked, Body::empty());
    // Nobody closes it.
    let turn = state.drawing.clone().acquire_owned().await;
    state.store.precedence().give_way().await;
    let drawn = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let page = handle_response_inner(
            provide,
            || document(page),
            asked,
            |view, _, _| {
                // Nothing on our pages waits and islands get no resources, so that one pass over the view is the whole
                // page, and the script in which Leptos would hand over what came later is left out.
                let html = visible(view.to_html());
                Box::pin(ready(Box::pin(futures::stream::once(ready(html))) as _))
            },
        );
        Handle::current().block_on(page)
    });
    match drawn.await {
        Ok(page) => *response.body_mut() = page.into_body(),
        Err(error) => {
            tracing::error!(incident, %error, "a page was not drawn");
            let told = format!("This page could not be drawn. Incident {incident}.\n");
            return (StatusCode::INTERNAL_SERVER_ERROR, told).into_response();
        }
    }
    response
}

fn content_security_policy(nonce: Option<&str>, has_script: bool) -> String {
    let scripts = match nonce {
        Some(nonce) => format!("'self' 'nonce-{nonce}' 'wasm-unsafe-eval'"),
        None if has_script => "'self'".to_owned(),
        None => "'none'".to_owned(),
    };
    format!(
        "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}
