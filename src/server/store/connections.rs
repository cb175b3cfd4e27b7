//! The connections of this moment, which are replaced whole when something is wrong with them.

use super::address::Address;
use super::pools::Pools;
use std::sync::Arc;
use tokio::sync::{RwLock, RwLockWriteGuard};

/// Where the data is, and the connections to it; cloning shares them.
#[derive(Clone, Debug)]
pub struct Connections {
    pub address: Arc<Address>,
    now: Arc<RwLock<Pools>>,
}

impl Connections {
    pub fn to(address: Arc<Address>) -> Self {
        Self { now: Arc::new(RwLock::new(address.pools())), address }
    }

    pub async fn now(&self) -> Pools {
        self.now.read().await.clone()
    }

    /// To replace them; nobody has any while this is held.
    pub async fn replaceable(&self) -> RwLockWriteGuard<'_, Pools> {
        self.now.write().await
    }

    /// Replaces those of Postgres, unless somebody else did. They are closed as they are given back.
    pub async fn replace(&self, seen: &Pools) {
        let mut now = self.replaceable().await;
        if now.is(seen) {
            let old = std::mem::replace(&mut *now, self.address.pools());
            tokio::spawn(async move { old.close().await });
        }
    }
}
