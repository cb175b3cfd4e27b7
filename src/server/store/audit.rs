//! The chains: rows are appended with the hash of the row before them, read by key, and walked to prove them.

use super::db::{Tx, on};
use super::handle::{Actor, Scope};
use super::{Own, Store};
use crate::domain::audit::{ActorState, AuditAction, FIRST_PREVIOUS, Row, canonical};
use crate::domain::id::WorkspaceId;
use crate::domain::role::Role;
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The chain of set-up, accounts, workspaces, sign-ins and sign-outs.
pub const INSTALLATION: WorkspaceId = WorkspaceId(0);
/// The longest user agent kept, in characters.
const LONGEST_AGENT: usize = 300;

/// What is said in a row, apart from who and when.
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
struct Stored {
    workspace_id: WorkspaceId,
    seq: i64,
    at_ms: Millis,
    actor_kind: String,
    actor_id: Option<String>,
    actor_name: String,
    actor_role: Option<Role>,
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

/// A row that was read, with the hash that stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub row: Row,
    pub hash: String,
}

impl From<Stored> for Kept {
    fn from(stored: Stored) -> Self {
        // Text that is no JSON stays visible, and cannot hash to what was stored.
        let value = |json: String| serde_json::from_str(&json).unwrap_or(Value::String(json));
        let row = Row {
            v: 1,
            chain: chain_name(stored.workspace_id),
            seq: stored.seq,
            at_ms: stored.at_ms,
            actor: ActorState {
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

fn chain_name(chain: WorkspaceId) -> String {
    if chain == INSTALLATION { "installation".to_owned() } else { chain.to_string() }
}

/// SHA-256 in hex over the row's canonical text.
pub fn hash(row: &Row) -> Result<String> {
    let text = row.canonical().map_err(|_| Error::Internal("an audit row has no canonical text".into()))?;
    Ok(hex(&Sha256::digest(text)))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Appends one row. The head is the last lock that a transaction takes.
pub(super) async fn append(
    tx: &mut Tx,
    chain: WorkspaceId,
    now: Millis,
    actor: &Actor,
    state: ActorState,
    entry: Entry,
) -> Result<i64> {
    const OPEN: &str = "insert into audit_heads (workspace_id, seq, hash) values ($1, 0, $2) on conflict do nothing";
    const HEAD_SQLITE: &str = "select seq, hash from audit_heads where workspace_id = $1";
    const HEAD_POSTGRES: &str = "select seq, hash from audit_heads where workspace_id = $1 for update";
    const ADVANCE: &str = "update audit_heads set seq = $2, hash = $3 where workspace_id = $1";
    const INSERT: &str = "insert into audit (workspace_id, seq, at_ms, actor_kind, actor_id, actor_name, actor_role, \
        action, target, before_json, after_json, reason, ip, agent, request_id, settings_version, prev_hash, hash) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    let head = tx.pick(HEAD_SQLITE, HEAD_POSTGRES);
    on!(&mut *tx, c => { sqlx::query(OPEN).bind(chain).bind(FIRST_PREVIOUS).execute(c).await?; });
    let (seq, prev_hash): (i64, String) = on!(&mut *tx, c => sqlx::query_as(head).bind(chain).fetch_one(c).await?);
    let row = Row {
        v: 1,
        chain: chain_name(chain),
        seq: seq + 1,
        at_ms: now,
        actor: state,
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
        sqlx::query(ADVANCE).bind(chain).bind(row.seq).bind(&hash).execute(c).await?;
    });
    Ok(row.seq)
}

/// What to read of a chain; every bound that is `None` is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only rows before this one: the key of paging.
    pub before_seq: Option<i64>,
    pub action: Option<AuditAction>,
    /// The exact name of who acted.
    pub actor: Option<String>,
    pub from: Option<Millis>,
    /// Exclusive.
    pub to: Option<Millis>,
}

const LIST: &str = "select * from audit where workspace_id = $1 \
    and ($2 is null or seq < $2) and ($3 is null or action = $3) and ($4 is null or actor_name = $4) \
    and ($5 is null or at_ms >= $5) and ($6 is null or at_ms < $6) order by seq desc limit $7";
// Postgres cannot tell the type of a parameter that is only compared with null.
const LIST_POSTGRES: &str = "select * from audit where workspace_id = $1 \
    and ($2::bigint is null or seq < $2) and ($3::text is null or action = $3) \
    and ($4::text is null or actor_name = $4) and ($5::bigint is null or at_ms >= $5) \
    and ($6::bigint is null or at_ms < $6) order by seq desc limit $7";

impl Scope {
    /// Rows of this workspace's chain, newest first, at most `limit`.
    pub async fn audit_rows(&mut self, filter: &Filter, limit: i64) -> Result<Vec<Kept>> {
        let sql = self.tx.pick(LIST, LIST_POSTGRES);
        let chain = self.workspace.id;
        let rows: Vec<Stored> = on!(&mut self.tx, c => sqlx::query_as(sql)
            .bind(chain)
            .bind(filter.before_seq)
            .bind(filter.action.map(AuditAction::as_str))
            .bind(&filter.actor)
            .bind(filter.from)
            .bind(filter.to)
            .bind(limit)
            .fetch_all(c)
            .await?);
        Ok(rows.into_iter().map(Kept::from).collect())
    }

    /// The rows that tell of the settings' versions: seq by version, of those after `version`.
    pub async fn audit_rows_of_settings(&mut self, version: i64) -> Result<BTreeMap<i64, i64>> {
        const SQL: &str = "select settings_version, seq from audit \
            where workspace_id = $1 and action in ($2, $3) and settings_version > $4";
        let chain = self.workspace.id;
        let rows: Vec<(i64, i64)> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(chain)
            .bind(AuditAction::DefaultChanged.as_str())
            .bind(AuditAction::PolicyChanged.as_str())
            .bind(version)
            .fetch_all(c)
            .await?);
        Ok(rows.into_iter().collect())
    }

    /// The names of everybody who stands in this workspace's chain, in order.
    pub async fn audit_actors(&mut self) -> Result<Vec<String>> {
        const NAMES: &str = "select distinct actor_name from audit where workspace_id = $1 order by actor_name";
        let chain = self.workspace.id;
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(NAMES).bind(chain).fetch_all(c).await?))
    }
}

