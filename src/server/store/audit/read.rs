//! Reading a chain: filtered and newest first for people, or page by page from its beginning.

use super::{ChainRow, INSTALLATION, StoredAuditRow};
use crate::domain::audit::{AuditAction, LOOKED_THROUGH};
use crate::domain::id::WorkspaceId;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::db::{Tx, on};
use crate::server::store::scope::Scope;
use crate::server::store::{Act, Change, Precedence, Purpose, SystemView};
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

impl AuditFilter {
    /// Which connections it is for: with several conditions, or one that no index knows, thousands of rows may be read.
    pub fn purpose(&self) -> Purpose {
        let Self { action, actor, target, text, .. } = self;
        let indexed = [action.is_some(), actor.is_some(), target.is_some()];
        let is_search = text.is_some() || indexed.into_iter().filter(|asked| *asked).count() > 1;
        if is_search { Purpose::Search } else { Purpose::Page }
    }
}

/// Rows that were found, and where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRows {
    /// Newest first.
    pub rows: Vec<ChainRow>,
    /// The `before_seq` that leads to the next ones; `None` at the chain's beginning. There may be no row yet and more to
    /// look through.
    pub next: Option<i64>,
}

macro_rules! columns {
    () => {
        "workspace_id, seq, at_ms, actor_kind, actor_id, actor_name, actor_role, action, target, before_json, after_json, \
         reason, ip, agent, request_id, settings_version, prev_hash, hash"
    };
}

/// All that a text is looked for in.
macro_rules! words {
    () => {
        "lower(actor_name || ' ' || target || ' ' || coalesce(reason, '') || ' ' || before_json || ' ' || after_json)"
    };
}

/// How many rows are looked through at a time, as the texts say.
const AT_A_TIME: i64 = 1000;

/// The rows between two places of the chain that one index leads to, and of the newest 1,000 of these all that the
/// filter asks for. `replace` finds text in text on both databases.
macro_rules! list {
    ($by:literal) => {
        concat!(
            "select ",
            columns!(),
            " from (select ",
            columns!(),
            " from audit where workspace_id = $1 and seq > $2 and seq < $3",
            $by,
            " order by seq desc limit 1000) as audit where (cast($4 as text) is null or action = $4) \
             and (cast($5 as text) is null or actor_name = $5) and (cast($6 as text) is null or target = $6) \
             and at_ms >= $7 and at_ms < $8 and (cast($9 as text) is null or replace(",
            words!(),
            ", lower($9), '') <> ",
            words!(),
            ") order by seq desc limit $10"
        )
    };
}

/// The last row that is looked through with them, if there are that many.
macro_rules! last_looked_through {
    ($by:literal) => {
        concat!(
            "select seq from audit where workspace_id = $1 and seq > $2 and seq < $3",
            $by,
            " order by seq desc limit 1 offset 999"
        )
    };
}

