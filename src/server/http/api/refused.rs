//! The errors that interfaces return, as the document describes them.

use super::schema;
use crate::domain::error::{Code, Fault};
use crate::server::http::failure;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// What went wrong; several faults are reported at once.
#[derive(Serialize, ToSchema)]
pub struct Errors {
    errors: Vec<OneError>,
}

impl Errors {
    /// Faults of what was sent, in words.
    pub fn of(faults: &[Fault]) -> Self {
        let error = |fault| OneError { code: Code::BadRequest, message: failure::message(fault) };
        Self { errors: faults.iter().map(error).collect() }
    }
}

/// The batches of a bulk request were taken.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "described, not made")]
pub enum StoredBatches {
    /// The good batches are stored durably. Empty when all were good; else the bad ones, each message beginning with the
    /// batch's place, as in `[3].device_info.platform: ..`.
    #[response(status = 202)]
    Stored(Errors),
}

/// One fault.
#[derive(Serialize, ToSchema)]
pub struct OneError {
    #[schema(schema_with = schema::codes)]
    code: Code,
    /// The field, or in a bulk request the index and the field, and what was expected; never a value that was sent.
    message: String,
}

/// The errors of the Admin API and the Profile API.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "described, not made")]
pub enum Refused {
    /// The address, a parameter or the body cannot be read.
    #[response(status = 400)]
    BadRequest(Errors),
    /// The token is missing, unknown, expired or revoked.
    #[response(status = 401)]
    Unauthorized(Errors),
    /// The token's role, or its maker's, does not allow this.
    #[response(status = 403)]
    Forbidden(Errors),
    /// It does not exist, or not for this token.
    #[response(status = 404)]
    NotFound(Errors),
    /// An error of the server, logged under the incident that the message names.
    #[response(status = 500)]
    Internal(Errors),
    /// The database is unavailable; `Retry-After` says when to ask again.
    #[response(status = 503)]
    Unavailable(Errors),
}

/// The errors of the Events API.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "described, not made")]
pub enum NotAccepted {
    /// Not JSON, a wrong type, a status outside the four, more than 100 batches, or no good batch at all.
    #[response(status = 400)]
    BadRequest(Errors),
    /// No Authorization header.
    #[response(status = 401)]
    Unauthorized(Errors),
    /// Key unknown, secret wrong, input paused or deleted: the answer is the same for all.
    #[response(status = 403)]
    Forbidden(Errors),
    /// The body did not come whole within 30 seconds: nothing of it was stored, and it can be sent again.
    #[response(status = 408)]
    CutOff(Errors),
    /// A request over 256 KB, or a single batch over 128 KB.
    #[response(status = 413)]
    TooLarge(Errors),
    /// A content type that is not JSON, or a content encoding other than gzip.
    #[response(status = 415)]
    NotJson(Errors),
    /// The input is over its rate; `Retry-After` says after how many seconds to go on, and
    /// `X-mp-rate-limit-exceeded` is `feed`.
    #[response(status = 429)]
    RateLimited(Errors),
    /// An error of the server, logged under the incident that the message names.
    #[response(status = 500)]
    Internal(Errors),
    /// The database is unavailable; nothing of the request was stored, and `Retry-After` says when to send it again.
    #[response(status = 503)]
    Unavailable(Errors),
}
