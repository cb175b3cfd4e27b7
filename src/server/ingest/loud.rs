//! Which workspaces are loud: many small requests at once are as much as a large one.

use crate::domain::id::WorkspaceId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Batches of a request from which on it is large.
pub const LARGE: u32 = 16;
/// This part of all that waits is a fair share: whose small requests are no more is not loud. How many of them wait depends
/// on how long others take, too.
const FAIR: u32 = 4;
/// How long a workspace stays loud: senders that were answered together come back one by one.
const STAYS: Duration = Duration::from_secs(1);
/// How many workspaces are remembered until those that went quiet are forgotten.
const REMEMBERED: usize = 1000;

/// What workspaces have waiting in small requests; cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Voices(Arc<Mutex<HashMap<WorkspaceId, Heard>>>);

#[derive(Debug, Default)]
struct Heard {
    waiting: u32,
    loud_until: Option<Instant>,
}

/// Batches of a small request that wait, until this is dropped.
#[derive(Debug)]
pub struct Voice {
    of: Voices,
    workspace: WorkspaceId,
    rows: u32,
    /// Whether its workspace is loud.
    pub is_loud: bool,
}

impl Voices {
    /// Notes a small request of so many batches, where so many wait in all.
    pub fn hear(&self, workspace: WorkspaceId, rows: u32, all: u32) -> Voice {
        let (now, mut known) = (Instant::now(), self.lock());
        if known.len() > REMEMBERED {
            known.retain(|_, heard| heard.waiting > 0 || heard.is_loud(now));
        }
        let heard = known.entry(workspace).or_default();
        heard.waiting = heard.waiting.saturating_add(rows);
        if heard.waiting >= LARGE && heard.waiting > all / FAIR {
            heard.loud_until = Some(now + STAYS);
        }
        Voice { of: self.clone(), workspace, rows, is_loud: heard.is_loud(now) }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn is_loud(&self, now: Instant) -> bool {
        self.loud_until.is_some_and(|until| now < until)
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        let mut known = self.of.lock();
        if let Some(heard) = known.get_mut(&self.workspace) {
            heard.waiting = heard.waiting.saturating_sub(self.rows);
            if heard.waiting == 0 && heard.loud_until.is_none() {
                known.remove(&self.workspace);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_workspace_is_loud_by_all_its_small_requests_beyond_a_fair_share() {
        let (voices, [one, other]) = (Voices::default(), [1, 2].map(WorkspaceId));
        let mine: Vec<Voice> = (1..=20).map(|n| voices.hear(one, 1, n)).collect();
        assert!(!mine[14].is_loud && mine[15].is_loud);
        let others: Vec<Voice> = (1..=30).map(|n| voices.hear(other, 1, 1600 + n)).collect();
        assert!(others.iter().all(|voice| !voice.is_loud), "it waits for somebody else's bulks");
        drop((mine, others));
        assert_eq!(voices.lock().len(), 1, "whoever was not loud is forgotten");
        assert!(voices.hear(one, 1, 1).is_loud, "it was a moment ago");
        tokio::time::sleep(STAYS).await;
        assert!(!voices.hear(one, 1, 1).is_loud);
    }
}
