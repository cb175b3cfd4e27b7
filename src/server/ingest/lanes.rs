//! Lanes that somebody else has: they are waited for beside everything else, so that nobody waits for another workspace.

use crate::domain::id::WorkspaceId;
use crate::server::error::Result;
use crate::server::store::{STREAM_CONNECTIONS, Store, Turn};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::{BTreeSet, VecDeque};

/// How many are waited for at once: each takes a connection, and one is left for who need not wait.
const MOST: usize = STREAM_CONNECTIONS as usize - 1;

/// The workspaces whose lane is waited for.
#[derive(Default)]
pub(super) struct Lanes {
    turns: FuturesUnordered<BoxFuture<'static, (WorkspaceId, Result<Turn>)>>,
    /// Those for which there was no connection.
    later: VecDeque<WorkspaceId>,
}

impl Lanes {
    /// Waits for the lanes of these workspaces, the first of them with a turn that has got no lane, if there is one.
    pub fn wait_for(&mut self, store: &Store, workspaces: BTreeSet<WorkspaceId>, mut turn: Option<Turn>) {
        for workspace in workspaces {
            if self.turns.len() >= MOST {
                self.later.push_back(workspace);
                continue;
            }
            self.turns.push(match turn.take() {
                Some(turn) => Box::pin(async move { (workspace, turn.and_wait_for(workspace).await) }),
                None => {
                    let store = store.clone();
                    Box::pin(async move { (workspace, store.wait_for_turn([workspace].into()).await) })
                }
            });
        }
    }

    /// The next workspace whose turn it is, or that got none; `None` when none is waited for.
    pub async fn next(&mut self, store: &Store) -> Option<(WorkspaceId, Result<Turn>)> {
        let next = self.turns.next().await;
        if let Some(workspace) = self.later.pop_front() {
            self.wait_for(store, [workspace].into(), None);
        }
        next
    }
}
