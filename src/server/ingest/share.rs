//! Shares of a queue's room: one workspace takes half of it at most, the next one half of what is left, so that those who send
//! more than can be stored, or wait for long, leave room for everybody else.

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
    /// How much one request takes at most.
    of_request: u32,
}

/// What a workspace holds, until this is dropped.
#[derive(Debug)]
pub struct Share {
    of: Capacity,
    workspace: WorkspaceId,
    taken: OwnedSemaphorePermit,
}

impl Capacity {
    pub fn new(all: u32, of_request: u32) -> Self {
        Self { room: Arc::new(Semaphore::new(all as usize)), by_workspace: Arc::default(), all, of_request }
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

    /// How much more a workspace may have that holds so much: what leaves as much free as it then holds, half of all at most.
    /// So a few whose requests wait for long leave room for the next one. One request of each finds room while there is any.
    fn left(&self, held: Option<&u32>) -> u32 {
        let (held, free) = (held.copied().unwrap_or_default(), self.free());
        let fair = (free.saturating_sub(held) / 2).max(self.of_request.saturating_sub(held));
        (self.all / 2).saturating_sub(held).min(fair)
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
        let (capacity, one, other) = (&Capacity::new(10, 1), WorkspaceId(1), WorkspaceId(2));
        let mut share = capacity.take(one, 2).expect("room");
        share.grow(5).expect("half of it");
        assert!(share.grow(6).is_err() && capacity.take(one, 1).is_err() && !capacity.has(one, 1));
        let others: Vec<Share> = std::iter::from_fn(|| capacity.take(other, 1).ok()).collect();
        assert_eq!((others.len(), capacity.held(), capacity.free()), (2, 7, 3), "half of what is left");
        drop(share);
        assert!(capacity.has(one, 4) && !capacity.has(one, 5));
        drop(others);
        // Several of them leave half of what is left each.
        let as_much_as_possible = |n| std::iter::from_fn(move || capacity.take(WorkspaceId(n), 1).ok());
        let several: Vec<Vec<Share>> = (1..=4).map(|n| as_much_as_possible(n).collect()).collect();
        assert_eq!(several.iter().map(Vec::len).collect::<Vec<_>>(), [5, 2, 1, 1]);
        drop(several);
        assert!(capacity.lock().is_empty(), "whoever holds nothing is forgotten");
    }
}
