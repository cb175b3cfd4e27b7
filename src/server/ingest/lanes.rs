//! Lanes that somebody else has: they are waited for beside everything else, so that nobody waits for another workspace.

use crate::domain::id::WorkspaceId;
use crate::server::error::{Error, Result};
use crate::server::store::{STREAM_CONNECTIONS, Store, Turn};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// How many lanes are waited for at once: each takes a connection, and of the others one is left for who need not wait, and one
/// for who only reads.
const MOST: usize = STREAM_CONNECTIONS as usize - 2;
/// How often further lanes are tried.
const TRIED_EACH: Duration = Duration::from_millis(20);
/// For how long a lane is wanted at most, tried and waited for together: as long as a lock is waited for.
const WANTED_FOR: Duration = Duration::from_secs(10);
/// For how long a lane is waited for at first, each further time for twice as long: lanes that are kept for long shall not take the
/// places of those that are not.
const LEAST: Duration = Duration::from_secs(1);

/// A workspace whose lane is wanted, since when, how often it was waited for in vain, and whether large requests of it come first
/// once it is got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub workspace: WorkspaceId,
    pub since: Instant,
    pub in_vain: u32,
    pub large_is_next: bool,
}

impl Wanted {
    /// Whether it is wanted for too long.
    fn is_late(self) -> bool {
        self.since.elapsed() >= WANTED_FOR
    }

    /// Whether it was waited for before.
    fn is_again(self) -> bool {
        self.in_vain > 0
    }

    /// For how long it is waited for now.
    fn at_most(self) -> Duration {
        (LEAST * 2_u32.saturating_pow(self.in_vain)).min(WANTED_FOR.saturating_sub(self.since.elapsed())).max(LEAST)
    }
}

/// The workspaces whose lane is wanted. Those who want one for longest wait for it, those first that waited least often; the others
/// are tried from time to time, and wait once it is their turn to.
#[derive(Default)]
pub(super) struct Lanes {
    /// In tasks of their own: who has a connection and waits shall not also wait for whoever commits meanwhile.
    waits: JoinSet<(Wanted, Result<Option<Turn>>)>,
    /// How many of them wait again, after they did in vain: one place is always for these, where there are any, and one for those
    /// that did not.
    again: usize,
    /// Those that are tried, in the order in which they want it.
    tried: Vec<Wanted>,
    tried_at: Option<Instant>,
}

/// Why what waits aside is not stored.
pub(super) fn not_got() -> Error {
    Error::Unavailable("its lane was not got".to_owned())
}

/// What is to be done for lanes.
pub(super) enum Got {
    /// The lane that was waited for, or why it was not got.
    Lane(Wanted, Result<Turn>),
    /// It is time to try the others.
    Due,
}

impl Lanes {
    /// Wants the lanes of these workspaces too, the first that is waited for with a turn that has got no lane, if there is one.
    pub fn want(&mut self, store: &Store, wanted: impl IntoIterator<Item = Wanted>, turn: Option<Turn>) {
        self.tried.extend(wanted);
        self.tried.sort_by_key(|wanted| (wanted.in_vain, wanted.since));
        self.wait(store, turn);
    }

    /// Waits for as many as may be waited for at once.
    fn wait(&mut self, store: &Store, mut turn: Option<Turn>) {
        let mut free = MOST.saturating_sub(self.waits.len());
        let again = &mut self.again;
        let want_again = self.tried.iter().any(|wanted| wanted.is_again() && !wanted.is_late());
        let may_wait = |wanted: &mut Wanted| {
            let kept_free = usize::from(want_again && *again == 0);
            let has_room = if wanted.is_again() { *again < MOST - 1 } else { free > kept_free };
            let may = free > 0 && !wanted.is_late() && has_room;
            free -= usize::from(may);
            *again += usize::from(may && wanted.is_again());
            may
        };
        for wanted in self.tried.extract_if(.., may_wait) {
            let (store, turn) = (store.clone(), turn.take());
            self.waits.spawn(async move {
                let turn = store.wait_for_turn(turn, wanted.workspace, wanted.at_most()).await;
                (wanted, turn)
            });
        }
        if self.tried.is_empty() {
            self.tried_at = None;
        } else if self.tried_at.is_none() {
            self.tried_at = Some(Instant::now() + TRIED_EACH);
        }
    }

    /// What is to be done next; `None` while no lane is wanted.
    pub async fn next(&mut self, store: &Store) -> Option<Got> {
        loop {
            let due = self.tried_at;
            let got = tokio::select! {
                Some(waited) = self.waits.join_next() => {
                    // Only a panic ends one otherwise, and goes on here.
                    let (wanted, turn) = waited.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
                    self.again -= usize::from(wanted.is_again());
                    match turn {
                        Ok(Some(turn)) => Got::Lane(wanted, Ok(turn)),
                        Ok(None) if wanted.is_late() => Got::Lane(wanted, Err(not_got())),
                        Ok(None) => {
                            self.want(store, [Wanted { in_vain: wanted.in_vain + 1, ..wanted }], None);
                            continue;
                        }
                        Err(error) => Got::Lane(wanted, Err(error)),
                    }
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.tried_at = None;
                    Got::Due
                }
                else => return None,
            };
            self.wait(store, None);
            return Some(got);
        }
    }

    /// Whether any is waited for: whoever gets it holds it until it is used.
    pub fn is_waiting(&self) -> bool {
        !self.waits.is_empty()
    }

    /// The workspaces that are to be tried.
    pub fn tried(&self) -> BTreeSet<WorkspaceId> {
        self.tried.iter().map(|wanted| wanted.workspace).collect()
    }

    /// Wants the lanes no more that this turn has; returns those that were tried.
    pub fn take_of(&mut self, turn: &Turn) -> Vec<Wanted> {
        self.tried.extract_if(.., |wanted| turn.is_for(wanted.workspace)).collect()
    }

    /// Wants those no more that were tried for long enough; returns them.
    pub fn take_late(&mut self) -> Vec<Wanted> {
        self.tried.extract_if(.., |wanted| wanted.is_late()).collect()
    }

    /// Wants those no more that are tried; returns them.
    pub fn take_tried(&mut self) -> Vec<Wanted> {
        std::mem::take(&mut self.tried)
    }
}
