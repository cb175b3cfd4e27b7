//! The far end of the queue: collects, commits, answers.

use super::Limits;
use super::loud::LARGE;
use super::pace::{PART, Pace};
use super::share::Capacity;
use super::waiting::{Next, Reply, Waiting};
use crate::domain::id::WorkspaceId;
use crate::server::error::{Error, Result};
use crate::server::store::{Parcel, RequestOutcome, Store, Turn};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout_at};

/// Commits of the event stream, by outcome; how long each took with its wait for its turn, and how large batches it had.
pub const COMMITS: &str = "attest_commits_total";
pub const COMMIT_SECONDS: &str = "attest_commit_seconds";
pub const COMMIT_BATCHES: &str = "attest_commit_batches";

/// Batches stored together from which on the next commit waits for as large.
const COMPANY: u32 = 16;
/// While large requests keep coming it waits for this part of the time at most that the last commit took.
const MOST_WAITED: u32 = 4;

/// A part of a large request has more than the least when more waits, this share of it: with more commits for what waits,
/// those who send much would wait too long for the sake of those who send little.
const LARGEST_PART: u32 = 200;
const PARTS: u32 = 4;
/// So many commits wait for nobody after one that waited in vain: senders send without waiting for answers.
const WITHOUT_COMPANY: u32 = 16;
/// How long after a small request another one is expected.
const EXPECTED: Duration = Duration::from_millis(200);

/// The far end of a queue, with what is known of it.
pub(super) struct Queue {
    waiting: UnboundedReceiver<Waiting>,
    /// What comes before those: the rest of what is stored in parts, and what was too much for the commit before.
    next: VecDeque<Waiting>,
    /// What was tried while the store was away, and from when on it is tried again.
    again: Vec<(Instant, Waiting)>,
    is_of_large: bool,
    /// How many batches the last commit had, stored or not, in how many requests, and how long it took.
    committed: u32,
    requests: u32,
    took: Duration,
    /// How many requests waited when those of the last commit were answered.
    left: u32,
    /// How many further commits wait for nobody, after one that waited in vain.
    without_company: u32,
}

impl Queue {
    fn new(waiting: UnboundedReceiver<Waiting>, is_of_large: bool) -> Self {
        Self {
            waiting,
            next: VecDeque::new(),
            again: Vec::new(),
            is_of_large,
            committed: 0,
            requests: 0,
            took: Duration::ZERO,
            left: 0,
            without_company: 0,
        }
    }

    /// The limits of a commit of small requests. Where many senders each wait for an answer before they send more, it takes
    /// half of those who are under way, and waits for no more: while it lasts the others are read, and neither half waits for
    /// the other.
    fn half(&self, limits: Limits, pace: &Pace) -> Limits {
        let under_way = self.waiting().saturating_add(self.requests).saturating_add(1);
        // Requests are counted, commits are bounded by batches: as many as the last requests had.
        let half = (under_way / 2).saturating_mul(self.committed.div_ceil(self.requests.max(1)).max(1));
        if self.is_of_large || under_way / 2 < COMPANY || !pace.is_of_batches(half) {
            return limits;
        }
        Limits { commit_rows: half.min(limits.commit_rows), commit_ms: 0, ..limits }
    }

    /// How many requests wait.
    fn waiting(&self) -> u32 {
        u32::try_from(self.waiting.len() + self.next.len()).unwrap_or(u32::MAX)
    }

    /// Whether nobody has come, and nobody was left by the commit before.
    fn is_empty(&self) -> bool {
        self.waiting() == 0
    }

    /// Whether fewer than half of the small requests came that were expected: their senders do not wait for answers. Large
    /// ones take their time.
    fn waited_in_vain(&self, came: usize, expected: usize) -> bool {
        self.committed < LARGE * self.requests && came < expected / 2
    }

    /// What has come by now.
    fn take(&mut self) -> Option<Waiting> {
        let now = Instant::now();
        if let Some(due) = self.again.iter().position(|(from, _)| *from <= now) {
            return Some(self.again.swap_remove(due).1);
        }
        self.next.pop_front().or_else(|| self.waiting.try_recv().ok())
    }

    /// Goes on with a request once it is known what became of it.
    fn settle(&mut self, reply: Reply, part: &Parcel, outcome: Result<RequestOutcome>) {
        match reply.settle(part, outcome) {
            Next::Answered => {}
            Next::Part(rest) => self.next.push_front(rest),
            Next::Again(from, waiting) => self.again.push((from, waiting)),
        }
    }
}

/// The far ends: small requests wait in one queue, all others in the other, and both have their turns. Who sends little
/// waits for the part of a large request that is being committed, and not for more.
pub(super) struct Queues {
    small: Queue,
    large: Queue,
    /// Whose turn it is.
    large_is_next: bool,
    /// When a small request was taken last.
    small_at: Option<Instant>,
    /// How large batches wait in both.
    rows: Capacity,
    pace: Pace,
}

impl Queues {
    pub fn new(small: UnboundedReceiver<Waiting>, large: UnboundedReceiver<Waiting>, rows: Capacity) -> Self {
        let (small, large) = (Queue::new(small, false), Queue::new(large, true));
        Self { small, large, large_is_next: false, small_at: None, rows, pace: Pace::default() }
    }

