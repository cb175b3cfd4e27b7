//! Precedence: while requests of the event stream are being stored, whoever reads for pages and interfaces pauses for a
//! moment. With few processors they would take turns at each of the many steps of a commit.

use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// For how long somebody gives way at most; under load that never ends there is nothing to wait for.
pub const PAUSE: Duration = Duration::from_millis(8);

/// How many requests of the event stream are being stored; cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Precedence(watch::Sender<usize>);

/// A request that is being stored, until this is dropped.
#[derive(Debug)]
pub struct Ahead(Precedence);

impl Precedence {
    pub fn take(&self) -> Ahead {
        // Nobody waits for one more.
        self.0.send_if_modified(|requests| {
            *requests += 1;
            false
        });
        Ahead(self.clone())
    }

    /// Waits until nothing is being stored, for a moment at most.
    pub async fn give_way(&self) {
        self.give_way_for(PAUSE).await;
    }

    /// The same, for so long at most.
    async fn give_way_for(&self, at_most: Duration) {
        // The sender is here, so that there is always an answer.
        let _ = timeout(at_most, self.0.subscribe().wait_for(|requests| *requests == 0)).await;
    }

    /// Whether there is nobody to give way to.
    pub fn is_free(&self) -> bool {
        *self.0.borrow() == 0
    }
}

/// For how much longer a transaction gives way.
#[derive(Debug)]
pub struct Patience {
    precedence: Precedence,
    left: Duration,
}

impl Patience {
    pub fn new(precedence: &Precedence) -> Self {
        Self { precedence: precedence.clone(), left: PAUSE }
    }

    /// Whether there is somebody to give way to.
    pub fn is_asked_for(&self) -> bool {
        !self.left.is_zero() && !self.precedence.is_free()
    }

    /// Waits while something is being stored and patience lasts.
    pub async fn give_way(&mut self) {
        if self.is_asked_for() {
            let begun = Instant::now();
            self.precedence.give_way_for(self.left).await;
            self.left = self.left.saturating_sub(begun.elapsed());
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|requests| {
            *requests -= 1;
            *requests == 0
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn readers_wait_for_what_is_being_stored_and_not_for_ever() {
        let precedence = Precedence::default();
        let long = Duration::from_secs(600);
        precedence.give_way_for(long).await;
        let (ahead, other) = (precedence.take(), precedence.take());
        let waiting = tokio::spawn({
            let precedence = precedence.clone();
            async move { precedence.give_way_for(long).await }
        });
        precedence.give_way().await;
        drop(other);
        precedence.give_way().await;
        assert!(!waiting.is_finished() && !precedence.is_free());
        drop(ahead);
        timeout(Duration::from_secs(60), waiting).await.expect("nothing is stored any more").expect("no panic");
    }
}
