//! A batch of the Events API: what is read of it, and every fault at once.

pub mod field;
mod reader;
#[cfg(test)]
mod tests;

use super::att::Status;
use super::environment::Environment;
use super::error::{Fault, Problem};
use super::identifier::IdentifierKind;
use super::identity::IdentityKind;
use super::placeholder::Placeholders;
use super::platform::Platform;
use serde_json::value::RawValue;

/// One KB is 1,024 bytes.
const KB: usize = 1024;
/// The largest request, in bytes.
pub const LARGEST_REQUEST: usize = 256 * KB;
/// The largest single batch, in bytes.
pub const LARGEST_BATCH: usize = 128 * KB;
/// The most batches of one bulk request.
pub const MOST_BATCHES: usize = 100;
/// The most user attributes of one batch.
pub const MOST_ATTRIBUTES: usize = 100;

/// What a batch says, as far as anything here needs it; the rest is dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub environment: Environment,
    pub source_request_id: Option<String>,
    pub mpid: Option<i64>,
    /// In the order in which they decide.
    pub identities: Vec<(IdentityKind, String)>,
    /// Which of them repeat the IDFA of the device, as they were sent; above they are in its spelling, so that they are found
    /// where it is erased.
    pub idfa_identities: Vec<(IdentityKind, String)>,
    /// Ids of the device, normalized, without absent ones.
    pub identifiers: Vec<(IdentifierKind, String)>,
    /// Whether its IDFA is the zero UUID, by which older systems say that ad tracking is limited.
    pub idfa_is_zero: bool,
    /// `None`: whatever the device is known as.
    pub platform: Option<Platform>,
    /// `application_info.package`.
    pub bundle: Option<String>,
    pub app_name: Option<String>,
    pub app_version: Option<String>,
    pub os_version: Option<String>,
    /// ISO 3166 alpha-2 in capitals.
    pub country: Option<String>,
    pub status: Option<Status>,
    /// What older SDKs send in place of a status; only compared with it.
    pub limit_ad_tracking: Option<bool>,
    /// `att_timestamp_unixtime_ms` as sent.
    pub att_ms: Option<i64>,
    /// `timestamp_unixtime_ms` as sent.
    pub batch_ms: Option<i64>,
    /// The events' times as sent.
    pub events_ms: Vec<i64>,
    /// Whether one of its ids was a placeholder, and so absent.
    pub has_placeholder: bool,
}

/// The path of the status, for faults that are found later than at reading.
pub const STATUS: &str = "device_info.att_authorization_status";

impl Batch {
    /// Reads one batch; on failure all that is wrong with it, field by field.
    pub fn parse(raw: &RawValue, placeholders: Placeholders) -> Result<Self, Vec<Fault>> {
        if raw.get().len() > LARGEST_BATCH {
            return Err(vec![Fault::new("", Problem::TooLarge)]);
        }
        reader::read(raw, placeholders)
    }

    /// Whether the policy `require_status` refuses it: it has an Apple platform's IDFA, and neither a status nor a default
    /// to go by. Decided from the batch and the settings alone.
    pub fn lacks_status(&self, default: Option<Status>) -> bool {
        let apple = self.platform.is_some_and(Platform::is_apple);
        apple && self.identifier(IdentifierKind::Idfa).is_some() && self.status.is_none() && default.is_none()
    }

    /// The id under which a device of this kind is known, when the batch carries it.
    pub fn identifier(&self, kind: IdentifierKind) -> Option<&str> {
        self.identifiers.iter().find(|(known, _)| *known == kind).map(|(_, value)| value.as_str())
    }
}
