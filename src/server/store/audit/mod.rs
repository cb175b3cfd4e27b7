//! The chains: rows are appended with the hash of the row before them, read by key, and walked to prove them.

mod checkpoint;
mod proof;
mod read;
mod replay;
mod replay_installation;
mod verify;

pub use proof::Checkpoints;
pub use read::{AuditFilter, AuditRows};
pub use verify::{Verified, exported_filter, exported_head, verify_file};

use super::actor::Actor;
use super::db::{Tx, on};
use crate::domain::audit::{ActorSnapshot, AuditAction, AuditRow, FIRST_PREVIOUS, canonical};
use crate::domain::id::WorkspaceId;
use crate::domain::role::TokenRole;
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};
use crate::server::hex::hex;
use crate::server::store::actor::LONGEST_AGENT;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The chain of set-up, accounts, workspaces, sign-ins and sign-outs.
pub const INSTALLATION: WorkspaceId = WorkspaceId(0);

/// What is said in a row, apart from who and when.
#[derive(Clone, Debug)]
pub struct Entry {
    pub action: AuditAction,
    pub target: String,
    pub before: Value,
    pub after: Value,
    pub reason: Option<String>,
    pub settings_version: Option<i64>,
}

/// A row as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
struct StoredAuditRow {
    workspace_id: WorkspaceId,
    seq: i64,
    at_ms: Millis,
    actor_kind: String,
    actor_id: Option<String>,
    actor_name: String,
    actor_role: Option<TokenRole>,
    action: String,
    target: String,
    before_json: String,
    after_json: String,
    reason: Option<String>,
    ip: Option<String>,
    agent: Option<String>,
    request_id: Option<String>,
    settings_version: Option<i64>,
    prev_hash: String,
    hash: String,
}

/// A row that was read, with the stored hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainRow {
    pub row: AuditRow,
    pub hash: String,
}

impl From<StoredAuditRow> for ChainRow {
    fn from(stored: StoredAuditRow) -> Self {
        // Text that is no JSON stays visible, and cannot hash to what was stored.
        let value = |json: String| serde_json::from_str(&json).unwrap_or(Value::String(json));
        let row = AuditRow {
            v: 1,
            chain: chain_name(stored.workspace_id),
            seq: stored.seq,
            at_ms: stored.at_ms,
            actor: ActorSnapshot {
                kind: stored.actor_kind,
                id: stored.actor_id,
                name: stored.actor_name,
                role: stored.actor_role,
            },
            action: stored.action,
            target: stored.target,
            before: value(stored.before_json),
            after: value(stored.after_json),
            reason: stored.reason,
            ip: stored.ip,
            agent: stored.agent,
            request_id: stored.request_id,
            settings_version: stored.settings_version,
            prev_hash: stored.prev_hash,
        };
        Self { row, hash: stored.hash }
    }
}

impl ChainRow {
    /// The object that was hashed, with its hash.
    pub fn json(&self) -> Value {
        let mut object = serde_json::to_value(&self.row).unwrap_or_default();
        object["hash"] = self.hash.as_str().into();
        object
    }

    /// Reads what `json` gave; `None` for anything else, down to a field too many.
    pub fn read(mut object: Value) -> Option<Self> {
        let hash = object.as_object_mut()?.remove("hash")?.as_str()?.to_owned();
        Some(Self { row: serde_json::from_value(object).ok()?, hash })
    }
}

fn chain_name(chain: WorkspaceId) -> String {
    if chain == INSTALLATION { "installation".to_owned() } else { chain.to_string() }
}

/// SHA-256 in hex over the row's canonical text.
pub fn hash(row: &AuditRow) -> Result<String> {
    let text = row.canonical().map_err(|_| Error::Internal("an audit row has no canonical text".into()))?;
    Ok(hex(&Sha256::digest(text)))
}

/// Where a chain ends.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Head {
    pub seq: i64,
    hash: String,
    /// The latest moment of all rows.
    latest_at: Millis,
    /// How many milliseconds a row was behind one before it, at most.
    behind: i64,
}

