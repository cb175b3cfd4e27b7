//! The rival of single requests: a server that only parses, and answers at once.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    device_info: Option<Device<'a>>,
}

#[derive(Deserialize)]
struct Device<'a> {
    #[serde(borrow)]
    att_authorization_status: Option<Cow<'a, str>>,
    att_timestamp_unixtime_ms: Option<i64>,
    #[serde(borrow)]
    ios_idfv: Option<Cow<'a, str>>,
}

/// Serves until it is killed.
pub async fn serve(port: u16) {
    let parse = |body: axum::body::Bytes| async move {
        match serde_json::from_slice::<Batch<'_>>(&body) {
            Ok(batch) => {
                let device = batch.device_info;
                std::hint::black_box(device.map(|device| {
                    let lengths =
                        [device.att_authorization_status, device.ios_idfv].map(|text| text.map(|text| text.len()));
                    (lengths, device.att_timestamp_unixtime_ms)
                }));
                StatusCode::ACCEPTED
            }
            Err(_) => StatusCode::BAD_REQUEST,
        }
    };
    let router = Router::new().route("/v2/events", post(parse)).route("/readyz", axum::routing::get(|| async { "" }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a port");
    axum::serve(listener, router).await.expect("it serves");
}
