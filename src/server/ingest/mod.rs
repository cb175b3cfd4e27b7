//! The event stream's way in: requests wait in a bounded queue, one writer commits all that are waiting together, and
//! then all of them are answered.

mod writer;

use super::error::{Error, Result};
use super::store::{InputGrant, Parcel, RequestOutcome, SentBatches, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// What is committed together, and how much may wait.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Limits {
    /// Batches of one commit at most.
    #[arg(long, env = "ATTEST_COMMIT_ROWS", default_value_t = 2000, hide = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub commit_rows: u32,
    /// Kilobytes of requests of one commit at most.
    #[arg(long, env = "ATTEST_COMMIT_KB", default_value_t = 8192, hide = true, value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    pub commit_kb: u32,
    /// Milliseconds that a commit waits for more requests, after one of many.
    #[arg(long, env = "ATTEST_COMMIT_MS", default_value_t = 1, hide = true, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub commit_ms: u32,
    /// Batches that may wait; beyond them a request is answered 503.
    #[arg(long, env = "ATTEST_QUEUE_ROWS", default_value_t = 20_000, hide = true, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    pub queue_rows: u32,
}

/// The queue's near end; cloning shares it.
#[derive(Clone, Debug)]
pub struct Ingest {
    permits: Arc<Semaphore>,
    queue_rows: u32,
    queue: mpsc::UnboundedSender<Waiting>,
}

/// A request in the queue.
#[derive(Debug)]
struct Waiting {
    parcel: Parcel,
    bytes: usize,
    rows: u32,
    answer: oneshot::Sender<Result<RequestOutcome>>,
    /// Given back with the answer.
    _permits: OwnedSemaphorePermit,
}

impl Ingest {
    /// Starts the writer, which works until the last clone is gone.
    pub fn start(store: Store, limits: Limits) -> Self {
        let (queue, waiting) = mpsc::unbounded_channel();
        tokio::spawn(writer::write(store, waiting, limits));
        let queue_rows = limits.queue_rows;
        Self { permits: Arc::new(Semaphore::new(queue_rows as usize)), queue_rows, queue }
    }

    /// Hands a request over and waits until it is stored durably. Returns which of its batches the workspace's policy
    /// refused, by their place. On an error nothing of the request was stored. It goes on when the caller is dropped.
    /// `bytes` is the size of what was sent.
    pub async fn take(&self, grant: InputGrant, sent: SentBatches, bytes: usize) -> Result<Vec<usize>> {
        let full = || Error::Unavailable("the queue of the event stream is full".to_owned());
        let rows = u32::try_from(sent.batches.len()).unwrap_or(u32::MAX).clamp(1, self.queue_rows);
        let permits = self.permits.clone().try_acquire_many_owned(rows).map_err(|_| full())?;
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { parcel: Parcel { grant, sent }, bytes, rows, answer, _permits: permits };
        let stopped = || Error::Unavailable("the writer of the event stream has stopped".to_owned());
        self.queue.send(waiting).map_err(|_| stopped())?;
        Ok(answered.await.map_err(|_| stopped())???)
    }

    /// How many batches wait for their commit.
    pub fn waiting(&self) -> usize {
        (self.queue_rows as usize).saturating_sub(self.permits.available_permits())
    }

    /// Whether one more batch would find no place.
    pub fn is_full(&self) -> bool {
        self.permits.available_permits() == 0
    }

    /// Waits until all that is in the queue is answered, and lets nobody else in; false when that took too long.
    pub async fn drain(&self, within: Duration) -> bool {
        let everything = self.permits.acquire_many(self.queue_rows);
        let Ok(Ok(all)) = tokio::time::timeout(within, everything).await else { return false };
        all.forget();
        true
    }
}
