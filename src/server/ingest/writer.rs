//! The far end of the queues: collects, commits, answers.

use super::Limits;
use super::commit_group::CommitGroup;
use super::lanes::{Got, Wanted, not_got};
use super::queue::{Queue, Size};
use super::queues::{Queues, Work};
use super::waiting::Reply;
use crate::server::error::{Error, Result};
use crate::server::store::{Parcel, RequestOutcome, Store, Turn};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::time::Instant;

/// Commits of the event stream, by outcome; how long each took once it could begin, and how many batches it had.
pub const COMMITS: &str = "attest_commits_total";
pub const COMMIT_SECONDS: &str = "attest_commit_seconds";
pub const COMMIT_BATCHES: &str = "attest_commit_batches";

/// Commits what comes through the queues until their near ends are gone.
pub(super) async fn write(store: Store, queues: Queues, limits: Limits) {
    let mut writer = Writer { store, queues };
    while let Some(work) = writer.queues.next(&writer.store, limits).await {
        match work {
            Work::Group { group, size, limits } => writer.commit_group(group, size, limits).await,
            Work::Aside(got) => writer.commit_aside(got, limits).await,
        }
    }
}

struct Writer {
    store: Store,
    queues: Queues,
}

impl Writer {
    /// Commits what a request began, with what else has come. What is of a workspace whose lane somebody else has waits aside.
    async fn commit_group(&mut self, mut group: CommitGroup, size: Size, limits: Limits) {
        let limits = self.queues.half(size, limits);
        let queue = self.queues.of(size);
        group.fill(queue, limits).await;
        queue.begin();
        for group in group.commits(self.store.is_spread()) {
            let begun = Instant::now();
            let turn = match self.store.turn_of_free_lanes(group.workspaces(), usize::MAX).await {
                Ok(turn) => turn,
                Err(error) => {
                    self.commit(group, size, Err(error), begun).await;
                    continue;
                }
            };
            let (mut group, others) = group.split_by(&turn);
            let queue = self.queues.of(size);
            let workspaces = others.iter().map(|waiting| waiting.parcel.grant.workspace()).collect();
            others.into_iter().for_each(|waiting| queue.add_aside(waiting));
            if group.is_empty() {
                self.queues.set_aside(&self.store, workspaces, Some(turn));
            } else {
                group.take_along(queue, limits, &turn);
                self.queues.set_aside(&self.store, workspaces, None);
                self.commit(group, size, Ok(turn), begun).await;
            }
        }
        self.learn_sizes(size);
    }

    /// Commits together what waits aside for lanes that were got, those that are free beside one that was waited for among them,
    /// and tells those that got none for too long.
    async fn commit_aside(&mut self, got: Got, limits: Limits) {
        // Where workspaces are spread each is committed by itself.
        let (beside, most) = if self.store.is_spread() { (0, 1) } else { (usize::MAX, usize::MAX) };
        let lanes = &mut self.queues.lanes;
        let (turn, mut wanted) = match got {
            Got::Lane(wanted, Ok(turn)) => (turn.and_free(lanes.tried(), beside).await, vec![wanted]),
            Got::Lane(wanted, Err(error)) => (Err(error), vec![wanted]),
            Got::Due => (self.store.turn_of_free_lanes(lanes.tried(), most).await, Vec::new()),
        };
        match &turn {
            Ok(turn) => wanted.extend(lanes.take_of(turn)),
            // Without a turn none of them can be tried.
            Err(_) if wanted.is_empty() => wanted = lanes.take_tried(),
            Err(_) => {}
        }
        let late = lanes.take_late();
        self.tell_aside(&late, &not_got());
        if let Err(error @ (Error::Unavailable(_) | Error::Internal(_))) = &turn {
            self.tell_aside(&wanted, error);
            return;
        }
        let begun = Instant::now();
        let Some((group, size)) = self.queues.next_aside(&wanted, limits) else {
            return self.queues.go_on_aside(&self.store, wanted, &BTreeSet::new(), Size::Small);
        };
        let served = group.workspaces();
        self.queues.of(size).begin();
        self.commit(group, size, turn, begun).await;
        self.learn_sizes(size);
        self.queues.go_on_aside(&self.store, wanted, &served, size);
    }

    /// Tells all that waits aside for these lanes that they were not got.
    fn tell_aside(&mut self, wanted: &[Wanted], error: &Error) {
        for Wanted { workspace, .. } in wanted {
            tracing::warn!(workspace = workspace.0, cause = %error, "the lane of a workspace was not got");
            metrics::counter!(COMMITS, "outcome" => "failed").increment(1);
            for (size, waiting) in self.queues.clear_aside(*workspace) {
                let queue = self.queues.of(size);
                waiting.into_iter().for_each(|each| queue.settle(each.reply, &each.parcel, Err(error.clone())));
            }
        }
    }

    /// Commits a group in its turn, or in one that it waits for where there was none, and answers.
    async fn commit(&mut self, group: CommitGroup, size: Size, turn: Result<Turn>, begun: Instant) {
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
        let queue = queues.of(size);
        queue.took = took;
        queue.committed += rows;
        queue.requests += u32::try_from(parcels.len()).unwrap_or(u32::MAX);
        queue.left = queue.count();
        answer(store, queue, &parcels, replies, accepted).await;
    }

    /// Has the store look at how large its tables became, beside the next commits.
    fn learn_sizes(&mut self, size: Size) {
        let (store, batches) = (self.store.clone(), self.queues.of(size).committed);
        tokio::spawn(async move { store.learn_sizes(batches.into()).await });
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
            let mut away = None;
            for (reply, parcel) in each {
                let outcome = match away.clone() {
                    Some(error) => Err(error),
                    None => store.accept(None, Arc::new(vec![parcel.clone()])).await,
                };
                // What is away for one is so for the others, each of which would wait for it.
                let is_away = |error: &&Error| matches!(error, Error::Unavailable(_) | Error::Unknown(_));
                away = outcome.as_ref().err().filter(is_away).cloned();
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
