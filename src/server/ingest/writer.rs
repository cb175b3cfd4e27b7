//! The far end of the queue: collects, commits, answers.

use super::{Limits, Room, Waiting};
use crate::domain::id::WorkspaceId;
use crate::server::error::{Error, Result};
use crate::server::store::{Parcel, RequestOutcome, Store, Turn};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, timeout_at};

/// Commits of the event stream, by outcome; how long each took with its wait for its turn, and how many batches it had.
pub const COMMITS: &str = "attest_commits_total";
pub const COMMIT_SECONDS: &str = "attest_commit_seconds";
pub const COMMIT_BATCHES: &str = "attest_commit_batches";

/// Batches stored together from which on the next commit waits for as many.
const COMPANY: u32 = 16;

/// The far end of a queue, with what is known of it.
pub(super) struct Queue {
    waiting: UnboundedReceiver<Waiting>,
    /// What was too much for the commit before.
    next: Option<Waiting>,
    /// How many batches were answered together last.
    answered: u32,
}

impl Queue {
    fn new(waiting: UnboundedReceiver<Waiting>) -> Self {
        Self { waiting, next: None, answered: 0 }
    }

    /// What has come by now.
    fn take(&mut self) -> Option<Waiting> {
        self.next.take().or_else(|| self.waiting.try_recv().ok())
    }
}

/// The far ends: requests of few batches wait in one queue, those of many in the other, and both have their turns. Who
/// sends little waits for the bulk that is being committed, and not for the next one too.
pub(super) struct Queues {
    few: Queue,
    many: Queue,
    /// Whose turn it is.
    many_is_next: bool,
}

impl Queues {
    pub fn new(few: UnboundedReceiver<Waiting>, many: UnboundedReceiver<Waiting>) -> Self {
        Self { few: Queue::new(few), many: Queue::new(many), many_is_next: false }
    }

    /// The next request, with the queue that it waited in; waits until there is one. `None` when the near ends are gone and
    /// nothing waits any more.
    async fn next(&mut self) -> Option<(Waiting, &mut Queue)> {
        let Self { few, many, many_is_next } = self;
        let first = if *many_is_next { many.take().map(|first| (first, true)) } else { None };
        let first = first.or_else(|| few.take().map(|first| (first, false)));
        let first = first.or_else(|| many.take().map(|first| (first, true)));
        let (first, is_of_many) = match first {
            Some(first) => first,
            // An end that is gone has nothing more; the other one may.
            None => tokio::select! {
                Some(first) = few.waiting.recv() => (first, false),
                Some(first) = many.waiting.recv() => (first, true),
                else => return None,
            },
        };
        *many_is_next = !is_of_many;
        Some((first, if is_of_many { many } else { few }))
    }
}

/// Commits what comes through the queues until their near ends are gone.
pub(super) async fn write(store: Store, mut queues: Queues, limits: Limits) {
    while let Some((first, queue)) = queues.next().await {
        let mut group = CommitGroup::of(first);
        group.fill(queue, limits).await;
        queue.answered = 0;
        for mut group in group.commits(store.is_spread()) {
            let begun = Instant::now();
            let workspaces = group.requests.iter().map(|waiting| waiting.parcel.grant.workspace());
            let turn = store.turn(workspaces.collect()).await;
            if let Ok(turn) = &turn {
                group.take_along(queue, limits, turn);
            }
            let rows = group.rows;
            let (parcels, answers) = group.split();
            let accepted = match turn {
                Ok(turn) => store.accept(Some(turn), parcels.clone()).await,
                // The store knows how often it helps to begin anew.
                Err(Error::Again(_) | Error::Broken(_)) => store.accept(None, parcels.clone()).await,
                Err(error) => Err(error),
            };
            metrics::counter!(COMMITS, "outcome" => if accepted.is_ok() { "stored" } else { "failed" }).increment(1);
            metrics::histogram!(COMMIT_SECONDS).record(begun.elapsed().as_secs_f64());
            metrics::histogram!(COMMIT_BATCHES).record(f64::from(rows));
            queue.answered += rows;
            answer(&store, &parcels, answers, accepted).await;
        }
        store.learn_sizes(queue.answered.into()).await;
    }
}

/// Requests that share a commit.
struct CommitGroup {
    requests: Vec<Waiting>,
    rows: u32,
    bytes: usize,
}

