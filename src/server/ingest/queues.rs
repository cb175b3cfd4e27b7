//! Both queues, whose turn it is, and what is known of how long commits take.

use super::Limits;
use super::commit_group::CommitGroup;
use super::lanes::{Got, Lanes, Wanted};
use super::pace::{PART, Pace};
use super::queue::{Queue, Size};
use super::share::Capacity;
use super::waiting::Waiting;
use crate::domain::id::WorkspaceId;
use crate::server::store::{Store, Turn};
use futures::FutureExt;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

/// A part of a large request has more than the least when more waits, this share of it: with more commits for what waits,
/// those who send much would wait too long for the sake of those who send little.
const LARGEST_PART: u32 = 200;
const PARTS: u32 = 4;
/// How long after a small request another one is expected.
const EXPECTED: Duration = Duration::from_millis(200);

/// The far ends: small requests wait in one queue, all others in the other, and both have their turns. Who sends little
/// waits for the part of a large request that is being committed, and not for more.
pub(super) struct Queues {
    small: Queue,
    large: Queue,
    /// Whose turn it is.
    large_is_next: bool,
    /// When a small request was taken last.
    small_at: Option<Instant>,
    /// How many batches wait in both.
    rows: Capacity,
    pub pace: Pace,
    pub lanes: Lanes,
    /// Whether what was done last was for lanes.
    was_aside: bool,
}

/// What is committed next.
pub(super) enum Work {
    /// What a request of one of the queues began, and goes on within these limits.
    Group { group: CommitGroup, size: Size, limits: Limits },
    /// What waits aside for lanes.
    Aside(Got),
}

impl Queues {
    pub fn new(small: UnboundedReceiver<Waiting>, large: UnboundedReceiver<Waiting>, rows: Capacity) -> Self {
        let (small, large) = (Queue::new(small, Size::Small), Queue::new(large, Size::Large));
        let (pace, lanes) = (Pace::default(), Lanes::default());
        Self { small, large, large_is_next: false, small_at: None, rows, pace, lanes, was_aside: false }
    }

    pub fn of(&mut self, size: Size) -> &mut Queue {
        match size {
            Size::Small => &mut self.small,
            Size::Large => &mut self.large,
        }
    }

    /// Waits until there is something to commit. `None` when the near ends are gone and nothing waits any more.
    pub async fn next(&mut self, store: &Store, limits: Limits) -> Option<Work> {
        if self.small.is_empty() && is_expected(self.small_at) {
            store.copy_log_in_between().await;
        }
        let (first, size) = loop {
            let Self { small, large, large_is_next, lanes, was_aside, .. } = self;
            // What waits aside and what comes take turns.
            let others_are_next = std::mem::take(was_aside) && !(small.is_empty() && large.is_empty());
            if !others_are_next && let Some(Some(got)) = lanes.next(store).now_or_never() {
                *was_aside = true;
                return Some(Work::Aside(got));
            }
            let first = if *large_is_next { large.take().map(|first| (first, Size::Large)) } else { None };
            let first = first.or_else(|| small.take().map(|first| (first, Size::Small)));
            if let Some(first) = first.or_else(|| large.take().map(|first| (first, Size::Large))) {
                break first;
            }
            let again = small.tried_again().into_iter().chain(large.tried_again()).min();
            // An end that is gone has nothing more; the other one may.
            tokio::select! {
                Some(first) = small.incoming.recv() => small.returned.push_back(first),
                Some(first) = large.incoming.recv() => large.returned.push_back(first),
                Some(got) = lanes.next(store) => {
                    *was_aside = true;
                    return Some(Work::Aside(got));
                }
                () = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {}
                else => return None,
            }
        };
        let limits = self.limits_of(size, limits);
        self.took_of(size);
        Some(Work::Group { group: CommitGroup::of(first, limits), size, limits })
    }

    /// Notes that a commit of one queue begins.
    fn took_of(&mut self, size: Size) {
        self.large_is_next = size == Size::Small;
        if size == Size::Small {
            self.small_at = Some(Instant::now());
        }
    }

