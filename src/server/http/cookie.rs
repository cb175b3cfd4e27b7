//! Cookies of a request.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use tower_sessions::cookie::Cookie;

/// What the first cookie of a name says.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let found = cookies.flat_map(Cookie::split_parse).flatten().find(|cookie| cookie.name() == name);
    found.map(|cookie| cookie.value().to_owned())
}
