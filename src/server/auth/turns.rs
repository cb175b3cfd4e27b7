//! Turns at what is dear, such as hashing a password: a few at once, the rest in bounded queues, the likeliest to be honest
//! first.

use crate::server::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How many wait in each queue at most; more are refused at once.
const MOST_WAITING: usize = 32;
/// After a longer wait for a turn the request fails, to be tried again.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Who waits before whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Whoever is signed in, or signed in by this browser before.
    Known,
    /// From where nobody failed.
    Fresh,
    Failed,
}

#[derive(Debug)]
struct Queues {
    free: usize,
    /// How many turns went on to somebody who waited.
    given: usize,
    waiting: [VecDeque<oneshot::Sender<Turn>>; 3],
}

/// The turns of one process; cheap to clone.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Mutex<Queues>>);

/// One turn: it goes to the next when this is dropped.
#[derive(Debug)]
pub struct Turn(Turns);

impl Turns {
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Mutex::new(Queues { free: at_once, given: 0, waiting: Default::default() })))
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many of the same rank wait, or it took too long.
    pub async fn take(&self, rank: Rank) -> Result<Turn> {
        let full = || Error::Unavailable("too many sign-ins at once".to_owned());
        let turn = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if queues.free > 0 {
                queues.free -= 1;
                return Ok(Turn(self.clone()));
            }
            let queue = &mut queues.waiting[rank as usize];
            // Whoever went away waits no more.
            queue.retain(|waiting| !waiting.is_closed());
            if queue.len() >= MOST_WAITING {
                return Err(full());
            }
            let (give, turn) = oneshot::channel();
            queue.push_back(give);
            turn
        };
        timeout(LONGEST_WAIT, turn).await.map_err(|_| full())?.map_err(Error::internal)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = {
            let mut queues = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            queues.given += 1;
            // Each fourth goes the other way round, so that nobody waits for ever.
            let is_last_first = queues.given.is_multiple_of(4);
            let mut waiting = queues.waiting.iter_mut();
            let next = match is_last_first {
                true => waiting.rev().find_map(VecDeque::pop_front),
                false => waiting.find_map(VecDeque::pop_front),
            };
            if next.is_none() {
                queues.free += 1;
            }
            next
        };
        // To one who went away meanwhile it is not given: it is dropped there, and goes to the next.
        if let Some(next) = next {
            let _ = next.send(Self(self.0.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use tokio::task::yield_now;

    #[tokio::test]
    async fn the_likeliest_to_be_honest_come_first() {
        let turns = Turns::new(1);
        let turn = turns.take(Rank::Failed).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for rank in [Rank::Failed, Rank::Fresh, Rank::Failed, Rank::Known, Rank::Fresh] {
            let (turns, order) = (turns.clone(), order.clone());
            waiting.push(tokio::spawn(async move {
                let _turn = turns.take(rank).await.unwrap();
                order.lock().unwrap().push(rank);
            }));
            yield_now().await;
        }
        // One that goes away is passed over.
        waiting.remove(1).abort();
        yield_now().await;
        drop(turn);
        join_all(waiting).await;
        assert_eq!(*order.lock().unwrap(), [Rank::Known, Rank::Fresh, Rank::Failed, Rank::Failed]);
        assert!(turns.take(Rank::Failed).await.is_ok(), "it is free again");
    }

    #[tokio::test(start_paused = true)]
    async fn queues_have_a_bound_each() {
        let turns = Turns::new(1);
        let turn = turns.take(Rank::Failed).await.unwrap();
        let take = |rank| {
            let turns = turns.clone();
            tokio::spawn(async move { turns.take(rank).await.map(drop) })
        };
        let waiting: Vec<_> = (0..MOST_WAITING).map(|_| take(Rank::Failed)).collect();
        yield_now().await;
        assert!(matches!(turns.take(Rank::Failed).await, Err(Error::Unavailable(_))), "at once");
        let known = take(Rank::Known);
        yield_now().await;
        drop(turn);
        known.await.unwrap().unwrap();
        assert!(join_all(waiting).await.into_iter().all(|waited| waited.unwrap().is_ok()));
        let _turn = turns.take(Rank::Known).await.unwrap();
        assert!(matches!(turns.take(Rank::Known).await, Err(Error::Unavailable(_))), "after a while");
    }
}
