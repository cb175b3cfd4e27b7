//! A request in the queue, and how it is answered.

use super::Room;
use super::loud::Voice;
use super::share::Share;
use crate::domain::batch::Batch;
use crate::server::error::{Error, Result};
use crate::server::store::{Ahead, Parcel, RequestOutcome, SentBatches};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long a request that is stored in part waits until it is tried again, at first and at most; each time twice as long.
const TRIED_AGAIN: Duration = Duration::from_millis(100);
const TRIED_AGAIN_AT_MOST: Duration = Duration::from_secs(5);
/// For how long it is tried again.
const TRIED_FOR: Duration = Duration::from_secs(60);

/// A request in the queue, or the part of it that is stored now.
#[derive(Debug)]
pub(super) struct Waiting {
    pub parcel: Parcel,
    /// How many batches it counts as.
    pub rows: u32,
    /// The size of its whole request.
    pub bytes: usize,
    pub reply: Reply,
}

/// Where a request waits for its outcome, and what it gives back with it.
#[derive(Debug)]
pub(super) struct Reply {
    answer: oneshot::Sender<Result<RequestOutcome>>,
    room: Room,
    _place: Share,
    _voice: Option<Voice>,
    _ahead: Ahead,
    /// Its batches after the part that is stored now.
    rest: Vec<Batch>,
    /// How many batches were in the parts before.
    before: usize,
    /// What the policy refused of these, by its place in the request.
    refused: Vec<usize>,
    /// How often the store was away since a part was stored, and since when.
    failures: u32,
    away_since: Option<Instant>,
}

/// What is to be done with a request once it is known what became of its part.
pub(super) enum Settled {
    Answered,
    /// The next part is stored.
    Part(Waiting),
    /// The store is away: the same again, from then on.
    Again(Instant, Waiting),
}

impl Waiting {
    pub fn new(parcel: Parcel, reply: Reply) -> Self {
        let rows = u32::try_from(parcel.sent.batches.len()).unwrap_or(u32::MAX).max(1);
        Self { parcel, rows, bytes: reply.room.bytes(), reply }
    }

    /// Leaves so many batches at most to be stored now; its reply keeps the rest, in front of what it has from before.
    pub fn cut(&mut self, most: u32) {
        let batches = &mut self.parcel.sent.batches;
        if batches.len() > most as usize {
            self.reply.rest.splice(..0, batches.split_off(most as usize));
            self.rows = most;
        }
    }
}

impl Reply {
    pub fn new(
        answer: oneshot::Sender<Result<RequestOutcome>>,
        room: Room,
        place: Share,
        voice: Option<Voice>,
        ahead: Ahead,
    ) -> Self {
        let (rest, refused) = (Vec::new(), Vec::new());
        Self {
            answer,
            room,
            _place: place,
            _voice: voice,
            _ahead: ahead,
            rest,
            before: 0,
            refused,
            failures: 0,
            away_since: None,
        }
    }

    /// Says what is next once it is known what became of this part, and answers if that was all. A request that is stored in
    /// part is tried again while the store is away: who is told so may rely on it that nothing was stored.
    pub fn settle(mut self, part: &Parcel, outcome: Result<RequestOutcome>) -> Settled {
        match outcome {
            Ok(Ok(refused)) => {
                self.refused.extend(refused.into_iter().map(|at| self.before + at));
                self.before += part.sent.batches.len();
                (self.failures, self.away_since) = (0, None);
                if self.rest.is_empty() {
                    let refused = std::mem::take(&mut self.refused);
                    return self.send(Ok(Ok(refused)));
                }
                let (batches, historical) = (std::mem::take(&mut self.rest), part.sent.historical);
                let sent = SentBatches { batches, historical, ..SentBatches::default() };
                Settled::Part(Waiting::new(Parcel { grant: part.grant, sent, received: part.received }, self))
            }
            Err(Error::Unavailable(cause)) if self.before > 0 => {
                self.failures += 1;
                if self.away_since.get_or_insert_with(Instant::now).elapsed() > TRIED_FOR {
                    return self.send(Err(Error::Internal(cause)));
                }
                let wait = TRIED_AGAIN.saturating_mul(1 << (self.failures - 1).min(8)).min(TRIED_AGAIN_AT_MOST);
                tracing::warn!(cause, failures = self.failures, "a request that is stored in part waits for the store");
                let mut part = part.clone();
                part.sent.batches.append(&mut self.rest);
                Settled::Again(Instant::now() + wait, Waiting::new(part, self))
            }
            Err(error @ (Error::Again(_) | Error::Broken(_))) if self.before > 0 => {
                self.send(Err(Error::internal(error)))
            }
            // Nothing may be told as refused of which a part was stored.
            Ok(Err(refusal)) if self.before > 0 => {
                self.send(Err(Error::Internal(format!("{refusal:?}, after a part of it was stored"))))
            }
            outcome => self.send(outcome),
        }
    }

    fn send(self, outcome: Result<RequestOutcome>) -> Settled {
        // Who went away meanwhile has no ear for it.
        let _ = self.answer.send(outcome);
        Settled::Answered
    }
}
