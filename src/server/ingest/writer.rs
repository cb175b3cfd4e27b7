//! The far end of the queue: collects, commits, answers.

use super::{Limits, Waiting};
use crate::domain::id::WorkspaceId;
use crate::server::error::Error;
use crate::server::store::{Parcel, Store, Turn};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout_at};

/// Commits of the event stream, by outcome; how long each took, and how many batches it had.
pub const COMMITS: &str = "attest_commits_total";
pub const COMMIT_SECONDS: &str = "attest_commit_seconds";
pub const COMMIT_BATCHES: &str = "attest_commit_batches";

/// Batches stored together from which on the next commit waits for as many.
const COMPANY: u32 = 16;

/// Commits what comes through the queue until its near end is gone.
pub(super) async fn write(store: Store, mut queue: UnboundedReceiver<Waiting>, limits: Limits) {
    let mut next = None;
    let mut answered = 0;
    loop {
        let first = match next.take() {
            None => queue.recv().await,
            first => first,
        };
        let Some(first) = first else { return };
        let mut group = CommitGroup::of(first);
        next = group.fill(&mut queue, limits, answered).await;
        answered = 0;
        for mut group in group.commits(store.is_spread()) {
            let workspaces = group.requests.iter().map(|waiting| waiting.parcel.grant.workspace());
            // Without a turn the commit takes its own, and says what is wrong.
            let turn = store.turn(workspaces.collect()).await.ok();
            if let (Some(turn), None) = (&turn, &next) {
                next = group.take_along(&mut queue, limits, turn);
            }
            answered += group.rows;
            commit(&store, turn, group.requests).await;
        }
        store.learn_sizes(answered.into()).await;
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

    /// Takes what has come by now, as far as the limits allow; returns the one that was too much. Many senders that were
    /// `answered` together come back together, and share a commit if it waits for them; for a few the wait would only be
    /// late.
    async fn fill(&mut self, queue: &mut UnboundedReceiver<Waiting>, limits: Limits, answered: u32) -> Option<Waiting> {
        let until = Instant::now() + Duration::from_millis(limits.commit_ms.into());
        // A timer is too coarse for a wait of nothing.
        let waits = answered >= COMPANY && limits.commit_ms > 0;
        // A request that was read already gets here before this goes on.
        tokio::task::yield_now().await;
        loop {
            let more = match queue.try_recv() {
                Ok(more) => more,
                Err(_) if waits && self.rows < answered => timeout_at(until, queue.recv()).await.ok()??,
                Err(_) => return None,
            };
            if !self.has_room(&more, limits) {
                return Some(more);
            }
            self.add(more);
        }
    }

    /// Takes what came while its turn was waited for, as far as the turn and the limits allow; returns the one that was too
    /// much. Processes that take turns would otherwise commit less each time than one alone.
    fn take_along(&mut self, queue: &mut UnboundedReceiver<Waiting>, limits: Limits, turn: &Turn) -> Option<Waiting> {
        while let Ok(more) = queue.try_recv() {
            if !turn.is_for(more.parcel.grant.workspace()) || !self.has_room(&more, limits) {
                return Some(more);
            }
            self.add(more);
        }
        None
    }
}

async fn commit(store: &Store, turn: Option<Turn>, requests: Vec<Waiting>) {
    let (begun, batches) = (Instant::now(), requests.iter().map(|waiting| waiting.rows).sum::<u32>());
    let (parcels, answers): (Vec<Parcel>, Vec<_>) = requests
        .into_iter()
        .map(|waiting| (waiting.parcel, (waiting.answer, (waiting.room, waiting._permits))))
        .unzip();
    let parcels = Arc::new(parcels);
    let accepted = store.accept(turn, parcels.clone()).await;
    metrics::counter!(COMMITS, "outcome" => if accepted.is_ok() { "stored" } else { "failed" }).increment(1);
    metrics::histogram!(COMMIT_SECONDS).record(begun.elapsed().as_secs_f64());
    metrics::histogram!(COMMIT_BATCHES).record(f64::from(batches));
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
            for ((answer, _), parcel) in answers.into_iter().zip(parcels.iter()) {
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