/// By which index a filter's rows are found: the one that most likely leads to the fewest.
#[derive(Clone, Copy)]
enum By<'a> {
    Target(&'a str),
    Actor(&'a str),
    Action(&'a str),
    Seq,
}

impl<'a> By<'a> {
    fn of(filter: &'a AuditFilter) -> Self {
        match filter {
            AuditFilter { target: Some(target), .. } => Self::Target(target),
            AuditFilter { actor: Some(actor), .. } => Self::Actor(actor),
            AuditFilter { action: Some(action), .. } => Self::Action(action.as_str()),
            _ => Self::Seq,
        }
    }

    fn list(self) -> &'static str {
        match self {
            Self::Target(_) => list!(" and target = $6"),
            Self::Actor(_) => list!(" and actor_name = $5"),
            Self::Action(_) => list!(" and action = $4"),
            Self::Seq => list!(""),
        }
    }

    fn last_looked_through(self) -> (&'static str, Option<&'a str>) {
        match self {
            Self::Target(target) => (last_looked_through!(" and target = $4"), Some(target)),
            Self::Actor(actor) => (last_looked_through!(" and actor_name = $4"), Some(actor)),
            Self::Action(action) => (last_looked_through!(" and action = $4"), Some(action)),
            Self::Seq => (last_looked_through!(" and cast($4 as text) is null"), None),
        }
    }
}

impl Tx {
    /// Finds rows of a chain, newest first, at most `limit`. It looks through so many rows at a time, and gives way to the
    /// event stream in between.
    async fn audit_rows(
        &mut self,
        chain: WorkspaceId,
        filter: &AuditFilter,
        limit: i64,
        precedence: &Precedence,
    ) -> Result<AuditRows> {
        let (after, mut before) = self.places(chain, filter).await?;
        let (limit, mut found) = (usize::try_from(limit).unwrap_or_default(), Vec::new());
        let mut next = None;
        for _ in 0..LOOKED_THROUGH / AT_A_TIME {
            let wanted = limit + 1 - found.len();
            found.append(&mut self.audit_rows_of_newest(chain, filter, (after, before), wanted).await?);
            if found.len() > limit {
                found.truncate(limit);
                next = found.last().map(|last: &StoredAuditRow| last.seq);
                break;
            }
            let (sql, value) = By::of(filter).last_looked_through();
            next = on!(&mut *self, c => sqlx::query_scalar(sql)
                .bind(chain)
                .bind(after)
                .bind(before)
                .bind(value)
                .fetch_optional(c)
                .await?);
            let Some(last) = next else { break };
            before = last;
            precedence.give_way().await;
        }
        Ok(AuditRows { rows: found.into_iter().map(ChainRow::from).collect(), next })
    }

    /// What the filter asks for among the newest rows between two places (exclusive), at most `limit`.
    async fn audit_rows_of_newest(
        &mut self,
        chain: WorkspaceId,
        filter: &AuditFilter,
        (after, before): (i64, i64),
        limit: usize,
    ) -> Result<Vec<StoredAuditRow>> {
        Ok(on!(self, c => sqlx::query_as(By::of(filter).list())
            .bind(chain)
            .bind(after)
            .bind(before)
            .bind(filter.action.map(AuditAction::as_str))
            .bind(&filter.actor)
            .bind(&filter.target)
            .bind(filter.from.map_or(i64::MIN, |from| from.0))
            .bind(filter.to.map_or(i64::MAX, |to| to.0))
            .bind(&filter.text)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(c)
            .await?))
    }

    /// Between which rows of the chain (exclusive) all are that the filter's moments and its place allow. Rows stand in the
    /// order of their commits and each has its process's time, so that a moment leads to a place only up to how far one
    /// was ever behind.
    async fn places(&mut self, chain: WorkspaceId, filter: &AuditFilter) -> Result<(i64, i64)> {
        const BEHIND: &str = "select behind from audit_heads where workspace_id = $1";
        const FIRST_FROM: &str =
            "select seq from audit where workspace_id = $1 and at_ms >= $2 order by at_ms, seq limit 1";
        const LAST_BEFORE: &str =
            "select seq from audit where workspace_id = $1 and at_ms < $2 order by at_ms desc, seq desc limit 1";
        let (mut after, mut before) = (0, filter.before_seq.unwrap_or(i64::MAX));
        if filter.from.is_none() && filter.to.is_none() {
            return Ok((after, before));
        }
        let behind: Option<i64> = on!(&mut *self, c => sqlx::query_scalar(BEHIND).bind(chain).fetch_optional(c).await?);
        let behind = behind.unwrap_or_default();
        if let Some(from) = filter.from {
            let earlier = from.0.saturating_sub(behind);
            let last: Option<i64> = on!(&mut *self, c =>
                sqlx::query_scalar(LAST_BEFORE).bind(chain).bind(earlier).fetch_optional(c).await?);
            after = last.unwrap_or_default();
        }
        if let Some(to) = filter.to {
            let later = to.0.saturating_add(behind);
            let first: Option<i64> =
                on!(self, c => sqlx::query_scalar(FIRST_FROM).bind(chain).bind(later).fetch_optional(c).await?);
            before = before.min(first.unwrap_or(i64::MAX));
        }
        Ok((after, before))
    }

    /// The first thousand names in a chain, by one look into the index for each.
    async fn audit_actors(&mut self, chain: WorkspaceId) -> Result<Vec<String>> {
        const NAMES: &str = "with recursive names (name) as (\
            select min(actor_name) from audit where workspace_id = $1 \
            union all select (select min(actor_name) from audit where workspace_id = $1 and actor_name > names.name) \
            from names where names.name is not null) \
            select name from names where name is not null limit 1000";
        Ok(on!(self, c => sqlx::query_scalar(NAMES).bind(chain).fetch_all(c).await?))
    }

    /// Rows of a chain from the oldest on, after `seq`, at most 1,000.
    pub(super) async fn audit_page(&mut self, chain: WorkspaceId, seq: i64) -> Result<Vec<StoredAuditRow>> {
        const PAGE: &str =
            concat!("select ", columns!(), " from audit where workspace_id = $1 and seq > $2 order by seq limit 1000");
        Ok(on!(self, c => sqlx::query_as(PAGE).bind(chain).bind(seq).fetch_all(c).await?))
    }
}

impl SystemView {
    /// Rows of the installation's chain, newest first, at most `limit`.
    pub async fn audit_rows(&mut self, filter: &AuditFilter, limit: i64) -> Result<AuditRows> {
        self.tx.audit_rows(INSTALLATION, filter, limit, &self.precedence).await
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
    pub async fn audit_rows(&mut self, filter: &AuditFilter, limit: i64) -> Result<AuditRows> {
        let chain = self.workspace.id;
        self.tx.audit_rows(chain, filter, limit, &self.precedence).await
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

impl<A: Act> Change<A> {
    /// How often who asks did something since a moment, by this chain; counted up to `most`, and exact until the change ends.
    pub async fn done_since(&mut self, action: AuditAction, since: Millis, most: i64) -> Result<i64> {
        // By the moment a row is found, and from it on those of the action: neither needs more rows than were written since.
        const FIRST: &str = "select seq from audit where workspace_id = $1 and at_ms >= $2 order by at_ms, seq limit 1";
        const SQL: &str = "select count(*) from (select 1 from audit where workspace_id = $1 and action = $2 \
            and seq >= $3 and actor_kind = $4 and actor_id = $5 limit $6) as done";
        self.last_audit_row().await?;
        let (chain, who) = (self.workspace.id, self.actor().clone());
        let first: Option<i64> =
            on!(&mut self.tx, c => sqlx::query_scalar(FIRST).bind(chain).bind(since).fetch_optional(c).await?);
        let Some(first) = first else { return Ok(0) };
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL)
            .bind(chain)
            .bind(action.as_str())
            .bind(first)
            .bind(&who.kind)
            .bind(&who.id)
            .bind(most)
            .fetch_one(c)
            .await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_look_through_as_many_rows_as_they_say() {
        for by in [By::Target(""), By::Actor(""), By::Action(""), By::Seq] {
            assert!(by.list().contains(&format!("limit {AT_A_TIME})")), "{}", by.list());
            let (last, _) = by.last_looked_through();
            assert!(last.ends_with(&format!("offset {}", AT_A_TIME - 1)), "{last}");
        }
    }
}