impl Head {
    /// Before the first row.
    fn of_none() -> Self {
        Self { seq: 0, hash: FIRST_PREVIOUS.to_owned(), latest_at: Millis(0), behind: 0 }
    }
}

/// The end of the chain, to which nobody adds until the transaction ends; `None` for a chain without rows.
pub(super) async fn locked_head(tx: &mut Tx, chain: WorkspaceId) -> Result<Option<Head>> {
    const SQLITE: &str = "select seq, hash, latest_at, behind from audit_heads where workspace_id = $1";
    const POSTGRES: &str = "select seq, hash, latest_at, behind from audit_heads where workspace_id = $1 for update";
    let sql = tx.pick(SQLITE, POSTGRES);
    Ok(on!(tx, c => sqlx::query_as(sql).bind(chain).fetch_optional(c).await?))
}

/// Appends one row. The head is the last lock that a transaction takes.
pub(super) async fn append(
    tx: &mut Tx,
    chain: WorkspaceId,
    now: Millis,
    actor: &Actor,
    actor_snapshot: ActorSnapshot,
    entry: Entry,
) -> Result<i64> {
    const OPEN: &str = "insert into audit_heads (workspace_id, seq, hash, latest_at, behind) values ($1, 0, $2, 0, 0) \
        on conflict do nothing";
    const ADVANCE: &str =
        "update audit_heads set seq = $2, hash = $3, latest_at = $4, behind = $5 where workspace_id = $1";
    const INSERT: &str = "insert into audit (workspace_id, seq, at_ms, actor_kind, actor_id, actor_name, actor_role, \
        action, target, before_json, after_json, reason, ip, agent, request_id, settings_version, prev_hash, hash) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    let head = match locked_head(tx, chain).await? {
        Some(known) => known,
        None => {
            on!(&mut *tx, c => { sqlx::query(OPEN).bind(chain).bind(FIRST_PREVIOUS).execute(c).await?; });
            locked_head(tx, chain).await?.unwrap_or_else(Head::of_none)
        }
    };
    let Head { seq, hash: prev_hash, latest_at, behind } = head;
    let row = AuditRow {
        v: 1,
        chain: chain_name(chain),
        seq: seq + 1,
        at_ms: now,
        actor: actor_snapshot,
        action: entry.action.as_str().to_owned(),
        target: entry.target,
        before: entry.before,
        after: entry.after,
        reason: entry.reason,
        ip: actor.address.clone(),
        agent: actor.agent.as_ref().map(|agent| agent.chars().filter(|c| *c != '\0').take(LONGEST_AGENT).collect()),
        request_id: actor.request_id.clone(),
        settings_version: entry.settings_version,
        prev_hash,
    };
    let hash = hash(&row)?;
    let text = |value: &Value| canonical(value).map_err(|_| Error::Internal("a state has no canonical text".into()));
    let (before, after) = (text(&row.before)?, text(&row.after)?);
    on!(&mut *tx, c => {
        sqlx::query(INSERT)
            .bind(chain)
            .bind(row.seq)
            .bind(row.at_ms)
            .bind(&row.actor.kind)
            .bind(&row.actor.id)
            .bind(&row.actor.name)
            .bind(row.actor.role)
            .bind(&row.action)
            .bind(&row.target)
            .bind(before)
            .bind(after)
            .bind(&row.reason)
            .bind(&row.ip)
            .bind(&row.agent)
            .bind(&row.request_id)
            .bind(row.settings_version)
            .bind(&row.prev_hash)
            .bind(&hash)
            .execute(&mut *c)
            .await?;
        sqlx::query(ADVANCE)
            .bind(chain)
            .bind(row.seq)
            .bind(&hash)
            .bind(latest_at.max(now))
            .bind(behind.max(latest_at.0 - now.0))
            .execute(c)
            .await?;
    });
    Ok(row.seq)
}
