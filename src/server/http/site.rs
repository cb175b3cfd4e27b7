//! Serving the site's files, compressed when the browser takes them so.

use crate::server::site::{Site, WATCHED};
use crate::server::state::AppState;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// Whether the server may answer with this encoding.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|accepted| accepted.split(';').next().is_some_and(|name| name.trim() == encoding))
}

/// The icon at the address that browsers ask for by themselves: the one address that outlives its file.
pub async fn favicon(headers: HeaderMap) -> Response {
    let mut response = sent("favicon.ico", &headers);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}

/// One file of the site. Browsers keep it for ever under the address of this site alone: where several processes are brought up
/// to date one by one, another one's address gets what is here, and gets it anew the next time.
pub async fn file(
    Path((hash, name)): Path<(String, String)>,
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Response {
    let mut response = sent(&name, &headers);
    let is_kept =
        hash != WATCHED && state.site.base.strip_prefix("/s/") == Some(&hash) && response.status().is_success();
    let kept = if is_kept { "public, max-age=31536000, immutable" } else { "no-store" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}

/// A file, compressed when the browser takes it so.
fn sent(name: &str, headers: &HeaderMap) -> Response {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let kind = if kind.type_() == mime_guess::mime::TEXT { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    let forms = [("br", ".br"), ("gzip", ".gz")];
    let compressed = forms.into_iter().filter(|(encoding, _)| accepts(headers, encoding));
    let found = compressed
        .map(|(encoding, suffix)| (Some(encoding), Site::file(&format!("{name}{suffix}"))))
        .chain([(None, Site::file(name))])
        .find_map(|(encoding, file)| Some((encoding, file?)));
    let Some((encoding, file)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut response =
        ([(CONTENT_TYPE, kind), (VARY, "Accept-Encoding".to_owned())], file.into_owned()).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}
