//! The signed checkpoints of the chains: made where a chain went on, and sent away.

use super::chain_name;
use crate::domain::audit::{Checkpoint, Signable};
use crate::domain::id::WorkspaceId;
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};
use crate::server::secret::signing::{Signed, Signer};
use crate::server::store::db::{Tx, on};
use crate::server::store::scope::Scope;
use crate::server::store::{System, SystemTx, SystemView, Trail};

/// How many are read to be sent at a time.
const STEP: i64 = 100;

/// A row of the table. The statement follows from it, so that it can say nothing else.
#[derive(Clone, Debug, sqlx::FromRow)]
struct StoredCheckpoint {
    workspace_id: WorkspaceId,
    seq: i64,
    hash: String,
    at_ms: Millis,
    signing_key: String,
    signature: String,
}

impl From<StoredCheckpoint> for Signed {
    fn from(stored: StoredCheckpoint) -> Self {
        let StoredCheckpoint { workspace_id, seq, hash, at_ms, signing_key: key, signature } = stored;
        let chain = chain_name(workspace_id);
        let attest = Signable::Checkpoint;
        Self { said: Checkpoint { attest, v: 1, chain, seq, hash, at_ms, key }, signature }
    }
}

/// A question about checkpoints, with their columns.
macro_rules! checkpoints {
    ($rest:literal) => {
        concat!("select workspace_id, seq, hash, at_ms, signing_key, signature from audit_checkpoints ", $rest)
    };
}

impl Tx {
    /// A chain's checkpoints of the rows after `after` up to `to`, the earliest first.
    pub(super) async fn checkpoints(&mut self, chain: WorkspaceId, after: i64, to: i64) -> Result<Vec<Signed>> {
        const SQL: &str = checkpoints!("where workspace_id = $1 and seq > $2 and seq <= $3 order by seq");
        let rows: Vec<StoredCheckpoint> =
            on!(self, c => sqlx::query_as(SQL).bind(chain).bind(after).bind(to).fetch_all(c).await?);
        Ok(rows.into_iter().map(Signed::from).collect())
    }

    /// The newest checkpoint of a chain.
    async fn newest_checkpoint(&mut self, chain: WorkspaceId) -> Result<Option<Signed>> {
        const SQL: &str = checkpoints!("where workspace_id = $1 order by seq desc limit 1");
        let row: Option<StoredCheckpoint> = on!(self, c => sqlx::query_as(SQL).bind(chain).fetch_optional(c).await?);
        Ok(row.map(Signed::from))
    }
}

impl System {
    /// Signs where a chain ends, unless it was signed there already.
    pub async fn sign_end(&self, chain: WorkspaceId) -> Result<()> {
        let keys = self.keyring().now();
        self.transaction(move |tx: SystemTx| {
            let keys = keys.clone();
            async move { sign_end_once(tx, keys.signer(), keys.signing_keys(), chain).await }
        })
        .await
    }

    /// Notes that a chain's checkpoints of these rows were sent to wherever they are to be.
    pub async fn note_sent(&self, chain: WorkspaceId, rows: Vec<i64>) -> Result<()> {
        const SQL: &str = "update audit_checkpoints set sent_at = $3 where workspace_id = $1 and seq = $2";
        self.transaction(move |mut tx: SystemTx| {
            let rows = rows.clone();
            async move {
                let now = tx.now;
                for row in rows {
                    on!(&mut tx.tx, c => { sqlx::query(SQL).bind(chain).bind(row).bind(now).execute(c).await?; });
                }
                tx.commit(Trail::Unaudited("checkpoints that were sent")).await
            }
        })
        .await
    }
}

async fn sign_end_once(mut tx: SystemTx, signer: &Signer, keys: &[String], chain: WorkspaceId) -> Result<()> {
    const END: &str = "select seq, hash from audit_heads where workspace_id = $1 and seq > 0";
    const ROW: &str = "select hash from audit where workspace_id = $1 and seq = $2";
    const INSERT: &str = "insert into audit_checkpoints (workspace_id, seq, hash, at_ms, signing_key, signature) \
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    let end: Option<(i64, String)> = on!(&mut tx.tx, c => sqlx::query_as(END).bind(chain).fetch_optional(c).await?);
    let Some((seq, hash)) = end else { return Ok(()) };
    let row: Option<String> =
        on!(&mut tx.tx, c => sqlx::query_scalar(ROW).bind(chain).bind(seq).fetch_optional(c).await?);
    let wrong =
        || Error::Internal(format!("chain {} was changed past Attest: see attest audit verify", chain_name(chain)));
    if row.as_ref() != Some(&hash) {
        return Err(wrong());
    }
    if let Some(newest) = tx.tx.newest_checkpoint(chain).await? {
        let Checkpoint { seq: signed, hash: of, .. } = &newest.said;
        if *signed == seq && *of == hash && newest.is_by(keys) {
            return Ok(());
        }
        // It was cut or written anew, or somebody else put that there: nothing of it is vouched for.
        if *signed >= seq {
            return Err(wrong());
        }
    }
    let (now, key) = (tx.now, signer.public());
    let of_row = Checkpoint {
        attest: Signable::Checkpoint,
        v: 1,
        chain: chain_name(chain),
        seq,
        hash: hash.clone(),
        at_ms: now,
        key: key.clone(),
    };
    let signed = signer.sign(of_row).ok_or_else(|| Error::Internal("a checkpoint was not signed".to_owned()))?;
    on!(&mut tx.tx, c => {
        let row = sqlx::query(INSERT).bind(chain).bind(seq).bind(hash).bind(now).bind(key).bind(signed.signature);
        row.execute(c).await?;
    });
    tx.commit(Trail::Unaudited("a signed checkpoint")).await
}

impl Scope {
    /// The newest checkpoint of this workspace's chain.
    pub async fn newest_checkpoint(&mut self) -> Result<Option<Signed>> {
        let chain = self.workspace.id;
        self.tx.newest_checkpoint(chain).await
    }
}

impl SystemView {
    /// The newest checkpoint of a chain.
    pub async fn newest_checkpoint(&mut self, chain: WorkspaceId) -> Result<Option<Signed>> {
        self.tx.newest_checkpoint(chain).await
    }

    /// The next checkpoints of a chain that were not sent yet.
    pub async fn unsent_checkpoints(&mut self, chain: WorkspaceId) -> Result<Vec<Signed>> {
        const SQL: &str = checkpoints!("where workspace_id = $1 and sent_at is null order by seq limit $2");
        let rows: Vec<StoredCheckpoint> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(chain).bind(STEP).fetch_all(c).await?);
        Ok(rows.into_iter().map(Signed::from).collect())
    }
}
