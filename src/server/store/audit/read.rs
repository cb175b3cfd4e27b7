//! Reading a chain: filtered and newest first for people, or page by page from its beginning.

use super::{ChainRow, INSTALLATION, StoredAuditRow};
use crate::domain::audit::AuditAction;
use crate::domain::id::WorkspaceId;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::SystemView;
use crate::server::store::db::{Tx, on};
use crate::server::store::scope::Scope;
use std::collections::BTreeMap;

/// What to read of a chain; every bound that is `None` is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only rows before this one: the key of paging.
    pub before_seq: Option<i64>,
    pub action: Option<AuditAction>,
    /// The exact name of who acted.
    pub actor: Option<String>,
    pub from: Option<Millis>,
    /// Exclusive.
    pub to: Option<Millis>,
    /// Exactly what it was done to.
    pub target: Option<String>,
    /// Text that stands anywhere in the row's words, in either case of its letters.
    pub text: Option<String>,
}

/// The texts differ: Postgres cannot tell the type of a parameter that is only compared with null, and the two have
/// different names for finding text in text.
const LIST: &str = "select * from audit where workspace_id = $1 \
    and ($2 is null or seq < $2) and ($3 is null or action = $3) and ($4 is null or actor_name = $4) \
    and ($5 is null or at_ms >= $5) and ($6 is null or at_ms < $6) and ($7 is null or target = $7) \
    and ($8 is null or instr(lower(actor_name || ' ' || target || ' ' || coalesce(reason, '') || ' ' || before_json \
    || ' ' || after_json), lower($8)) > 0) order by seq desc limit $9";
const LIST_POSTGRES: &str = "select * from audit where workspace_id = $1 \
    and ($2::bigint is null or seq < $2) and ($3::text is null or action = $3) \
    and ($4::text is null or actor_name = $4) and ($5::bigint is null or at_ms >= $5) \
    and ($6::bigint is null or at_ms < $6) and ($7::text is null or target = $7) \
    and ($8::text is null or strpos(lower(actor_name || ' ' || target || ' ' || coalesce(reason, '') || ' ' || \
    before_json || ' ' || after_json), lower($8)) > 0) order by seq desc limit $9";

impl Tx {
    async fn audit_rows(&mut self, chain: WorkspaceId, filter: &AuditFilter, limit: i64) -> Result<Vec<ChainRow>> {
        let sql = self.pick(LIST, LIST_POSTGRES);
        let rows: Vec<StoredAuditRow> = on!(self, c => sqlx::query_as(sql)
            .bind(chain)
            .bind(filter.before_seq)
            .bind(filter.action.map(AuditAction::as_str))
            .bind(&filter.actor)
            .bind(filter.from)
            .bind(filter.to)
            .bind(&filter.target)
            .bind(&filter.text)
            .bind(limit)
            .fetch_all(c)
            .await?);
        Ok(rows.into_iter().map(ChainRow::from).collect())
    }

    async fn audit_actors(&mut self, chain: WorkspaceId) -> Result<Vec<String>> {
        const NAMES: &str = "select distinct actor_name from audit where workspace_id = $1 order by actor_name";
        Ok(on!(self, c => sqlx::query_scalar(NAMES).bind(chain).fetch_all(c).await?))
    }

    /// Rows of a chain from the oldest on, after `seq`, at most 1,000.
    pub(super) async fn audit_page(&mut self, chain: WorkspaceId, seq: i64) -> Result<Vec<StoredAuditRow>> {
        const PAGE: &str = "select * from audit where workspace_id = $1 and seq > $2 order by seq limit 1000";
        Ok(on!(self, c => sqlx::query_as(PAGE).bind(chain).bind(seq).fetch_all(c).await?))
    }
}

impl SystemView {
    /// Rows of the installation's chain, newest first, at most `limit`.
    pub async fn audit_rows(&mut self, filter: &AuditFilter, limit: i64) -> Result<Vec<ChainRow>> {
        self.tx.audit_rows(INSTALLATION, filter, limit).await
    }

    /// The names of everybody who stands in the installation's chain, in order.
    pub async fn audit_actors(&mut self) -> Result<Vec<String>> {
        self.tx.audit_actors(INSTALLATION).await
    }

    /// Rows of a chain from the oldest on, after `seq`, at most 1,000; none at its end.
    pub async fn audit_page(&mut self, chain: WorkspaceId, seq: i64) -> Result<Vec<ChainRow>> {
        Ok(self.tx.audit_page(chain, seq).await?.into_iter().map(ChainRow::from).collect())
    }
}

impl Scope {
    /// Rows of this workspace's chain, newest first, at most `limit`.
    pub async fn audit_rows(&mut self, filter: &AuditFilter, limit: i64) -> Result<Vec<ChainRow>> {
        let chain = self.workspace.id;
        self.tx.audit_rows(chain, filter, limit).await
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
        let chain = self.workspace.id;
        self.tx.audit_actors(chain).await
    }
}
