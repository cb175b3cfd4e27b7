//! The bodies of the Events API: how they are read, and why not.

use crate::domain::error::{Code, Fault, Message, Problem, Refusal};
use crate::domain::id::WorkspaceId;
use crate::server::error::Result;
use crate::server::http::unread;
use crate::server::ingest::Room;
use crate::server::state::AppState;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Json, Response};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use serde_json::json;
use std::io::Read;

/// Why a body was not read.
pub(super) enum Unread {
    /// With how large it may be, in bytes.
    TooLarge(usize),
    NotJsonType,
    /// Packed in a way that is not understood.
    UnknownEncoding,
    /// Said to be packed by gzip, and is not.
    NotGzip,
    NotText,
    /// It did not come to its end: there is no batch to count.
    Broken(Refusal),
}

impl Unread {
    /// Under what it is counted at the input; `None` when it is not.
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::TooLarge(_) => Some(Fault::new("", Problem::TooLarge)),
            Self::NotJsonType => Some(Fault::new("Content-Type", Problem::NotJson)),
            Self::UnknownEncoding => Some(Fault::new("Content-Encoding", Problem::UnknownEncoding)),
            Self::NotGzip => Some(Fault::new("Content-Encoding", Problem::NotGzip)),
            Self::NotText => Some(Fault::new("", Problem::NotJson)),
            Self::Broken(_) => None,
        }
    }

    /// The answer.
    pub fn refusal(&self) -> Result<Response> {
        let unsupported = |message: &str| {
            let errors = [Message { code: Code::BadRequest, message: message.to_owned() }];
            Ok((StatusCode::UNSUPPORTED_MEDIA_TYPE, Json(json!({"errors": errors}))).into_response())
        };
        match self {
            Self::TooLarge(largest) => Err(Refusal::TooLarge(largest / 1024).into()),
            Self::NotJsonType => Err(Refusal::NotJsonType.into()),
            Self::UnknownEncoding => unsupported("Content-Encoding: expected gzip, or none"),
            Self::Broken(refusal) => Err(refusal.clone().into()),
            Self::NotGzip | Self::NotText => {
                let fault = self.fault().unwrap_or_else(|| Fault::new("", Problem::NotJson));
                Err(Refusal::BadRequest(vec![fault]).into())
            }
        }
    }
}

/// Reads a body in the documented order of checks: its size, its type, its text. Room for it is taken before; an error when
/// there is none. `largest` is in bytes, and holds for what a packed body unpacks to.
pub(super) async fn read(
    state: &AppState,
    workspace: WorkspaceId,
    request: Request,
    largest: usize,
) -> Result<Result<(String, Room), Unread>> {
    let (Parts { headers, .. }, mut body) = request.into_parts();
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > largest) {
        return Ok(Err(Unread::TooLarge(largest)));
    }
    let mut room = state.ingest.room(workspace, announced.unwrap_or_default())?;
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Ok(Err(Unread::Broken(unread::refusal(&error)))),
        };
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > largest {
            return Ok(Err(Unread::TooLarge(largest)));
        }
        state.ingest.grow(&mut room, bytes.len() + data.len())?;
        bytes.extend_from_slice(&data);
    }
    let named = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let (kind, encoding) = (named(CONTENT_TYPE), named(CONTENT_ENCODING));
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        return Ok(Err(Unread::NotJsonType));
    }
    match encoding.trim() {
        "" | "identity" => {}
        "gzip" | "x-gzip" => {
            match unpacked(&bytes, largest) {
                Ok(unpacked) => bytes = unpacked,
                Err(unread) => return Ok(Err(unread)),
            }
            state.ingest.grow(&mut room, bytes.len())?;
        }
        _ => return Ok(Err(Unread::UnknownEncoding)),
    }
    let Ok(mut text) = String::from_utf8(bytes) else { return Ok(Err(Unread::NotText)) };
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(Ok((text, room)))
}

/// Some languages write it in front of each text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What was packed by gzip, at most `largest` bytes; never unpacks more than one byte beyond.
fn unpacked(bytes: &[u8], largest: usize) -> Result<Vec<u8>, Unread> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(largest).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(bytes).take(most).read_to_end(&mut unpacked);
    match read {
        Ok(n) if n > largest => Err(Unread::TooLarge(largest)),
        Ok(_) => Ok(unpacked),
        Err(_) => Err(Unread::NotGzip),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn a_small_body_that_unpacks_to_a_large_one_is_not_unpacked() {
        assert_eq!(unpacked(&packed(b"{}"), 10).ok(), Some(b"{}".to_vec()));
        assert_eq!(unpacked(&[packed(b"[1"), packed(b",2]")].concat(), 10).ok(), Some(b"[1,2]".to_vec()));
        let bomb = packed(&vec![b' '; 50_000_000]);
        assert!(bomb.len() < 100_000 && matches!(unpacked(&bomb, 1000), Err(Unread::TooLarge(1000))));
        let cut = packed(b"{}");
        assert!(matches!(unpacked(&cut[..cut.len() - 4], 10), Err(Unread::NotGzip)));
        assert!(matches!(unpacked(b"{}", 10), Err(Unread::NotGzip)));
    }
}