    /// The limits of a commit of small requests, see [`Queue::half`].
    pub fn half(&self, size: Size, limits: Limits) -> Limits {
        match size {
            Size::Small => self.small.half(limits, &self.pace),
            Size::Large => limits,
        }
    }

    /// The limits of a commit of one queue: of large requests it takes a part while small ones come.
    fn limits_of(&self, size: Size, limits: Limits) -> Limits {
        let small_come = !self.small.is_empty() || self.small.has_any_aside() || is_expected(self.small_at);
        // Who got a lane meanwhile would keep others from it for as long.
        if size == Size::Small || !(small_come || self.lanes.is_waiting()) {
            return limits;
        }
        let least = self.pace.part();
        let part =
            (self.rows.held() / PARTS * least / PART).clamp(least, LARGEST_PART * least / PART).min(limits.commit_rows);
        Limits { commit_rows: part, commit_ms: 0, ..limits }
    }

    /// What waits aside for these lanes, as much as is committed together, with the queue that it is of.
    pub fn next_aside(&mut self, wanted: &[Wanted], limits: Limits) -> Option<(CommitGroup, Size)> {
        let has = |queue: &Queue| wanted.iter().any(|wanted| queue.has_aside(wanted.workspace));
        // Small and large ones of a workspace take turns, whatever others' do.
        let large_is_next = wanted.first().is_some_and(|oldest| oldest.large_is_next);
        let is_large = has(&self.large) && (large_is_next || !has(&self.small));
        let size = if is_large { Size::Large } else { Size::Small };
        // Other processes want this lane too: where none of them takes more in a turn than the others may, none gets more.
        let most = Limits { commit_rows: LARGEST_PART.min(limits.commit_rows), ..limits };
        let limits = if size == Size::Large { self.limits_of(size, most) } else { limits };
        let queue = self.of(size);
        let first = wanted.iter().find_map(|wanted| queue.take_aside(wanted.workspace))?;
        let mut group = CommitGroup::of(first, limits);
        wanted.iter().for_each(|wanted| group.take_aside(queue, wanted.workspace, limits));
        if size == Size::Small {
            self.small_at = Some(Instant::now());
        }
        Some((group, size))
    }

    /// Has what is of these workspaces wait aside until their lanes are got, the first of them in a turn that has got none.
    pub fn set_aside(&mut self, store: &Store, workspaces: BTreeSet<WorkspaceId>, turn: Option<Turn>) {
        for workspace in &workspaces {
            self.small.set_aside(*workspace);
            self.large.set_aside(*workspace);
        }
        let since = Instant::now();
        self.lanes.want(
            store,
            workspaces.into_iter().map(|workspace| Wanted { workspace, since, in_vain: 0, large_is_next: false }),
            turn,
        );
    }

    /// Wants these lanes again as far as there is more that waits aside for them: those of which requests of this size were
    /// `served` from now on, and first for the other size.
    pub fn go_on_aside(&mut self, store: &Store, wanted: Vec<Wanted>, served: &BTreeSet<WorkspaceId>, size: Size) {
        let mut again = Vec::new();
        for wanted in wanted {
            let workspace = wanted.workspace;
            if self.small.has_aside(workspace) || self.large.has_aside(workspace) {
                again.push(match served.contains(&workspace) {
                    true => Wanted { since: Instant::now(), in_vain: 0, large_is_next: size == Size::Small, ..wanted },
                    // It was got, and there was no room.
                    false => Wanted { in_vain: 0, ..wanted },
                });
            } else {
                self.clear_aside(workspace);
            }
        }
        self.lanes.want(store, again, None);
    }

    /// Nothing of this workspace waits aside any more; returns what did, of each queue.
    pub fn clear_aside(&mut self, workspace: WorkspaceId) -> [(Size, Vec<Waiting>); 2] {
        [Size::Small, Size::Large].map(|size| (size, self.of(size).clear_aside(workspace).into()))
    }
}

/// Whether another small request is expected after the last one.
fn is_expected(small_at: Option<Instant>) -> bool {
    small_at.is_some_and(|at| at.elapsed() < EXPECTED)
}
