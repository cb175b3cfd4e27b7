//! Erasing stored IDFAs that a change of the settings withholds: asked for by the change, begun later, in steps.

use super::audit::{Entry, append};
use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::scope::Scope;
use super::{Actor, SystemView};
use crate::domain::att::{Policy, Status, Terms};
use crate::domain::audit::{AuditAction, SystemActor};
use crate::domain::closed_list::closed_list;
use crate::domain::erasing::Erasing;
use crate::domain::id::WorkspaceId;
use crate::domain::rounding::Shown;
use crate::domain::time::Millis;
use crate::server::error::Result;
use serde_json::{Value, json};

closed_list! {
    /// How far an erasing got.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Progress {
        /// Nothing was erased yet: undoing the change cancels it.
        Waiting => "waiting",
        Running => "running",
        Done => "done",
        Cancelled => "cancelled",
    }
}

/// One erasing.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Erasure {
    pub workspace_id: WorkspaceId,
    /// The version of the settings that asked for it.
    pub version: i64,
    pub asked_at: Millis,
    /// When it begins, by what the setting was when it was asked for.
    pub due_at: Millis,
    /// Of the version before, under which what it erases was kept.
    #[sqlx(flatten)]
    pub base: BaseTerms,
    pub progress: Progress,
    /// How many IDFAs were looked at, and how many erased, so far.
    pub seen: i64,
    pub erased: i64,
    /// The last identifier that was looked at, as JSON; empty before the first.
    pub cursor: String,
    pub ended_at: Option<Millis>,
}

/// The terms that an erasing goes by, under their columns' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct BaseTerms {
    base_policy: Policy,
    base_default: Option<Status>,
}

impl From<BaseTerms> for Terms {
    fn from(base: BaseTerms) -> Self {
        Self { policy: base.base_policy, default: base.base_default }
    }
}

/// An erasing that has not begun.
pub(super) struct WaitingErasing {
    version: i64,
    due_at: Millis,
    pub takes: Erasing,
}

/// A question about erasings, with their columns.
macro_rules! erasures {
    ($rest:literal) => {
        concat!(
            "select workspace_id, version, asked_at, due_at, base_policy, base_default, progress, seen, erased, cursor, ended_at from erasures ",
            $rest
        )
    };
}

impl Scope {
    /// The erasings that have not ended, in the order in which they were asked for.
    pub async fn open_erasures(&mut self) -> Result<Vec<Erasure>> {
        const SQL: &str = erasures!("where workspace_id = $1 and progress in ('waiting', 'running') order by version");
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?))
    }

    /// The newest erasing of the workspace.
    pub async fn last_erasure(&mut self) -> Result<Option<Erasure>> {
        const SQL: &str = erasures!("where workspace_id = $1 order by version desc limit 1");
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).fetch_optional(c).await?))
    }
}

impl<A: Act> Change<A> {
    /// Ends an erasing that waits or runs. What it erased before is told in the audit log.
    pub async fn cancel_erasure(&mut self, open: &Erasure) -> Result<()> {
        let (workspace, now) = (self.workspace.id, self.now);
        // As it is now: a step may have ended since it was read.
        let Some(mut erasure) = self.tx.locked_erasure(workspace, open.version).await? else { return Ok(()) };
        if !matches!(erasure.progress, Progress::Waiting | Progress::Running) {
            return Ok(());
        }
        erasure.progress = Progress::Cancelled;
        erasure.ended_at = Some(now);
        erasure.cursor = String::new();
        self.tx.update_erasure(&erasure).await?;
        if erasure.erased > 0 {
            let version = self.tx.settings(workspace).await?.version;
            self.tx.tell_erased(now, version, &erasure).await?;
        }
        Ok(())
    }

    /// Asks for an erasing under this version of the settings, of what was kept on the terms before; it begins so many
    /// milliseconds later.
    pub async fn ask_erasure(&mut self, version: i64, base: Terms, after: i64) -> Result<()> {
        const SQL: &str = "insert into erasures (workspace_id, version, asked_at, due_at, base_policy, base_default, \
            progress, seen, erased, cursor) values ($1, $2, $3, $4, $5, $6, 'waiting', 0, 0, '')";
        let (workspace, now) = (self.workspace.id, self.now);
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(workspace)
                .bind(version)
                .bind(now)
                .bind(now.plus(after))
                .bind(base.policy)
                .bind(base.default)
                .execute(c)
                .await?;
        });
        Ok(())
    }
}

