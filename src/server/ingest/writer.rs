//! The far end of the queue: collects, commits, answers.

use super::{Limits, Waiting};
use crate::server::error::Error;
use crate::server::store::{Parcel, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout_at};

/// Batches stored together from which on the next commit waits for more.
const COMPANY: u32 = 16;

/// Commits what comes through the queue until its near end is gone.
pub(super) async fn write(store: Store, mut queue: UnboundedReceiver<Waiting>, limits: Limits) {
    let (mut next, mut answered) = (None, 0);
    while let Some(group) = collect(&mut queue, &mut next, patience(answered, limits)).await {
        answered = group.iter().map(|waiting| waiting.rows).sum();
        commit(&store, group).await;
        store.learn_sizes().await;
    }
}

/// How long a commit waits for company. Many senders that were answered together come back together, and share a commit
/// if it waits for them; for a few the wait would only be late.
fn patience(answered: u32, limits: Limits) -> Limits {
    if answered < COMPANY { Limits { commit_ms: 0, ..limits } } else { limits }
}

/// Waits for a request and takes what comes with it, as far as the limits allow. `next` is the one that was too much.
async fn collect(
    queue: &mut UnboundedReceiver<Waiting>,
    next: &mut Option<Waiting>,
    limits: Limits,
) -> Option<Vec<Waiting>> {
    let first = match next.take() {
        Some(first) => first,
        None => queue.recv().await?,
    };
    let most_bytes = limits.commit_kb as usize * 1024;
    let until = Instant::now() + Duration::from_millis(limits.commit_ms.into());
    let (mut rows, mut bytes) = (first.rows, first.bytes);
    let mut group = vec![first];
    while rows < limits.commit_rows && bytes < most_bytes {
        let Ok(Some(more)) = timeout_at(until, queue.recv()).await else { break };
        if rows + more.rows > limits.commit_rows || bytes + more.bytes > most_bytes {
            *next = Some(more);
            break;
        }
        (rows, bytes) = (rows + more.rows, bytes + more.bytes);
        group.push(more);
    }
    Some(group)
}

async fn commit(store: &Store, group: Vec<Waiting>) {
    let (parcels, answers): (Vec<Parcel>, Vec<_>) =
        group.into_iter().map(|waiting| (waiting.parcel, (waiting.answer, waiting._room))).unzip();
    let parcels = Arc::new(parcels);
    match store.accept(parcels.clone()).await {
        Ok(outcomes) => {
            for ((answer, _), outcome) in answers.into_iter().zip(outcomes) {
                // Who went away meanwhile has no ear for it.
                let _ = answer.send(Ok(outcome));
            }
        }
        // Something in one of them is more than we foresaw: the others shall not suffer from it.
        Err(Error::Internal(cause)) if parcels.len() > 1 => {
            tracing::warn!(cause, requests = parcels.len(), "a group of requests is stored one by one");
            for ((answer, _), parcel) in answers.into_iter().zip(parcels.iter()) {
                let outcome = store.accept(Arc::new(vec![parcel.clone()])).await;
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
