//! Erasing stored IDFAs that a change of the settings withholds: asked for by the change, begun later, in steps.

use super::SystemView;
use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::scope::Scope;
use crate::domain::att::{Policy, Status};
use crate::domain::closed_list::closed_list;
use crate::domain::id::WorkspaceId;
use crate::domain::time::Millis;
use crate::server::error::Result;

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
    /// The policy and default that what is stored was let in under: going back to them undoes the change.
    pub base_policy: Policy,
    pub base_default: Option<Status>,
    pub progress: Progress,
    /// How many IDFAs were looked at, and how many erased, so far.
    pub seen: i64,
    pub erased: i64,
    /// The last identifier that was looked at, as JSON; empty before the first.
    pub cursor: String,
    pub ended_at: Option<Millis>,
}

/// A question about erasings, with their columns.
macro_rules! erasures {
    ($rest:literal) => {
        concat!(
            "select workspace_id, version, asked_at, base_policy, base_default, progress, seen, erased, cursor, ended_at from erasures ",
            $rest
        )
    };
}

impl Scope {
    /// The newest erasing of the workspace.
    pub async fn last_erasure(&mut self) -> Result<Option<Erasure>> {
        const SQL: &str = erasures!("where workspace_id = $1 order by version desc limit 1");
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).fetch_optional(c).await?))
    }
}

impl<A: Act> Change<A> {
    /// Ends the erasing that waits or runs, if there is one, and returns it.
    pub async fn cancel_erasure(&mut self) -> Result<Option<Erasure>> {
        const SQL: &str = "update erasures set progress = 'cancelled', ended_at = $2, cursor = '' \
            where workspace_id = $1 and progress in ('waiting', 'running')";
        let open = self.last_erasure().await?;
        let open = open.filter(|open| matches!(open.progress, Progress::Waiting | Progress::Running));
        if open.is_some() {
            let (workspace, now) = (self.workspace.id, self.now);
            on!(&mut self.tx, c => { sqlx::query(SQL).bind(workspace).bind(now).execute(c).await?; });
        }
        Ok(open)
    }

    /// Asks for an erasing under this version of the settings.
    pub async fn ask_erasure(
        &mut self,
        version: i64,
        asked_at: Millis,
        (policy, default): (Policy, Option<Status>),
    ) -> Result<()> {
        const SQL: &str = "insert into erasures (workspace_id, version, asked_at, base_policy, base_default, progress, \
            seen, erased, cursor) values ($1, $2, $3, $4, $5, 'waiting', 0, 0, '')";
        let workspace = self.workspace.id;
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(workspace)
                .bind(version)
                .bind(asked_at)
                .bind(policy)
                .bind(default)
                .execute(c)
                .await?;
        });
        Ok(())
    }
}

impl SystemView {
    /// The workspace's erasings that were asked for up to a moment and have not ended.
    pub async fn due_erasures(&mut self, workspace: WorkspaceId, asked_until: Millis) -> Result<Vec<Erasure>> {
        const SQL: &str = erasures!(
            "where workspace_id = $1 and asked_at <= $2 and progress in ('waiting', 'running') order by version"
        );
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(asked_until).fetch_all(c).await?))
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
}
