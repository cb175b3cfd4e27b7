//! Writing until it is settled: in a task of its own, and again when that can help.

use super::{Store, spawned};
use crate::server::error::{Error, Result};
use std::time::Duration;

const TRIES: u32 = 6;

impl Store {
    /// Does a transaction's work, begun anew for each try: when somebody else was faster, and twice when the connection
    /// could not go on. It goes on when the caller is dropped.
    pub(super) async fn persist<F, Fut, T>(&self, work: F) -> Result<T>
    where
        F: Fn(Self) -> Fut + Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let store = self.clone();
        spawned(async move {
            let mut tries = 0;
            loop {
                tries += 1;
                let connections = store.db.pools().await;
                match work(store.clone()).await {
                    Err(Error::Again(cause)) if tries < TRIES => store.step_back(tries, &cause).await,
                    Err(Error::Broken(cause)) => {
                        store.db.reconnect(&connections).await;
                        // Once more than needed: somebody else's new connection may be as old as ours.
                        if tries > 2 {
                            return Err(Error::Unavailable(cause));
                        }
                    }
                    // Done again it could be done twice.
                    Err(Error::Unknown(cause)) => {
                        store.db.reconnect_unless_answered(&connections).await;
                        return Err(Error::Unknown(cause));
                    }
                    // What was written into a file that is gone was not stored.
                    Ok(done) => return store.db.assert_there().map(|()| done),
                    Err(error) => return Err(error),
                }
            }
        })
        .await
    }

    /// Waits a little, not as long as everybody else.
    async fn step_back(&self, tries: u32, cause: &str) {
        tracing::debug!(tries, cause, "done again");
        let jitter = u64::from(u8::from_le_bytes(self.ids.random::<1>()));
        tokio::time::sleep(Duration::from_millis((jitter % 16 + 1) << tries)).await;
    }
}