    /// The next request, with the queue that it waited in, the pace of both and how large batches may be stored together;
    /// waits until there is one. `None` when the near ends are gone and nothing waits any more.
    async fn next(&mut self, store: &Store, limits: Limits) -> Option<(Waiting, &mut Queue, &mut Pace, Limits)> {
        let Self { small, large, large_is_next, small_at, rows, pace } = self;
        if small.is_empty() && is_expected(*small_at) {
            store.copy_log_in_between().await;
        }
        let (first, is_large) = loop {
            let first = if *large_is_next { large.take().map(|first| (first, true)) } else { None };
            let first = first.or_else(|| small.take().map(|first| (first, false)));
            if let Some(first) = first.or_else(|| large.take().map(|first| (first, true))) {
                break first;
            }
            let again = small.again.iter().chain(&large.again).map(|(from, _)| *from).min();
            // An end that is gone has nothing more; the other one may.
            tokio::select! {
                Some(first) = small.waiting.recv() => break (first, false),
                Some(first) = large.waiting.recv() => break (first, true),
                () = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {}
                else => return None,
            }
        };
        *large_is_next = !is_large;
        if !is_large {
            *small_at = Some(Instant::now());
            return Some((first, small, pace, limits));
        }
        let in_parts = !small.is_empty() || is_expected(*small_at);
        let least = pace.part();
        let part =
            (rows.held() / PARTS * least / PART).clamp(least, LARGEST_PART * least / PART).min(limits.commit_rows);
        let parts = Limits { commit_rows: part, commit_ms: 0, ..limits };
        Some((first, large, pace, if in_parts { parts } else { limits }))
    }
}

/// Whether another small request is expected after the last one.
fn is_expected(small_at: Option<Instant>) -> bool {
    small_at.is_some_and(|at| at.elapsed() < EXPECTED)
}

/// Commits what comes through the queues until their near ends are gone.
pub(super) async fn write(store: Store, mut queues: Queues, limits: Limits) {
    while let Some((mut first, queue, pace, limits)) = queues.next(&store, limits).await {
        first.cut(limits.commit_rows);
        let mut group = CommitGroup::of(first);
        let limits = queue.half(limits, pace);
        group.fill(queue, limits).await;
        (queue.committed, queue.requests) = (0, 0);
        for mut group in group.commits(store.is_spread()) {
            let begun = Instant::now();
            let workspaces = group.requests.iter().map(|waiting| waiting.parcel.grant.workspace());
            let turn = store.turn(workspaces.collect()).await;
            if let Ok(turn) = &turn {
                group.take_along(queue, limits, turn);
            }
            let rows = group.rows;
            let (parcels, replies) = group.split();
            let has_turn = Instant::now();
            let accepted = match turn {
                Ok(turn) => store.accept(Some(turn), parcels.clone()).await,
                // The store knows how often it helps to begin anew.
                Err(Error::Again(_) | Error::Broken(_)) => store.accept(None, parcels.clone()).await,
                Err(error) => Err(error),
            };
            metrics::counter!(COMMITS, "outcome" => if accepted.is_ok() { "stored" } else { "failed" }).increment(1);
            metrics::histogram!(COMMIT_SECONDS).record(begun.elapsed().as_secs_f64());
            queue.took = has_turn.elapsed();
            pace.note(queue.took, rows);
            metrics::histogram!(COMMIT_BATCHES).record(f64::from(rows));
            queue.committed += rows;
            queue.requests += u32::try_from(parcels.len()).unwrap_or(u32::MAX);
            queue.left = queue.waiting();
            answer(&store, queue, &parcels, replies, accepted).await;
        }
        let (store, batches) = (store.clone(), queue.committed);
        tokio::spawn(async move { store.learn_sizes(batches.into()).await });
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
    /// and share a commit if it waits for them; for a few the wait would only be late. Large requests come back one by one,
    /// for reading each takes a while in which the processor is not idle: they share one with those that wait already.
    async fn fill(&mut self, queue: &mut Queue, limits: Limits) {
        let wait = Duration::from_millis(limits.commit_ms.into());
        let most = if queue.is_of_large { wait.max(queue.took / MOST_WAITED) } else { wait };
        let latest = Instant::now() + most;
        // A timer is too coarse for a wait of nothing.
        let waits = queue.committed >= COMPANY && limits.commit_ms > 0 && queue.without_company == 0;
        queue.without_company = queue.without_company.saturating_sub(1);
        // A request that was read already gets here before this goes on.
        tokio::task::yield_now().await;
        self.add_waiting(queue, limits, |_| true);
        let left = if queue.is_of_large { queue.left } else { 0 };
        let (here, expected) = (self.requests.len(), (left + queue.requests) as usize);
        let may_wait = waits && self.rows < limits.commit_rows;
        while may_wait && queue.next.is_empty() && self.requests.len() < expected {
            let until = latest.min(Instant::now() + wait);
            let Ok(Some(more)) = timeout_at(until, queue.waiting.recv()).await else {
                if queue.waited_in_vain(self.requests.len() - here, expected - here) {
                    queue.without_company = WITHOUT_COMPANY;
                }
                return;
            };
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

    /// What is committed, and who is answered.
    fn split(self) -> (Arc<Vec<Parcel>>, Vec<Reply>) {
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
    replies: Vec<Reply>,
    accepted: Result<Vec<RequestOutcome>>,
) {
    let each = replies.into_iter().zip(parcels);
    match accepted {
        Ok(outcomes) => {
            for ((reply, parcel), outcome) in each.zip(outcomes) {
                queue.settle(reply, parcel, Ok(outcome));
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
                queue.settle(reply, parcel, only);
            }
        }
        Err(error) => {
            for (reply, parcel) in each {
                queue.settle(reply, parcel, Err(error.clone()));
            }
        }
    }
}
