//! Shares of a queue's room: one workspace takes half of it at most, so that who sends more than can be stored leaves room
//! for everybody else.

use crate::domain::id::WorkspaceId;
use crate::server::error::{Error, Result};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for so many of something; cloning shares it.
#[derive(Clone, Debug)]
pub struct Capacity {
    room: Arc<Semaphore>,
    /// What each workspace has, where it has any.
    by_workspace: Arc<Mutex<HashMap<WorkspaceId, u32>>>,
    all: u32,
}

/// What a workspace holds, until this is dropped.
#[derive(Debug)]
pub struct Share {
    of: Capacity,
    workspace: WorkspaceId,
    taken: OwnedSemaphorePermit,
}

impl Capacity {
    pub fn new(all: u32) -> Self {
        Self { room: Arc::new(Semaphore::new(all as usize)), by_workspace: Arc::default(), all }
    }

    /// How much is held by all.
    pub fn held(&self) -> u32 {
        self.all.saturating_sub(self.free())
    }

    /// How much is free.
    pub fn free(&self) -> u32 {
        u32::try_from(self.room.available_permits()).unwrap_or(u32::MAX)
    }

    /// Whether a workspace could have so much more now.
    pub fn has(&self, workspace: WorkspaceId, more: u32) -> bool {
        more <= self.free() && more <= self.left(self.lock().get(&workspace))
    }

    /// How much of its half a workspace has left that holds so much.
    fn left(&self, held: Option<&u32>) -> u32 {
        (self.all / 2).saturating_sub(held.copied().unwrap_or_default())
    }

    /// # Errors
    /// [`Error::Full`] when there is not so much for this workspace.
    pub fn take(&self, workspace: WorkspaceId, amount: u32) -> Result<Share> {
        let taken = self.acquire(workspace, amount)?;
        Ok(Share { of: self.clone(), workspace, taken })
    }

    /// Waits until all of it is free, and takes it for good.
    pub async fn close(&self) {
        if let Ok(all) = self.room.acquire_many(self.all).await {
            all.forget();
        }
    }

    fn acquire(&self, workspace: WorkspaceId, amount: u32) -> Result<OwnedSemaphorePermit> {
        let mut held = self.lock();
        if amount > self.left(held.get(&workspace)) {
            return Err(Error::Full);
        }
        let taken = self.room.clone().try_acquire_many_owned(amount).map_err(|_| Error::Full)?;
        if amount > 0 {
            *held.entry(workspace).or_default() += amount;
        }
        Ok(taken)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, u32>> {
        self.by_workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    pub fn amount(&self) -> u32 {
        u32::try_from(self.taken.num_permits()).unwrap_or(u32::MAX)
    }

    /// Takes more, for so much in all.
    ///
    /// # Errors
    /// [`Error::Full`] when there is not so much for this workspace.
    pub fn grow(&mut self, amount: u32) -> Result<()> {
        let more = amount.saturating_sub(self.amount());
        self.taken.merge(self.of.acquire(self.workspace, more)?);
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Entry::Occupied(mut held) = self.of.lock().entry(self.workspace) {
            *held.get_mut() = held.get().saturating_sub(self.amount());
            if *held.get() == 0 {
                held.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_workspace_leaves_half_for_the_others() {
        let (capacity, one, other) = (Capacity::new(10), WorkspaceId(1), WorkspaceId(2));
        let mut share = capacity.take(one, 2).expect("room");
        share.grow(5).expect("half of it");
        assert!(share.grow(6).is_err() && capacity.take(one, 1).is_err() && !capacity.has(one, 1));
        let others = capacity.take(other, 5).expect("the other half");
        assert!(!capacity.has(WorkspaceId(3), 1) && capacity.free() == 0 && capacity.held() == 10);
        drop(share);
        assert!(capacity.has(one, 5) && !capacity.has(one, 6) && !capacity.has(other, 1));
        drop(others);
        assert!(capacity.lock().is_empty(), "whoever holds nothing is forgotten");
    }
}
