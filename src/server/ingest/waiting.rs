//! A request in the queue, and how it is answered.

use super::Room;
use super::share::Share;
use crate::server::error::Result;
use crate::server::store::{Parcel, RequestOutcome, SentBatches};
use tokio::sync::oneshot;

/// A request in the queue, or what is stored of it together.
#[derive(Debug)]
pub(super) struct Waiting {
    pub parcel: Parcel,
    /// How many batches it counts as.
    pub rows: u32,
    /// The size of its whole request.
    pub bytes: usize,
    /// Who is told; nobody yet, if it is not the last part of its request.
    pub reply: Option<Reply>,
}

/// Where a request waits for its outcome, and the room that it gives back with it.
#[derive(Debug)]
pub(super) struct Reply {
    answer: oneshot::Sender<Result<RequestOutcome>>,
    room: Room,
    place: Share,
    /// What the policy refused of the parts before, by its place in the request.
    refused: Vec<usize>,
    /// How many batches were in the parts before.
    before: usize,
}

impl Waiting {
    /// What is still to be stored of a request.
    pub fn new(parcel: Parcel, reply: Reply) -> Self {
        Self { parcel, rows: reply.rows(), bytes: reply.room.bytes(), reply: Some(reply) }
    }

    /// Its first batches, at most so many, and the rest of it.
    pub fn split(self, most: u32) -> (Self, Option<Self>) {
        let Self { mut parcel, rows, bytes, reply } = self;
        let size = most as usize;
        if parcel.sent.batches.len() <= size {
            return (Self { parcel, rows, bytes, reply }, None);
        }
        let (batches, historical) = (parcel.sent.batches.split_off(size), parcel.sent.historical);
        let sent = SentBatches { batches, historical, ..SentBatches::default() };
        let rest = Self { parcel: Parcel { grant: parcel.grant, sent }, rows: rows.saturating_sub(most), bytes, reply };
        (Self { parcel, rows: most, bytes, reply: None }, Some(rest))
    }
}

impl Reply {
    pub fn new(answer: oneshot::Sender<Result<RequestOutcome>>, room: Room, place: Share) -> Self {
        Self { answer, room, place, refused: Vec::new(), before: 0 }
    }

    /// How many batches are still to be stored; one at least, for what could not be read is counted too.
    fn rows(&self) -> u32 {
        self.place.amount().saturating_sub(u32::try_from(self.before).unwrap_or(u32::MAX)).max(1)
    }

    /// Whether parts of the request are stored.
    pub fn has_stored(&self) -> bool {
        self.before > 0
    }

    /// Notes what became of the next part, which had so many batches.
    pub fn note(&mut self, refused: Vec<usize>, batches: usize) {
        self.refused.extend(refused.into_iter().map(|at| self.before + at));
        self.before += batches;
    }

    /// Tells what became of the last part, or of all.
    pub fn send(mut self, outcome: Result<RequestOutcome>) {
        let outcome = outcome.map(|outcome| {
            outcome.map(|refused| {
                self.note(refused, 0);
                std::mem::take(&mut self.refused)
            })
        });
        // Who went away meanwhile has no ear for it.
        let _ = self.answer.send(outcome);
    }
}
