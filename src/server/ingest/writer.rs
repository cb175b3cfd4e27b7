//! The far end of the queue: collects, commits, answers.

use super::Limits;
use super::waiting::{Reply, Waiting};
use crate::domain::id::WorkspaceId;
use crate::server::error::{Error, Result};
use crate::server::store::{Parcel, RequestOutcome, Store, Turn};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout_at};

/// Commits of the event stream, by outcome; how long each took with its wait for its turn, and how many batches it had.
pub const COMMITS: &str = "attest_commits_total";
pub const COMMIT_SECONDS: &str = "attest_commit_seconds";
pub const COMMIT_BATCHES: &str = "attest_commit_batches";

/// Batches stored together from which on the next commit waits for as many.
const COMPANY: u32 = 16;

/// While requests of few batches come, those of many are stored in parts of so many: who sends little waits for one of
/// these.
const PART: u32 = 25;
/// How long after a request of few batches another one is expected.
const EXPECTED: Duration = Duration::from_secs(1);

/// How long a request that is stored in part waits while the store is away.
const TRIED_AGAIN: Duration = Duration::from_millis(100);

/// The far end of a queue, with what is known of it.
pub(super) struct Queue {
    waiting: UnboundedReceiver<Waiting>,
    /// What comes before those: what was too much for the commit before.
    next: VecDeque<Waiting>,
    /// How many batches were answered together last.
    answered: u32,
    /// Whether what comes next was tried, and the store was away.
    is_away: bool,
}

impl Queue {
    fn new(waiting: UnboundedReceiver<Waiting>) -> Self {
        Self { waiting, next: VecDeque::new(), answered: 0, is_away: false }
    }

    /// What has come by now.
    fn take(&mut self) -> Option<Waiting> {
        self.next.pop_front().or_else(|| self.waiting.try_recv().ok())
    }

    /// Tells a request what became of it; of a part its rest, which comes next. While the store is away a request that is
    /// stored in part waits until it is back: who is told so may rely on it that nothing was stored.
    fn tell(&mut self, reply: Option<Reply>, parcel: &Parcel, outcome: Result<RequestOutcome>) {
        let (mut reply, rest) = match reply {
            Some(reply) => (reply, None),
            None => match self.next.pop_front() {
                Some(Waiting { parcel: rest, reply: Some(reply), .. }) => (reply, Some(rest)),
                _ => return,
            },
        };
        match (outcome, rest) {
            (Ok(Ok(refused)), Some(rest)) => {
                reply.note(refused, parcel.sent.batches.len());
                self.next.push_front(Waiting::new(rest, reply));
            }
            (Err(Error::Again(_) | Error::Broken(_) | Error::Unavailable(_)), rest) if reply.has_stored() => {
                let mut again = parcel.clone();
                again.sent.batches.extend(rest.into_iter().flat_map(|rest| rest.sent.batches));
                self.next.push_front(Waiting::new(again, reply));
                self.is_away = true;
            }
            (outcome, _) => reply.send(outcome),
        }
    }
}

/// The far ends: requests of few batches wait in one queue, those of many in the other, and both have their turns. Who
/// sends little waits for the part of a bulk that is being committed, and not for more.
pub(super) struct Queues {
    few: Queue,
    many: Queue,
    /// Whose turn it is.
    many_is_next: bool,
    /// When there were few last.
    few_at: Option<Instant>,
}

impl Queues {
    pub fn new(few: UnboundedReceiver<Waiting>, many: UnboundedReceiver<Waiting>) -> Self {
        Self { few: Queue::new(few), many: Queue::new(many), many_is_next: false, few_at: None }
    }

    /// The next request, with the queue that it waited in and how many batches may be stored together; waits until there is
    /// one. `None` when the near ends are gone and nothing waits any more.
    async fn next(&mut self, limits: Limits) -> Option<(Waiting, &mut Queue, Limits)> {
        let Self { few, many, many_is_next, few_at } = self;
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
        if !is_of_many {
            *few_at = Some(Instant::now());
            return Some((first, few, limits));
        }
        let in_parts = few_at.is_some_and(|at| at.elapsed() < EXPECTED);
        let parts = Limits { commit_rows: PART.min(limits.commit_rows), commit_ms: 0, ..limits };
        Some((first, many, if in_parts { parts } else { limits }))
    }
}

/// Commits what comes through the queues until their near ends are gone.
pub(super) async fn write(store: Store, mut queues: Queues, limits: Limits) {
    while let Some((first, queue, limits)) = queues.next(limits).await {
        let (first, rest) = first.split(limits.commit_rows);
        queue.next.extend(rest);
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
            let (parcels, replies) = group.split();
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
            answer(&store, queue, &parcels, replies, accepted).await;
        }
        if std::mem::take(&mut queue.is_away) {
            tokio::time::sleep(TRIED_AGAIN).await;
        }
        let (store, answered) = (store.clone(), queue.answered);
        tokio::spawn(async move { store.learn_sizes(answered.into()).await });
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
        Self { rows: first.rows, bytes: first.bytes, requests: vec![first] }
    }

    fn add(&mut self, more: Waiting) {
        self.rows += more.rows;
        self.bytes += more.bytes;
        self.requests.push(more);
    }

    fn has_room(&self, more: &Waiting, limits: Limits) -> bool {
        self.rows + more.rows <= limits.commit_rows && self.bytes + more.bytes <= limits.commit_kb as usize * 1024
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
        while waits && queue.next.is_empty() && self.rows < queue.answered {
            let Ok(Some(more)) = timeout_at(until, queue.waiting.recv()).await else { return };
            queue.next.push_front(more);
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
                queue.next.push_front(more);
                return;
            }
            self.add(more);
        }
    }

    /// What is committed, and whom to tell.
    fn split(self) -> (Arc<Vec<Parcel>>, Vec<Option<Reply>>) {
        let each = self.requests.into_iter();
        let (parcels, replies) = each.map(|waiting| (waiting.parcel, waiting.reply)).unzip();
        (Arc::new(parcels), replies)
    }
}

/// Tells each request what became of it.
async fn answer(
    store: &Store,
    queue: &mut Queue,
    parcels: &[Parcel],
    replies: Vec<Option<Reply>>,
    accepted: Result<Vec<RequestOutcome>>,
) {
    let each = replies.into_iter().zip(parcels);
    match accepted {
        Ok(outcomes) => {
            for ((reply, parcel), outcome) in each.zip(outcomes) {
                queue.tell(reply, parcel, Ok(outcome));
            }
        }
        // Something in one of them is more than we foresaw: the others shall not suffer from it.
        Err(Error::Internal(cause) | Error::Again(cause)) if parcels.len() > 1 => {
            tracing::warn!(cause, requests = parcels.len(), "a group of requests is stored one by one");
            for (reply, parcel) in each {
                let outcome = store.accept(None, Arc::new(vec![parcel.clone()])).await;
                let only = outcome.and_then(|mut outcomes| {
                    outcomes.pop().ok_or_else(|| Error::Internal("a request without an outcome".to_owned()))
                });
                queue.tell(reply, parcel, only);
            }
        }
        Err(error) => {
            for (reply, parcel) in each {
                queue.tell(reply, parcel, Err(error.clone()));
            }
        }
    }
}
