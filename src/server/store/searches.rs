//! Searches of the audit log share one connection: each person and each token waits for it once at a time, so that many
//! searches of one keep others from theirs no longer than one does.

use super::actor::Who;
use super::address::WAIT;
use super::{Purpose, Store};
use crate::server::error::{Error, Result};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Places to wait at. Few people search at once: that two of them wait at one place is rare, and costs them little.
const PLACES: usize = 64;

/// Where searches wait; cloning shares it.
#[derive(Clone, Debug)]
pub(super) struct Searches {
    places: Arc<[Arc<Semaphore>]>,
    /// Nobody can choose whom they share a place with.
    hasher: RandomState,
}

impl Default for Searches {
    fn default() -> Self {
        let places = (0..PLACES).map(|_| Arc::new(Semaphore::new(1))).collect();
        Self { places, hasher: RandomState::new() }
    }
}

impl Store {
    /// Waits until nobody at the same place is searching, if it is a search that this store's connections are for.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when that took as long as anybody waits for a connection.
    pub(super) async fn place(&self, who: &Who) -> Result<Option<OwnedSemaphorePermit>> {
        if self.db.purpose() != Purpose::Search {
            return Ok(None);
        }
        let Searches { places, hasher } = &self.searches;
        let at = usize::try_from(hasher.hash_one(who) % PLACES as u64).unwrap_or_default();
        let place = timeout(WAIT, places[at].clone().acquire_owned()).await;
        let place = place.map_err(|_| Error::Unavailable("another search of the same person takes long".to_owned()))?;
        place.map(Some).map_err(Error::internal)
    }
}
