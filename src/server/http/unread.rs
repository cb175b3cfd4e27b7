//! Bodies: read whole, or not to their end, for a request is refused early, or never ends.

use crate::domain::error::Refusal;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, EXPECT};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError};
use hyper::body::{Frame, SizeHint};
use std::error::Error;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// How long a body may take.
const BODY_WITHIN: Duration = Duration::from_secs(30);
/// How much is read of a body after its request was refused, and for how long: most senders read the answer only when
/// they have sent everything.
const READ_ON: usize = 1024 * 1024;
const READ_ON_WITHIN: Duration = Duration::from_secs(2);

/// Ends bodies that take too long; reads on what a refusal left of a body, so that its sender reads the refusal, and ends
/// the connection.
pub async fn read_on(request: Request, next: Next) -> Response {
    let waits_to_send = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let shared = Arc::new(Mutex::new(SentBody { body, is_begun: false, has_ended: false, is_late: false }));
    let deadline = Box::pin(tokio::time::sleep(BODY_WITHIN));
    let lent = Body::new(LentBody { sent: shared.clone(), deadline });
    let mut response = next.run(Request::from_parts(parts, lent)).await;
    let (is_begun, has_ended, is_late) = {
        let sent = shared.lock().unwrap_or_else(PoisonError::into_inner);
        (sent.is_begun, sent.has_ended, sent.is_late)
    };
    if !has_ended {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        if !is_late && (is_begun || !waits_to_send) {
            let deadline = Box::pin(tokio::time::sleep(READ_ON_WITHIN));
            drop_rest(LentBody { sent: shared, deadline }).await;
        }
    }
    response
}

/// A whole body, of so many bytes at most.
///
/// # Errors
/// [`Refusal::TooLarge`] for a longer one, and those of [`refusal`].
pub async fn whole(body: Body, largest: usize) -> Result<Bytes, Refusal> {
    to_bytes(body, largest).await.map_err(|error| match error.source() {
        Some(source) if source.is::<LengthLimitError>() => Refusal::TooLarge(largest / 1024),
        _ => refusal(&error),
    })
}

/// Why a body was not read to its end: [`Refusal::CutOff`] where it took too long or broke off, [`Refusal::BadRequest`] where
/// it is not sent as HTTP says, and would be no better next time.
pub fn refusal(error: &axum::Error) -> Refusal {
    let causes = std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| (*cause).source());
    let kinds = causes.filter_map(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    match kinds.last() {
        Some(ErrorKind::InvalidInput | ErrorKind::InvalidData) => Refusal::BadRequest(Vec::new()),
        _ => Refusal::CutOff,
    }
}

async fn drop_rest(mut body: LentBody) {
    let mut read = 0;
    while read < READ_ON {
        let Some(Ok(frame)) = body.frame().await else { return };
        read += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// A body, and how far it was read.
struct SentBody {
    body: Body,
    is_begun: bool,
    has_ended: bool,
    /// Whether its time is over.
    is_late: bool,
}

/// A body that its handler may drop, and which is there all the same; it fails when its time is over.
struct LentBody {
    sent: Arc<Mutex<SentBody>>,
    deadline: Pin<Box<Sleep>>,
}

impl HttpBody for LentBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = {
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.is_begun = true;
            let polled = Pin::new(&mut sent.body).poll_frame(cx);
            sent.has_ended |= sent.body.is_end_stream() || matches!(polled, Poll::Ready(None | Some(Err(_))));
            polled
        };
        if polled.is_pending() && self.deadline.as_mut().poll(cx).is_ready() {
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).is_late = true;
            return Poll::Ready(Some(Err(axum::Error::new(std::io::Error::from(ErrorKind::TimedOut)))));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use tower::ServiceExt;

    async fn read(body: Body) -> StatusCode {
        match whole(body, 1024).await {
            Ok(_) => StatusCode::OK,
            Err(Refusal::CutOff) => StatusCode::REQUEST_TIMEOUT,
            Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_not_waited_for() {
        let app = Router::new().route("/", post(read)).layer(from_fn(read_on));
        let begun = tokio::time::Instant::now();
        let never = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        let request = Request::post("/").body(never).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(response.headers()[CONNECTION], "close");
        assert_eq!(begun.elapsed().as_secs(), BODY_WITHIN.as_secs());
    }
}
