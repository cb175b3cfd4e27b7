//! The event stream's way to a connection: a feed whose secret was checked.

use super::Store;
use super::audit::hex;
use super::credential::InputKey;
use super::db::{Tx, given, on};
use crate::domain::batch::Batch;
use crate::domain::error::Refusal;
use crate::domain::id::{InputId, WorkspaceId};
use crate::domain::retention::REMEMBERED;
use crate::domain::time::{HOUR, Millis};
use crate::server::error::Result;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// How long what was read of an input's key is believed, in milliseconds: so long a secret that was replaced still
/// works. A pause holds at once, for it is read with what is stored.
pub const READ_AGAIN: i64 = 2000;

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

/// Keys of inputs as they were read a moment ago.
#[derive(Debug, Default)]
pub(super) struct Keys(Mutex<HashMap<String, (Millis, InputKey)>>);

impl Store {
    /// What stands behind a key, at most [`READ_AGAIN`] old.
    async fn known_key(&self, key: &str) -> Result<Option<InputKey>> {
        let now = self.clock.now();
        let recent = |read: &Millis| (0..READ_AGAIN).contains(&(now.0 - read.0));
        let known = self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some((_, known)) = known.filter(|(read, _)| recent(read)) {
            return Ok(Some(known));
        }
        let found = self.input_key(key).await?;
        let mut keys = self.keys.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &found {
            Some(found) => keys.insert(key.to_owned(), (now, found.clone())),
            None => keys.remove(key),
        };
        Ok(found)
    }

    /// Checks a key and its secret; one and the same answer for an unknown key, a wrong secret and a paused input.
    pub async fn feed(&self, key: &str, secret: &str) -> Result<Feed> {
        let given = Sha256::digest(secret);
        let known = self.known_key(key).await?;
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
}

macro_rules! remember {
    ($hash:literal) => {
        concat!(
            "insert into dedup (workspace_id, input_id, hash, received_at) \
             select $1, cast(given.value->>0 as bigint), ",
            $hash,
            ", $3 from jsonb_each($2) as given where true \
             on conflict (workspace_id, input_id, hash) do update set received_at = excluded.received_at \
             where dedup.received_at < $4 returning input_id, hash"
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
    /// Notes these ids of requests; answers those that the same input had not sent before.
    pub(super) async fn remember(
        &mut self,
        workspace: WorkspaceId,
        hashes: BTreeSet<(InputId, RequestHash)>,
        now: Millis,
    ) -> Result<BTreeSet<(InputId, RequestHash)>> {
        const SQLITE: &str = remember!("unhex(given.value->>1)");
        const POSTGRES: &str = remember!("decode(given.value->>1, 'hex')");
        if hashes.is_empty() {
            return Ok(hashes);
        }
        let sql = self.pick(SQLITE, POSTGRES);
        let given = given(hashes.iter().map(|(input, hash)| json!([input.0, hex(&hash.0)])));
        let fresh: Vec<(InputId, Vec<u8>)> = on!(self, c => sqlx::query_as(sql)
            .bind(workspace)
            .bind(given)
            .bind(now)
            .bind(now.minus(REMEMBERED))
            .fetch_all(c)
            .await?);
        let hash = |(input, hash): (InputId, Vec<u8>)| Some((input, RequestHash(hash.try_into().ok()?)));
        Ok(fresh.into_iter().filter_map(hash).collect())
    }

    /// Counts ids of requests that were noted. One row of the workspace takes all of them, so that this comes late.
    pub(super) async fn count_remembered(&mut self, workspace: WorkspaceId, n: i64, now: Millis) -> Result<()> {
        const SQL: &str = "insert into dedup_hours (workspace_id, hour, n) values ($1, $2, $3) \
            on conflict (workspace_id, hour) do update set n = dedup_hours.n + excluded.n";
        if n > 0 {
            on!(self, c => { sqlx::query(SQL).bind(workspace).bind(now.0 / HOUR).bind(n).execute(c).await?; });
        }
        Ok(())
    }
}
