//! Lanes that somebody else has: they are waited for beside everything else, so that nobody waits for another workspace.

use crate::domain::id::WorkspaceId;
use crate::server::error::{Error, Result};
use crate::server::store::{STREAM_CONNECTIONS, Store, Turn};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How many lanes are waited for at once: each takes a connection, and of the others one tries further lanes and one is left
/// for who need not wait.
const MOST: usize = STREAM_CONNECTIONS as usize - 2;
/// How often further lanes are tried, and for how long: as long as a lock is waited for.
const TRIED_EACH: Duration = Duration::from_millis(20);
const TRIED_FOR: Duration = Duration::from_secs(10);

/// The workspaces whose lane is waited for.
#[derive(Default)]
pub(super) struct Lanes {
    attempts: FuturesUnordered<BoxFuture<'static, Attempt>>,
    /// How many of them are waited for.
    waited_for: usize,
    /// Those that are tried, and until when.
    tried: BTreeMap<WorkspaceId, Instant>,
    is_trying: bool,
}

/// What came of waiting for a lane, or of trying some.
enum Attempt {
    Waited(WorkspaceId, Result<Turn>),
    Tried(Result<Turn>),
}

impl Lanes {
    /// Waits for the lanes of these workspaces, the first of them with a turn that has got no lane, if there is one.
    pub fn wait_for(&mut self, store: &Store, workspaces: BTreeSet<WorkspaceId>, mut turn: Option<Turn>) {
        for workspace in workspaces {
            if self.waited_for >= MOST {
                self.tried.insert(workspace, Instant::now() + TRIED_FOR);
                continue;
            }
            self.waited_for += 1;
            let store = store.clone();
            let turn = turn.take();
            self.attempts.push(Box::pin(async move {
                let turn = match turn {
                    Some(turn) => turn.and_wait_for(workspace).await,
                    None => store.wait_for_turn(workspace).await,
                };
                Attempt::Waited(workspace, turn)
            }));
        }
        self.try_further(store);
    }

    /// Tries the others after a while, if there are any.
    fn try_further(&mut self, store: &Store) {
        if self.is_trying || self.tried.is_empty() {
            return;
        }
        self.is_trying = true;
        let (store, workspaces) = (store.clone(), self.tried.keys().copied().collect());
        self.attempts.push(Box::pin(async move {
            sleep(TRIED_EACH).await;
            Attempt::Tried(store.turn_of_free_lanes(workspaces, 1).await)
        }));
    }

    /// The next workspace whose turn it is, or that got none; `None` when none is waited for.
    pub async fn next(&mut self, store: &Store) -> Option<(WorkspaceId, Result<Turn>)> {
        loop {
            let tried = match self.attempts.next().await? {
                Attempt::Waited(workspace, turn) => {
                    self.waited_for -= 1;
                    return Some((workspace, turn));
                }
                Attempt::Tried(tried) => tried,
            };
            self.is_trying = false;
            let got = match tried {
                Ok(turn) => match self.tried.keys().find(|workspace| turn.is_for(**workspace)) {
                    Some(workspace) => Some((*workspace, Ok(turn))),
                    None => self.late().map(|late| (late, Err(Error::Unavailable("its lane was not got".to_owned())))),
                },
                Err(error) => self.tried.keys().next().map(|first| (*first, Err(error))),
            };
            if let Some((workspace, _)) = &got {
                self.tried.remove(workspace);
            }
            self.try_further(store);
            if got.is_some() {
                return got;
            }
        }
    }

    /// One that was tried for long enough.
    fn late(&self) -> Option<WorkspaceId> {
        let now = Instant::now();
        self.tried.iter().find(|(_, until)| **until <= now).map(|(workspace, _)| *workspace)
    }
}
