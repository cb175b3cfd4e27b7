//! Ids of requests that were seen, so that a request that is sent again changes nothing.

use super::db::{Tx, given, on};
use super::writes::Writes;
use crate::domain::batch::Batch;
use crate::domain::id::{InputId, WorkspaceId};
use crate::domain::time::{HOUR, Millis};
use crate::server::error::Result;
use crate::server::hex::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

macro_rules! remember {
    ($hash:literal) => {
        concat!(
            "insert into dedup (workspace_id, input_id, hash, received_at, expires_at) \
             select $1, cast(given.value->>0 as bigint), ",
            $hash,
            ", $3, $4 from jsonb_each($2) as given where true \
             on conflict (workspace_id, input_id, hash) do update set received_at = excluded.received_at, \
             expires_at = excluded.expires_at where dedup.expires_at <= excluded.received_at returning input_id, hash"
        )
    };
}

/// The first half of SHA-256 over a batch's `source_request_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequestHash([u8; 16]);

impl RequestHash {
    /// `None` for a batch that has no such id.
    pub fn of(batch: &Batch) -> Option<Self> {
        let digest = Sha256::digest(batch.source_request_id.as_ref()?);
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        Some(Self(half))
    }
}

impl Tx {
    /// Notes these ids of requests, for `remembered` milliseconds; returns those that the same input had not sent, or that
    /// were forgotten.
    pub(super) async fn remember(
        &mut self,
        workspace: WorkspaceId,
        hashes: BTreeSet<(InputId, RequestHash)>,
        now: Millis,
        remembered: i64,
    ) -> Result<BTreeSet<(InputId, RequestHash)>> {
        const SQLITE: &str = remember!("unhex(given.value->>1)");
        const POSTGRES: &str = remember!("decode(given.value->>1, 'hex')");
        if hashes.is_empty() {
            return Ok(hashes);
        }
        let sql = self.pick(SQLITE, POSTGRES);
        let given = given(hashes.iter().map(|(input, hash)| (input.0, hex(&hash.0))));
        let new: Vec<(InputId, Vec<u8>)> = on!(self, c => sqlx::query_as(sql)
            .bind(workspace)
            .bind(given)
            .bind(now)
            .bind(now.plus(remembered))
            .fetch_all(c)
            .await?);
        let hash = |(input, hash): (InputId, Vec<u8>)| Some((input, RequestHash(hash.try_into().ok()?)));
        Ok(new.into_iter().filter_map(hash).collect())
    }
}

impl Writes {
    /// Counts ids of requests that were noted.
    pub fn remembered(&mut self, n: i64, now: Millis) {
        const SQL: &str = "insert into dedup_hours (workspace_id, hour, n) values ($1, $2, $3) \
            on conflict (workspace_id, hour) do update set n = dedup_hours.n + excluded.n";
        if n > 0 {
            self.numbers(SQL, &[now.0 / HOUR, n]);
        }
    }
}
