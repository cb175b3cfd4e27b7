//! The event stream's way in: requests wait in a bounded queue, one writer commits those that are waiting together, the
//! short and the long ones in turn, and then all of them are answered.

mod arrival;
mod commit_group;
mod lanes;
mod loud;
mod pace;
mod queue;
mod queues;
mod share;
mod waiting;
pub mod writer;

use self::arrival::ArrivalClock;
use self::loud::{LARGE, Voices};
use self::share::{Capacity, Share};
use self::waiting::{Reply, Waiting};
use super::error::{Error, Result};
use super::store::{InputGrant, Parcel, Precedence, SentBatches, Store};
use crate::domain::batch::{LARGEST_BATCH, LARGEST_REQUEST, MOST_BATCHES};
use crate::domain::id::WorkspaceId;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What is committed together, and how much may wait.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Limits {
    /// Batches of one commit at most.
    #[arg(long, env = "ATTEST_COMMIT_ROWS", default_value_t = 2000, hide = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub commit_rows: u32,
    /// Kilobytes of requests of one commit at most.
    #[arg(long, env = "ATTEST_COMMIT_KB", default_value_t = 8192, hide = true, value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    pub commit_kb: u32,
    /// Milliseconds that a commit waits for the next request, after one of many.
    #[arg(long, env = "ATTEST_COMMIT_MS", default_value_t = 1, hide = true, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub commit_ms: u32,
    /// Batches that may wait, half of them of one workspace; beyond them a request is answered 503. One request fits into the
    /// half.
    #[arg(long, env = "ATTEST_QUEUE_ROWS", default_value_t = 20_000, hide = true, value_parser = clap::value_parser!(u32).range(2 * MOST_BATCHES as i64..=1_000_000))]
    pub queue_rows: u32,
    /// Kilobytes of requests that may wait or be on their way in, half of them of one workspace; beyond them a request is
    /// answered 503 before it is read.
    #[arg(long, env = "ATTEST_QUEUE_KB", default_value_t = 65_536, hide = true, value_parser = clap::value_parser!(u32).range(1024..=4_000_000))]
    pub queue_kb: u32,
}

/// Room for the bytes of a request, from before its body is read until it is answered.
#[derive(Debug)]
pub struct Room(Share);

impl Room {
    fn bytes(&self) -> usize {
        self.0.amount() as usize * 1024
    }
}

fn kilobytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

/// The near ends of the two queues: one is for small requests, one for large ones and for those of loud workspaces; cloning
/// shares them.
#[derive(Clone, Debug)]
pub struct Ingest {
    rows: Capacity,
    kilobytes: Capacity,
    voices: Voices,
    precedence: Precedence,
    arrivals: ArrivalClock,
    small: mpsc::UnboundedSender<Waiting>,
    large: mpsc::UnboundedSender<Waiting>,
}

impl Ingest {
    /// Starts the writer, which works until the last clone is gone.
    pub fn start(store: Store, limits: Limits) -> Self {
        let (small, waiting_small) = mpsc::unbounded_channel();
        let (large, waiting_large) = mpsc::unbounded_channel();
        let rows = Capacity::new(limits.queue_rows, MOST_BATCHES as u32);
        let kilobytes = Capacity::new(limits.queue_kb, kilobytes(LARGEST_REQUEST));
        let queues = queues::Queues::new(waiting_small, waiting_large, rows.clone());
        let precedence = store.precedence().clone();
        let arrivals = ArrivalClock::new(store.clock().clone());
        tokio::spawn(writer::write(store, queues, limits));
        Self { rows, kilobytes, voices: Voices::default(), precedence, arrivals, small, large }
    }

    /// Room for a request whose body is still to be read. It is taken as the bytes arrive: who announces a body and sends
    /// none keeps nothing from anybody.
    ///
    /// # Errors
    /// [`Error::Full`] when there is not enough for this workspace now, for as many bytes as are announced.
    pub fn room(&self, workspace: WorkspaceId, announced: usize) -> Result<Room> {
        if !self.kilobytes.has(workspace, kilobytes(announced)) {
            return Err(Error::Full);
        }
        self.kilobytes.take(workspace, 0).map(Room)
    }

    /// Takes more room, for so many bytes in all.
    ///
    /// # Errors
    /// [`Error::Full`] when there is not enough for this workspace now.
    pub fn grow(&self, room: &mut Room, bytes: usize) -> Result<()> {
        room.0.grow(kilobytes(bytes))
    }

    /// Hands a request over that was just read, and waits until it is stored durably. Returns which of its batches the workspace's policy
    /// refused, by their place. It goes on when the caller is dropped.
    ///
    /// # Errors
    /// [`Error::Full`] and [`Error::Unavailable`] when nothing of the request was stored; others also when only its first
    /// batches were.
    pub async fn take(&self, grant: InputGrant, sent: SentBatches, room: Room) -> Result<Vec<usize>> {
        let received = self.arrivals.stamp();
        let rows = u32::try_from(sent.batches.len()).unwrap_or(u32::MAX).max(1);
        let place = self.rows.take(grant.workspace(), rows)?;
        let voice = (rows < LARGE).then(|| self.voices.hear(grant.workspace(), rows, self.rows.held()));
        // What brings nothing to store has time.
        let is_small = voice.as_ref().is_some_and(|voice| !voice.is_loud) && !sent.batches.is_empty();
        let (answer, answered) = oneshot::channel();
        let reply = Reply::new(answer, room, place, voice, self.precedence.take());
        let waiting = Waiting::new(Parcel { grant, sent, received }, reply);
        const STOPPED: &str = "the writer of the event stream has stopped";
        let queue = if is_small { &self.small } else { &self.large };
        queue.send(waiting).map_err(|_| Error::Unavailable(STOPPED.to_owned()))?;
        // Parts of it may be stored.
        Ok(answered.await.map_err(|_| Error::Internal(STOPPED.to_owned()))???)
    }

    /// How many batches wait for their commit.
    pub fn waiting(&self) -> u32 {
        self.rows.held()
    }

    /// How many kilobytes of requests wait or are on their way in.
    pub fn waiting_kilobytes(&self) -> u32 {
        self.kilobytes.held()
    }

    /// Whether nobody finds a place any more. A workspace that has its half is refused earlier, and others are not.
    pub fn is_full(&self) -> bool {
        self.rows.free() == 0 || self.kilobytes.free() < kilobytes(LARGEST_BATCH)
    }

    /// Whether the writer's task has ended, so that nothing is stored any more.
    pub fn has_stopped(&self) -> bool {
        self.small.is_closed()
    }

    /// Waits until all that is in the queue is answered, and lets nobody else in; false when that took too long.
    pub async fn drain(&self, within: Duration) -> bool {
        tokio::time::timeout(within, self.rows.close()).await.is_ok()
    }
}
