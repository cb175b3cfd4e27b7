//! The far end of a queue: what waits in it, and what waits aside.

use super::Limits;
use super::loud::LARGE;
use super::pace::Pace;
use super::waiting::{Reply, Settled, Waiting};
use crate::domain::id::WorkspaceId;
use crate::server::error::Result;
use crate::server::store::{Parcel, RequestOutcome};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

/// Batches stored together from which on the next commit waits for as large.
pub(super) const COMPANY: u32 = 16;
/// So many commits wait for nobody after one that waited in vain: senders send without waiting for answers.
const WITHOUT_COMPANY: u32 = 16;

/// Which requests a queue is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Small,
    /// Those of many batches, and those of loud workspaces.
    Large,
}

/// The far end of a queue, with what is known of it.
pub(super) struct Queue {
    pub incoming: UnboundedReceiver<Waiting>,
    /// What comes before those: the rest of what is stored in parts, what was too much for the commit before, and what was
    /// waited for.
    pub returned: VecDeque<Waiting>,
    /// What was tried while the store was away, and from when on it is tried again.
    again: Vec<(Instant, Waiting)>,
    /// What waits aside, of workspaces whose lane somebody else has; empty for one of which all was taken.
    aside: BTreeMap<WorkspaceId, VecDeque<Waiting>>,
    pub size: Size,
    /// How many batches the last commit had, stored or not, in how many requests, and how long it took.
    pub committed: u32,
    pub requests: u32,
    pub took: Duration,
    /// How many requests waited when those of the last commit were answered.
    pub left: u32,
    /// How many further commits wait for nobody, after one that waited in vain.
    pub without_company: u32,
}

impl Queue {
    pub fn new(incoming: UnboundedReceiver<Waiting>, size: Size) -> Self {
        Self {
            incoming,
            returned: VecDeque::new(),
            again: Vec::new(),
            aside: BTreeMap::new(),
            size,
            committed: 0,
            requests: 0,
            took: Duration::ZERO,
            left: 0,
            without_company: 0,
        }
    }

    /// The limits of a commit of small requests. Where many senders each wait for an answer before they send more, it takes
    /// half of those who are under way, and waits for no more: while it lasts the others are read, and neither half waits for
    /// the other.
    pub fn half(&self, limits: Limits, pace: &Pace) -> Limits {
        let under_way = self.count().saturating_add(self.requests).saturating_add(1);
        // Requests are counted, commits are bounded by batches: as many as the last requests had.
        let half = (under_way / 2).saturating_mul(self.committed.div_ceil(self.requests.max(1)).max(1));
        if under_way / 2 < COMPANY || !pace.is_of_batches(half) {
            return limits;
        }
        Limits { commit_rows: half.min(limits.commit_rows), commit_ms: 0, ..limits }
    }

    /// How many requests wait, but for those that wait aside.
    pub fn count(&self) -> u32 {
        u32::try_from(self.incoming.len() + self.returned.len()).unwrap_or(u32::MAX)
    }

    /// Whether nobody has come, and nobody was left by the commit before.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// When the first of what was tried is tried again.
    pub fn tried_again(&self) -> Option<Instant> {
        self.again.iter().map(|(from, _)| *from).min()
    }

    /// A commit begins: what it had is noted anew.
    pub fn begin(&mut self) {
        (self.committed, self.requests) = (0, 0);
    }

    /// Has the next commits wait for nobody if fewer than half of the small requests came that were expected: their senders
    /// do not wait for answers. Large ones take their time.
    pub fn waited_for(&mut self, came: usize, expected: usize) {
        if self.committed < LARGE * self.requests && came < expected / 2 {
            self.without_company = WITHOUT_COMPANY;
        }
    }

    /// What has come by now. What is of a workspace whose requests wait aside joins them.
    pub fn take(&mut self) -> Option<Waiting> {
        let now = Instant::now();
        while let Some(waiting) = self.come(now) {
            match self.aside.get_mut(&waiting.parcel.grant.workspace()) {
                Some(others) => others.push_back(waiting),
                None => return Some(waiting),
            }
        }
        None
    }

    fn come(&mut self, now: Instant) -> Option<Waiting> {
        if let Some(due) = self.again.iter().position(|(from, _)| *from <= now) {
            return Some(self.again.swap_remove(due).1);
        }
        self.returned.pop_front().or_else(|| self.incoming.try_recv().ok())
    }

    /// From now on what is of this workspace waits aside.
    pub fn set_aside(&mut self, workspace: WorkspaceId) {
        self.aside.entry(workspace).or_default();
    }

    /// Has a request wait aside, and what comes of its workspace after it.
    pub fn add_aside(&mut self, waiting: Waiting) {
        self.aside.entry(waiting.parcel.grant.workspace()).or_default().push_back(waiting);
    }

    /// What waits aside of a workspace and came first.
    pub fn take_aside(&mut self, workspace: WorkspaceId) -> Option<Waiting> {
        self.aside.get_mut(&workspace)?.pop_front()
    }

    /// Puts back, in front of the others of its workspace.
    pub fn put_back_aside(&mut self, waiting: Waiting) {
        self.aside.entry(waiting.parcel.grant.workspace()).or_default().push_front(waiting);
    }

    pub fn has_aside(&self, workspace: WorkspaceId) -> bool {
        self.aside.get(&workspace).is_some_and(|aside| !aside.is_empty())
    }

    /// Whether anything waits aside, of whichever workspace.
    pub fn has_any_aside(&self) -> bool {
        self.aside.values().any(|aside| !aside.is_empty())
    }

    /// Nothing of this workspace waits aside any more; returns what did.
    pub fn clear_aside(&mut self, workspace: WorkspaceId) -> VecDeque<Waiting> {
        self.aside.remove(&workspace).unwrap_or_default()
    }

    /// Goes on with a request once it is known what became of it.
    pub fn settle(&mut self, reply: Reply, part: &Parcel, outcome: Result<RequestOutcome>) {
        match reply.settle(part, outcome) {
            Settled::Answered => {}
            // The rest comes before what came after it.
            Settled::Part(rest) => match self.aside.get_mut(&rest.parcel.grant.workspace()) {
                Some(others) => others.push_front(rest),
                None => self.returned.push_front(rest),
            },
            Settled::Again(from, waiting) => self.again.push((from, waiting)),
        }
    }
}
