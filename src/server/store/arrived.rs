//! A batch between its arrival and its storing.

use crate::domain::batch::Batch;
use crate::domain::fold::Arrival;

/// A batch on its way: as it was sent, and as it is stored.
pub(super) struct ArrivedBatch<'a> {
    pub arrival: Arrival,
    pub sent: &'a Batch,
    /// With its advertising id sealed, if it has one.
    pub sealed: Option<Batch>,
}

impl ArrivedBatch<'_> {
    pub fn stored(&self) -> (Arrival, &Batch) {
        (self.arrival.clone(), self.sealed.as_ref().unwrap_or(self.sent))
    }
}
