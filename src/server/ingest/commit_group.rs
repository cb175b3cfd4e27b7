//! Requests that share a commit.

use super::Limits;
use super::queue::{COMPANY, Queue, Size};
use super::waiting::{Reply, Waiting};
use crate::domain::id::WorkspaceId;
use crate::server::store::{Parcel, Turn};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// While large requests keep coming it waits for this part of the time at most that the last commit took.
const MOST_WAITED: u32 = 4;

/// Requests that share a commit.
#[derive(Default)]
pub(super) struct CommitGroup {
    requests: Vec<Waiting>,
    pub rows: u32,
    bytes: usize,
}

impl CommitGroup {
    /// What a request begins, as much of it as the limits allow.
    pub fn of(mut first: Waiting, limits: Limits) -> Self {
        first.cut(limits.commit_rows);
        [first].into_iter().collect()
    }

    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    pub fn workspaces(&self) -> BTreeSet<WorkspaceId> {
        self.requests.iter().map(|waiting| waiting.parcel.grant.workspace()).collect()
    }

    fn add(&mut self, more: Waiting) {
        self.rows += more.rows;
        self.bytes += more.bytes;
        self.requests.push(more);
    }

    fn has_room(&self, more: &Waiting, limits: Limits) -> bool {
        self.rows + more.rows <= limits.commit_rows && self.bytes + more.bytes <= limits.commit_kb as usize * 1024
    }

    /// What is committed together: all, or where workspaces are spread each one's by itself.
    pub fn commits(self, is_spread: bool) -> Vec<Self> {
        if !is_spread {
            return vec![self];
        }
        let mut of_workspaces: BTreeMap<WorkspaceId, Self> = BTreeMap::new();
        for waiting in self.requests {
            of_workspaces.entry(waiting.parcel.grant.workspace()).or_default().add(waiting);
        }
        of_workspaces.into_values().collect()
    }

    /// What it is this turn for, and the others.
    pub fn split_by(self, turn: &Turn) -> (Self, Vec<Waiting>) {
        let mine = |waiting: &Waiting| turn.is_for(waiting.parcel.grant.workspace());
        let (mine, others): (Vec<Waiting>, Vec<Waiting>) = self.requests.into_iter().partition(mine);
        (mine.into_iter().collect(), others)
    }

    /// Takes what has come by now, as far as the limits allow. Many senders that were answered together come back together,
    /// and share a commit if it waits for them; for a few the wait would only be late. Large requests come back one by one,
    /// for reading each takes a while in which the processor is not idle: they share one with those that wait already.
    pub async fn fill(&mut self, queue: &mut Queue, limits: Limits) {
        let wait = Duration::from_millis(limits.commit_ms.into());
        let most = if queue.size == Size::Large { wait.max(queue.took / MOST_WAITED) } else { wait };
        let latest = Instant::now() + most;
        // A timer is too coarse for a wait of nothing.
        let waits = queue.committed >= COMPANY && limits.commit_ms > 0 && queue.without_company == 0;
        queue.without_company = queue.without_company.saturating_sub(1);
        // A request that was read already gets here before this goes on.
        tokio::task::yield_now().await;
        self.add_waiting(queue, limits, |_| true);
        let left = if queue.size == Size::Large { queue.left } else { 0 };
        let (here, expected) = (self.requests.len(), (left + queue.requests) as usize);
        let may_wait = waits && self.rows < limits.commit_rows;
        while may_wait && queue.returned.is_empty() && self.requests.len() < expected {
            let until = latest.min(Instant::now() + wait);
            let Ok(Some(more)) = timeout_at(until, queue.incoming.recv()).await else {
                queue.waited_for(self.requests.len() - here, expected - here);
                return;
            };
            queue.returned.push_front(more);
            self.add_waiting(queue, limits, |_| true);
        }
    }

    /// Takes what came while its turn was waited for, as far as the turn and the limits allow. Processes that take turns
    /// would otherwise commit less each time than one alone.
    pub fn take_along(&mut self, queue: &mut Queue, limits: Limits, turn: &Turn) {
        self.add_waiting(queue, limits, |more| turn.is_for(more.parcel.grant.workspace()));
    }

    /// Takes what waits, up to the first that may not or is too much.
    fn add_waiting(&mut self, queue: &mut Queue, limits: Limits, may: impl Fn(&Waiting) -> bool) {
        while let Some(more) = queue.take() {
            if !may(&more) || !self.has_room(&more, limits) {
                queue.returned.push_front(more);
                return;
            }
            self.add(more);
        }
    }

    /// Takes what waits aside of a workspace, as far as the limits allow.
    pub fn take_aside(&mut self, queue: &mut Queue, workspace: WorkspaceId, limits: Limits) {
        while let Some(more) = queue.take_aside(workspace) {
            if !self.has_room(&more, limits) {
                queue.put_back_aside(more);
                return;
            }
            self.add(more);
        }
    }

    /// What is committed, and who is answered.
    pub fn split(self) -> (Arc<Vec<Parcel>>, Vec<Reply>) {
        let each = self.requests.into_iter();
        let (parcels, replies) = each.map(|waiting| (waiting.parcel, waiting.reply)).unzip();
        (Arc::new(parcels), replies)
    }
}

impl FromIterator<Waiting> for CommitGroup {
    fn from_iter<I: IntoIterator<Item = Waiting>>(requests: I) -> Self {
        let mut group = Self::default();
        requests.into_iter().for_each(|waiting| group.add(waiting));
        group
    }
}
