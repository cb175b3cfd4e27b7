//! What folding is given beside a batch.

use crate::domain::att::{Policy, Status};
use crate::domain::erasing::Erasing;
use crate::domain::id::{AppId, InputId};
use crate::domain::time::{Day, Millis};
use std::sync::Arc;

/// Makes ids; randomness is a parameter.
pub trait IdSource {
    /// A new 63-bit id.
    fn new_id(&mut self) -> i64;
    /// A new profile id below 2^53.
    fn new_mpid(&mut self) -> i64;
}

/// How and where a batch arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub input: InputId,
    pub app: AppId,
    /// Whose ids of devices these are: the app's, or, where it stands for many bundles, the bundle's. One IDFV is one device
    /// of each of them.
    pub named_by: AppId,
    pub received: Millis,
    pub policy: Policy,
    pub default: Option<Status>,
    /// The erasings that have not begun: what one of them takes is left to it.
    pub erasings: Arc<[Erasing]>,
    /// The day of the workspace on which it was received.
    pub day: Day,
    /// Whether our clock has gone steadily for a while: only then what lies ahead of it was noted by one that was wrong.
    pub is_clock_steady: bool,
    /// Old news, sent later: it never outranks what was reported since.
    pub historical: bool,
}

impl Arrival {
    /// When somebody or something that was heard of at `noted` was heard of last, now that this came. What lies ahead of
    /// a steady clock was noted while one was ahead.
    pub(super) fn heard_of(&self, noted: Millis) -> Millis {
        let is_wrong = self.is_clock_steady && self.is_ahead(noted);
        if is_wrong { self.received } else { noted.max(self.received) }
    }
}