impl SystemView {
    /// The workspace's erasings that are due and have not ended.
    pub async fn due_erasures(&mut self, workspace: WorkspaceId) -> Result<Vec<Erasure>> {
        const SQL: &str = erasures!(
            "where workspace_id = $1 and due_at <= $2 and progress in ('waiting', 'running') order by version"
        );
        let now = self.now;
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(now).fetch_all(c).await?))
    }
}

impl Tx {
    /// The erasing as it is now, locked so that its cancelling and its next step cannot cross.
    pub(super) async fn locked_erasure(&mut self, workspace: WorkspaceId, version: i64) -> Result<Option<Erasure>> {
        const SQL: &str = erasures!("where workspace_id = $1 and version = $2");
        const LOCKING: &str = erasures!("where workspace_id = $1 and version = $2 for update");
        let sql = self.pick(SQL, LOCKING);
        Ok(on!(self, c => sqlx::query_as(sql).bind(workspace).bind(version).fetch_optional(c).await?))
    }

    /// What is left to those erasings that were asked for earlier than this one and are not due yet, since a setting gave
    /// them longer.
    pub(super) async fn later_erasings(
        &mut self,
        workspace: WorkspaceId,
        version: i64,
        now: Millis,
    ) -> Result<Vec<Erasing>> {
        let waiting = self.waiting_erasings(workspace).await?;
        let later = waiting.into_iter().filter(|erasing| erasing.version < version && erasing.due_at > now);
        Ok(later.map(|erasing| erasing.takes).collect())
    }

    /// The erasings that have not begun, in the order in which they were asked for.
    pub(super) async fn waiting_erasings(&mut self, workspace: WorkspaceId) -> Result<Vec<WaitingErasing>> {
        const SQL: &str = "select distinct e.version, e.due_at, e.base_policy, e.base_default, s.idfa_policy, \
            s.default_status from erasures e join settings_versions s on s.workspace_id = e.workspace_id \
            and s.version >= e.version where e.workspace_id = $1 and e.progress = 'waiting' order by e.version";
        #[derive(sqlx::FromRow)]
        struct WithTerms {
            version: i64,
            due_at: Millis,
            #[sqlx(flatten)]
            base: BaseTerms,
            idfa_policy: Policy,
            default_status: Option<Status>,
        }
        let rows: Vec<WithTerms> = on!(self, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        let mut waiting: Vec<WaitingErasing> = Vec::new();
        for WithTerms { version, due_at, base, idfa_policy: policy, default_status: default } in rows {
            if waiting.last().is_none_or(|last| last.version != version) {
                let takes = Erasing { before: base.into(), since: Vec::new() };
                waiting.push(WaitingErasing { version, due_at, takes });
            }
            if let Some(erasing) = waiting.last_mut() {
                erasing.takes.since.push(Terms { policy, default });
            }
        }
        Ok(waiting)
    }

    pub(super) async fn update_erasure(&mut self, erasure: &Erasure) -> Result<()> {
        const SQL: &str = "update erasures set progress = $3, seen = $4, erased = $5, cursor = $6, ended_at = $7 \
            where workspace_id = $1 and version = $2";
        on!(self, c => {
            sqlx::query(SQL)
                .bind(erasure.workspace_id)
                .bind(erasure.version)
                .bind(erasure.progress)
                .bind(erasure.seen)
                .bind(erasure.erased)
                .bind(&erasure.cursor)
                .bind(erasure.ended_at)
                .execute(c)
                .await?;
        });
        Ok(())
    }

    /// Writes into the audit log what an erasing that ended has erased.
    pub(super) async fn tell_erased(&mut self, now: Millis, settings_version: i64, erasure: &Erasure) -> Result<()> {
        let entry = Entry {
            action: AuditAction::IdfasErased,
            target: "idfas".to_owned(),
            before: Value::Null,
            after: json!({"erased": Shown::logged(erasure.erased), "asked_by_version": erasure.version}),
            reason: None,
            settings_version: Some(settings_version),
        };
        let actor = Actor::system(SystemActor::Erasing);
        append(self, erasure.workspace_id, now, &actor, actor.without_role(), entry).await?;
        Ok(())
    }
}
