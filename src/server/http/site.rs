//! The site: style, script and wasm, embedded in a release and read from disk while developing. Served under a folder
//! named by the hash of all of it, so that browsers keep it for ever.

use axum::extract::Path;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Files;

/// What is known of the site.
#[derive(Debug)]
pub struct Site {
    /// `/s/{hash}`.
    pub base: String,
}

impl Site {
    /// Looks at the site that was built; `None` when there is none.
    pub fn look() -> Option<Self> {
        let hash = Files::get("hash.txt")?;
        let hash = String::from_utf8_lossy(&hash.data).trim().to_owned();
        Some(Self { base: format!("/s/{hash}") })
    }
}

/// Whether the server may answer with this encoding.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|accepted| accepted.split(';').next().is_some_and(|name| name.trim() == encoding))
}

/// One file of the site, compressed when the browser takes it so.
pub async fn file(Path((_, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let kind = mime_guess::from_path(&name).first_or_octet_stream().to_string();
    let forms = [("br", ".br"), ("gzip", ".gz")];
    let compressed = forms.into_iter().filter(|(encoding, _)| accepts(&headers, encoding));
    let found = compressed
        .map(|(encoding, suffix)| (Some(encoding), Files::get(&format!("{name}{suffix}"))))
        .chain([(None, Files::get(&name))])
        .find_map(|(encoding, file)| Some((encoding, file?)));
    let Some((encoding, file)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = (
        [
            (CONTENT_TYPE, kind),
            (CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
            (VARY, "Accept-Encoding".to_owned()),
        ],
        file.data.into_owned(),
    )
        .into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(CONTENT_ENCODING, axum::http::HeaderValue::from_static(encoding));
    }
    response
}
