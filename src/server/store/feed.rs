//! The event stream's way to a connection: a feed whose secret was checked.

use super::Store;
use super::credential::InputKey;
use super::db::{Tx, on};
use crate::domain::batch::Batch;
use crate::domain::error::Refusal;
use crate::domain::id::{InputId, WorkspaceId};
use crate::domain::time::{HOUR, Millis};
use crate::server::error::Result;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long a `source_request_id` is remembered.
pub const REMEMBERED: i64 = 72 * HOUR;

/// Permission to send events into one input.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub(super) workspace: WorkspaceId,
    pub(super) input: InputId,
    requests_per_second: Option<i64>,
}

impl Feed {
    /// The input, and how many requests it may send in a second.
    pub fn rate(&self) -> (WorkspaceId, InputId, Option<i64>) {
        (self.workspace, self.input, self.requests_per_second)
    }
}

impl Store {
    /// Checks a key and its secret; one and the same answer for an unknown key, a wrong secret and a paused input.
    pub async fn feed(&self, key: &str, secret: &str) -> Result<Feed> {
        let given = Sha256::digest(secret);
        let known = self.input_key(key).await?;
        // Compared even when there is no such key, so that the answer takes as long.
        let nobody = || InputKey {
            workspace_id: WorkspaceId(0),
            input_id: InputId(0),
            secret_hash: vec![0; 32],
            paused: true,
            requests_per_second: None,
        };
        let known = known.unwrap_or_else(nobody);
        let same = bool::from(known.secret_hash.ct_eq(&given[..]));
        if same && !known.paused {
            let (workspace, input) = (known.workspace_id, known.input_id);
            Ok(Feed { workspace, input, requests_per_second: known.requests_per_second })
        } else {
            Err(Refusal::Forbidden.into())
        }
    }

    /// Forgets ids of requests that are too old to be repeated.
    pub async fn prune_dedup(&self, workspace: WorkspaceId) -> Result<()> {
        const SQL: &str = "delete from dedup where workspace_id = $1 and received_at < $2";
        let before = self.clock.now().minus(REMEMBERED);
        self.own(move |mut own| async move {
            on!(&mut own.tx, c => { sqlx::query(SQL).bind(workspace).bind(before).execute(c).await?; });
            own.commit(super::Event::Housekeeping("old request ids")).await
        })
        .await
    }
}

impl Tx {
    /// Notes the batch's `source_request_id`; false when the same input sent it before.
    pub(super) async fn remember(
        &mut self,
        workspace: WorkspaceId,
        input: InputId,
        batch: &Batch,
        now: Millis,
    ) -> Result<bool> {
        const SQL: &str = "insert into dedup (workspace_id, input_id, hash, received_at) values ($1, $2, $3, $4) \
            on conflict (workspace_id, input_id, hash) do update set received_at = excluded.received_at \
            where dedup.received_at < $5";
        let Some(id) = &batch.source_request_id else { return Ok(true) };
        let hash = &Sha256::digest(id)[..16];
        let written = on!(self, c => sqlx::query(SQL)
            .bind(workspace)
            .bind(input)
            .bind(hash)
            .bind(now)
            .bind(now.minus(REMEMBERED))
            .execute(c)
            .await?
            .rows_affected());
        Ok(written == 1)
    }
}
