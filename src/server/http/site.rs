//! Serving the site's files, compressed when the browser takes them so.

use crate::server::site::{Site, WATCHED};
use axum::extract::Path;
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
    let mut response = file(Path((String::new(), "favicon.ico".to_owned())), headers).await;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}

/// One file of the site, compressed when the browser takes it so.
pub async fn file(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let kind = mime_guess::from_path(&name).first_or_octet_stream();
    let kind = if kind.type_() == mime_guess::mime::TEXT { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    let forms = [("br", ".br"), ("gzip", ".gz")];
    let compressed = forms.into_iter().filter(|(encoding, _)| accepts(&headers, encoding));
    let found = compressed
        .map(|(encoding, suffix)| (Some(encoding), Site::file(&format!("{name}{suffix}"))))
        .chain([(None, Site::file(&name))])
        .find_map(|(encoding, file)| Some((encoding, file?)));
    let Some((encoding, file)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = (
        [
            (CONTENT_TYPE, kind),
            (
                CACHE_CONTROL,
                if hash == WATCHED { "no-store" } else { "public, max-age=31536000, immutable" }.to_owned(),
            ),
            (VARY, "Accept-Encoding".to_owned()),
        ],
        file.into_owned(),
    )
        .into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}
