//! What folding is given beside a batch.

use crate::domain::att::{Policy, Status, TermsSet};
use crate::domain::id::{AppId, InputId};
use crate::domain::time::{Day, Millis};

/// Makes ids; randomness is a parameter.
pub trait IdSource {
    /// A new 63-bit id.
    fn new_id(&mut self) -> i64;
    /// A new profile id below 2^53.
    fn new_mpid(&mut self) -> i64;
}

/// How and where a batch arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub input: InputId,
    pub app: AppId,
    pub received: Millis,
    pub policy: Policy,
    pub default: Option<Status>,
    /// Those before each erasing that has not ended: undoing the change goes back to them.
    pub before_erasures: TermsSet,
    /// The day of the workspace on which it was received.
    pub day: Day,
    /// Old news, sent later: it never outranks what was reported since.
    pub historical: bool,
}
