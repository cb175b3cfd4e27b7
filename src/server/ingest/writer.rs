//! The far end of the queues: collects, commits, answers.

use super::Limits;
use super::commit_group::CommitGroup;
use super::queue::Queue;
use super::queues::{Next, Queues};
use super::waiting::Reply;
use crate::domain::id::WorkspaceId;
use crate::server::error::{Error, Result};
use crate::server::store::{Parcel, RequestOutcome, Store, Turn};
use std::sync::Arc;
use tokio::time::Instant;

/// Commits of the event stream, by outcome; how long each took once it could begin, and how many batches it had.
pub const COMMITS: &str = "attest_commits_total";
pub const COMMIT_SECONDS: &str = "attest_commit_seconds";
pub const COMMIT_BATCHES: &str = "attest_commit_batches";

/// Commits what comes through the queues until their near ends are gone.
pub(super) async fn write(store: Store, queues: Queues, limits: Limits) {
    let mut writer = Writer { store, queues };
    while let Some(next) = writer.queues.next(&writer.store, limits).await {
        let is_large = match next {
            Next::Group(group, is_large, limits) => {
                writer.commit_group(group, is_large, limits).await;
                Some(is_large)
            }
            Next::Aside(workspace, turn) => writer.commit_aside(workspace, turn, limits).await,
        };
        if let Some(is_large) = is_large {
            let (store, batches) = (writer.store.clone(), writer.queues.of(is_large).committed);
            tokio::spawn(async move { store.learn_sizes(batches.into()).await });
        }
    }
}

struct Writer {
    store: Store,
    queues: Queues,
}

impl Writer {
    /// Commits what a request began, with what else has come. What is of a workspace whose lane somebody else has waits aside.
    async fn commit_group(&mut self, mut group: CommitGroup, is_large: bool, limits: Limits) {
        let limits = self.queues.half(is_large, limits);
        let queue = self.queues.of(is_large);
        group.fill(queue, limits).await;
        (queue.committed, queue.requests) = (0, 0);
        for group in group.commits(self.store.is_spread()) {
            let begun = Instant::now();
            match self.store.turn(group.workspaces()).await {
                Ok(turn) => {
                    let (mut group, others) = group.split_by(&turn);
                    let queue = self.queues.of(is_large);
                    let workspaces = others.iter().map(|waiting| waiting.parcel.grant.workspace()).collect();
                    others.into_iter().for_each(|waiting| queue.add_aside(waiting));
                    if group.is_empty() {
                        self.queues.set_aside(&self.store, workspaces, Some(turn));
                        continue;
                    }
                    group.take_along(queue, limits, &turn);
                    self.queues.set_aside(&self.store, workspaces, None);
                    self.commit(group, is_large, Ok(turn), begun).await;
                }
                Err(error) => self.commit(group, is_large, Err(error), begun).await,
            }
        }
    }

    /// Commits what waited aside for a workspace's lane. Returns which queue it is of, if anything waited.
    async fn commit_aside(&mut self, workspace: WorkspaceId, turn: Result<Turn>, limits: Limits) -> Option<bool> {
        if let Err(error @ (Error::Unavailable(_) | Error::Internal(_))) = &turn {
            tracing::warn!(workspace = workspace.0, cause = %error, "somebody keeps a workspace's lane");
            for (is_large, waiting) in self.queues.clear_aside(workspace) {
                let queue = self.queues.of(is_large);
                waiting.into_iter().for_each(|each| queue.settle(each.reply, &each.parcel, Err(error.clone())));
            }
            return None;
        }
        let begun = Instant::now();
        let next = self.queues.next_aside(workspace, limits);
        let is_large = next.as_ref().map(|(_, is_large)| *is_large);
        if let Some((group, is_large)) = next {
            let queue = self.queues.of(is_large);
            (queue.committed, queue.requests) = (0, 0);
            self.commit(group, is_large, turn, begun).await;
        }
        self.queues.go_on_aside(&self.store, workspace);
        is_large
    }

    /// Commits a group in its turn, or in one that it waits for where there was none, and answers.
    async fn commit(&mut self, group: CommitGroup, is_large: bool, turn: Result<Turn>, begun: Instant) {
        let Self { store, queues } = self;
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
        metrics::histogram!(COMMIT_BATCHES).record(f64::from(rows));
        let took = has_turn.elapsed();
        queues.pace.note(took, rows);
        let queue = queues.of(is_large);
        queue.took = took;
        queue.committed += rows;
        queue.requests += u32::try_from(parcels.len()).unwrap_or(u32::MAX);
        queue.left = queue.waiting();
        answer(store, queue, &parcels, replies, accepted).await;
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