impl CommitGroup {
    fn of(first: Waiting) -> Self {
        Self { rows: first.rows, bytes: first.room.bytes(), requests: vec![first] }
    }

    fn add(&mut self, more: Waiting) {
        self.rows += more.rows;
        self.bytes += more.room.bytes();
        self.requests.push(more);
    }

    fn has_room(&self, more: &Waiting, limits: Limits) -> bool {
        self.rows + more.rows <= limits.commit_rows
            && self.bytes + more.room.bytes() <= limits.commit_kb as usize * 1024
    }

    /// What is committed together: all, or where workspaces are spread each one's by itself.
    fn commits(self, is_spread: bool) -> Vec<Self> {
        if !is_spread {
            return vec![self];
        }
        let mut of_workspaces: BTreeMap<WorkspaceId, Self> = BTreeMap::new();
        for waiting in self.requests {
            match of_workspaces.entry(waiting.parcel.grant.workspace()) {
                Entry::Occupied(mut group) => group.get_mut().add(waiting),
                Entry::Vacant(place) => {
                    place.insert(Self::of(waiting));
                }
            }
        }
        of_workspaces.into_values().collect()
    }

    /// Takes what has come by now, as far as the limits allow. Many senders that were answered together come back together,
    /// and share a commit if it waits for them; for a few the wait would only be late.
    async fn fill(&mut self, queue: &mut Queue, limits: Limits) {
        let until = Instant::now() + Duration::from_millis(limits.commit_ms.into());
        // A timer is too coarse for a wait of nothing.
        let waits = queue.answered >= COMPANY && limits.commit_ms > 0;
        // A request that was read already gets here before this goes on.
        tokio::task::yield_now().await;
        self.add_waiting(queue, limits, |_| true);
        while waits && queue.next.is_none() && self.rows < queue.answered {
            let Ok(Some(more)) = timeout_at(until, queue.waiting.recv()).await else { return };
            queue.next = Some(more);
            self.add_waiting(queue, limits, |_| true);
        }
    }

    /// Takes what came while its turn was waited for, as far as the turn and the limits allow. Processes that take turns
    /// would otherwise commit less each time than one alone.
    fn take_along(&mut self, queue: &mut Queue, limits: Limits, turn: &Turn) {
        self.add_waiting(queue, limits, |more| turn.is_for(more.parcel.grant.workspace()));
    }

    /// Takes what waits, up to the first that may not or is too much.
    fn add_waiting(&mut self, queue: &mut Queue, limits: Limits, may: impl Fn(&Waiting) -> bool) {
        while let Some(more) = queue.take() {
            if !may(&more) || !self.has_room(&more, limits) {
                queue.next = Some(more);
                return;
            }
            self.add(more);
        }
    }

    /// What is committed, and whom to tell.
    fn split(self) -> (Arc<Vec<Parcel>>, Vec<Answer>) {
        let each = self.requests.into_iter();
        let (parcels, answers) =
            each.map(|waiting| (waiting.parcel, (waiting.answer, (waiting.room, waiting._permits)))).unzip();
        (Arc::new(parcels), answers)
    }
}

/// Where a request waits for its outcome, and the room that it gives back with it.
type Answer = (oneshot::Sender<Result<RequestOutcome>>, (Room, OwnedSemaphorePermit));

/// Tells each request what became of it.
async fn answer(store: &Store, parcels: &[Parcel], answers: Vec<Answer>, accepted: Result<Vec<RequestOutcome>>) {
    match accepted {
        Ok(outcomes) => {
            for ((answer, _), outcome) in answers.into_iter().zip(outcomes) {
                // Who went away meanwhile has no ear for it.
                let _ = answer.send(Ok(outcome));
            }
        }
        // Something in one of them is more than we foresaw: the others shall not suffer from it.
        Err(Error::Internal(cause) | Error::Again(cause)) if parcels.len() > 1 => {
            tracing::warn!(cause, requests = parcels.len(), "a group of requests is stored one by one");
            for ((answer, _), parcel) in answers.into_iter().zip(parcels) {
                let outcome = store.accept(None, Arc::new(vec![parcel.clone()])).await;
                let only = outcome.and_then(|mut outcomes| {
                    outcomes.pop().ok_or_else(|| Error::Internal("a request without an outcome".to_owned()))
                });
                let _ = answer.send(only);
            }
        }
        Err(error) => {
            for (answer, _) in answers {
                let _ = answer.send(Err(error.clone()));
            }
        }
    }
}
