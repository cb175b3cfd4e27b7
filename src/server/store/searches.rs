//! Searches of the audit log share one connection: each person and each token waits for it once at a time, so that many
//! searches of one keep others from theirs no longer than one does.

use super::actor::Who;
use super::address::WAIT;
use super::{Purpose, Store};
use crate::server::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Where each of those who search waits; cloning shares it.
#[derive(Clone, Debug, Default)]
pub(super) struct Searches {
    /// Those of whom somebody searches or waits: no more than there are requests at once.
    places: Arc<Mutex<HashMap<Who, Arc<Semaphore>>>>,
}

impl Searches {
    fn only_one_of(&self, who: &Who) -> Arc<Semaphore> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|_, place| Arc::strong_count(place) > 1);
        places.entry(who.clone()).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
    }

    /// Waits until nobody else of the same searches.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when that took as long as anybody waits for a connection.
    async fn alone(&self, who: &Who) -> Result<OwnedSemaphorePermit> {
        let alone = timeout(WAIT, self.only_one_of(who).acquire_owned()).await;
        let alone = alone
            .map_err(|_| Error::Unavailable("another search by the same person or token takes long".to_owned()))?;
        alone.map_err(Error::internal)
    }
}

impl Store {
    /// Waits until whoever searches has no other search, if it is a search that this store's connections are for.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when other searches of the same took too long.
    pub(super) async fn search_alone(&self, who: &Who) -> Result<Option<OwnedSemaphorePermit>> {
        if self.db.purpose() != Purpose::Search {
            return Ok(None);
        }
        self.searches.alone(who).await.map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::TokenId;

    #[tokio::test(start_paused = true)]
    async fn each_waits_for_their_own_searches_alone() {
        let searches = Searches::default();
        let mut permits = Vec::new();
        for id in 0..1000 {
            permits.push(searches.alone(&Who::Token(TokenId(id))).await.expect("nobody searches by another's token"));
        }
        let second = searches.alone(&Who::Token(TokenId(7))).await;
        assert!(matches!(second, Err(Error::Unavailable(_))), "the first one's is under way");
        drop(permits.remove(7));
        drop(searches.alone(&Who::Token(TokenId(7))).await.expect("it ended"));
        drop(permits);
        drop(searches.alone(&Who::CommandLine).await.expect("nobody searches"));
        assert_eq!(searches.places.lock().expect("no panic").len(), 1, "nothing is kept of those who are done");
    }
}
