//! A page model becomes an answer.

use crate::server::state::AppState;
use crate::ui::document::{Document, document};
use crate::ui::pages::Page;
use crate::ui::pages::overview::{Counts, counts};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hydration_context::SsrSharedContext;
use leptos::nonce::Nonce;
use leptos::prelude::*;
use std::sync::Arc;

/// Renders a page, for success and faults alike. Whoever calls has decided the status.
pub fn render(state: &AppState, page: Page, status: StatusCode) -> Response {
    let nonce = page.has_island().then(|| BASE64_URL_SAFE_NO_PAD.encode(state.store.ids().random::<16>()));
    let csp = content_security_policy(nonce.as_deref());
    let assets = state.site.base.clone();
    let html = html(|| document(Document { page, assets, nonce: nonce.map(Nonce::from_value) }).to_html());
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(csp) = HeaderValue::from_str(&csp) {
        headers.insert(CONTENT_SECURITY_POLICY, csp);
    }
    response
}

/// The Overview's counts by themselves, as the island puts them into the page.
pub fn fragment(model: Counts) -> String {
    html(|| counts(model).to_html())
}

/// Nothing on our pages waits, so that one pass over the view is the whole page.
fn html(view: impl FnOnce() -> String) -> String {
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    let html = owner.with(view);
    owner.unset();
    html
}

fn content_security_policy(nonce: Option<&str>) -> String {
    let scripts = match nonce {
        Some(nonce) => format!("'self' 'nonce-{nonce}' 'wasm-unsafe-eval'"),
        None => "'none'".to_owned(),
    };
    format!(
        "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}