/// The first row of a chain that does not hold, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub chain: String,
    pub seq: i64,
    pub why: &'static str,
}

/// What the walk over all chains found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub chains: u64,
    pub rows: u64,
    /// At most one per chain.
    pub broken: Vec<Broken>,
}

impl Store {
    /// Walks every chain from its first row to its head, a page at a time.
    pub async fn verify_audit(&self) -> Result<Verified> {
        const CHAINS: &str = "select workspace_id from audit union select workspace_id from audit_heads order by 1";
        let mut own = self.own_view().await?;
        let chains: Vec<WorkspaceId> = on!(&mut own.tx, c => sqlx::query_scalar(CHAINS).fetch_all(c).await?);
        let mut verified = Verified::default();
        for chain in chains {
            verified.chains += 1;
            let (rows, broken) = own.verify_chain(chain).await?;
            verified.rows += rows;
            verified.broken.extend(broken);
        }
        Ok(verified)
    }
}

impl Own {
    async fn verify_chain(&mut self, chain: WorkspaceId) -> Result<(u64, Option<Broken>)> {
        const PAGE: &str = "select * from audit where workspace_id = $1 and seq > $2 order by seq limit 1000";
        const HEAD: &str = "select seq, hash from audit_heads where workspace_id = $1";
        let broken = |seq, why| Some(Broken { chain: chain_name(chain), seq, why });
        let (mut seq, mut previous, mut rows) = (0, FIRST_PREVIOUS.to_owned(), 0);
        loop {
            let page: Vec<Stored> =
                on!(&mut self.tx, c => sqlx::query_as(PAGE).bind(chain).bind(seq).fetch_all(c).await?);
            if page.is_empty() {
                break;
            }
            for stored in page {
                let exact = stored.before_json.clone() + &stored.after_json;
                let kept = Kept::from(stored);
                if kept.row.seq != seq + 1 {
                    return Ok((rows, broken(seq + 1, "the row is missing")));
                }
                if kept.row.prev_hash != previous {
                    return Ok((rows, broken(kept.row.seq, "it does not follow the row before it")));
                }
                let texts = canonical(&kept.row.before).and_then(|text| Ok(text + &canonical(&kept.row.after)?));
                if hash(&kept.row).ok().as_ref() != Some(&kept.hash) || texts.as_ref() != Ok(&exact) {
                    return Ok((rows, broken(kept.row.seq, "it does not match its hash")));
                }
                (seq, previous, rows) = (kept.row.seq, kept.hash, rows + 1);
            }
        }
        let head: Option<(i64, String)> =
            on!(&mut self.tx, c => sqlx::query_as(HEAD).bind(chain).fetch_optional(c).await?);
        match head {
            Some((head, hash)) if head == seq && hash == previous => Ok((rows, None)),
            Some((head, _)) if head > seq => Ok((rows, broken(seq + 1, "the row is missing"))),
            _ => Ok((rows, broken(seq, "the chain's head does not match its last row"))),
        }
    }
}
