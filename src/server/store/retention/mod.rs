//! Removing what is too old, in small steps that let the event stream have its turn, and noting in the installation's
//! log what was removed.

mod step;

use super::audit::{Entry, INSTALLATION, append};
use super::db::{Tx, on};
use super::{Actor, System};
use crate::domain::audit::{AuditAction, SystemActor};
use crate::domain::id::WorkspaceId;
use crate::domain::retention::{Aging, Keep, REMEMBERED};
use crate::domain::time::{DAY, MINUTE, Millis};
use crate::server::error::Result;
use serde_json::{Value, json};

/// How far the removing of one kind of rows got in one workspace.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Removal {
    /// The key of the last row that was looked at, as JSON; empty before the first.
    position: String,
    /// Removed and not yet noted in the log.
    removed: i64,
    told_at: Millis,
    due_at: Millis,
}

impl System {
    /// Removes some of what is too old; returns whether there is more to do now.
    pub async fn age(&self, workspace: WorkspaceId, what: Aging, keep: Keep) -> Result<bool> {
        self.persist(move |store| async move {
            let now = store.clock.now();
            let mut tx = store.db.write().await?;
            let mut removal = tx.removal(workspace, what, now).await?;
            if removal.due_at > now {
                return Ok(false);
            }
            let step = match what {
                Aging::Transitions => {
                    let before = now.minus(keep.transitions_days * DAY);
                    tx.age_transitions(workspace, &removal.position, before).await?
                }
                Aging::Days => {
                    let first = tx.today(workspace, now).await?.plus(1 - keep.daily_days);
                    tx.age_days(workspace, &removal.position, first).await?
                }
                Aging::RequestIds => {
                    let before = now.minus(REMEMBERED).max(tx.over_cap(workspace, keep.request_ids).await?);
                    tx.age_request_ids(workspace, before).await?
                }
            };
            removal.removed += step.removed;
            let more = step.next.is_some();
            removal.position = step.next.unwrap_or_default();
            if !more {
                removal.due_at = now.plus(if what == Aging::RequestIds { MINUTE } else { DAY });
                if removal.removed > 0 && now.0 - removal.told_at.0 >= DAY {
                    tx.note_removed(workspace, what, &removal, now).await?;
                    (removal.removed, removal.told_at) = (0, now);
                }
            }
            tx.keep_walk(workspace, what, &removal).await?;
            tx.commit().await?;
            Ok(more)
        })
        .await
    }
}

impl Tx {
    /// The removal, locked until the transaction's end so that two processes do not do the same.
    async fn removal(&mut self, workspace: WorkspaceId, what: Aging, now: Millis) -> Result<Removal> {
        const MAKE: &str = "insert into retention (workspace_id, what, position, removed, told_at, due_at) \
            values ($1, $2, '', 0, $3, $3) on conflict do nothing";
        const SQLITE: &str =
            "select position, removed, told_at, due_at from retention where workspace_id = $1 and what = $2";
        const POSTGRES: &str =
            "select position, removed, told_at, due_at from retention where workspace_id = $1 and what = $2 for update";
        let sql = self.pick(SQLITE, POSTGRES);
        Ok(on!(self, c => {
            sqlx::query(MAKE).bind(workspace).bind(what.as_str()).bind(now).execute(&mut *c).await?;
            sqlx::query_as(sql).bind(workspace).bind(what.as_str()).fetch_one(c).await?
        }))
    }

    async fn keep_walk(&mut self, workspace: WorkspaceId, what: Aging, removal: &Removal) -> Result<()> {
        const SQL: &str = "update retention set position = $3, removed = $4, told_at = $5, due_at = $6 \
            where workspace_id = $1 and what = $2";
        on!(self, c => {
            sqlx::query(SQL)
                .bind(workspace)
                .bind(what.as_str())
                .bind(&removal.position)
                .bind(removal.removed)
                .bind(removal.told_at)
                .bind(removal.due_at)
                .execute(c)
                .await?;
        });
        Ok(())
    }

    async fn note_removed(
        &mut self,
        workspace: WorkspaceId,
        what: Aging,
        removal: &Removal,
        now: Millis,
    ) -> Result<()> {
        let known = self.workspace_by_id(workspace).await?;
        let entry = Entry {
            action: AuditAction::RetentionRemoved,
            target: known.map_or_else(|| workspace.to_string(), |workspace| workspace.slug.to_string()),
            before: Value::Null,
            after: json!({"what": what.as_str(), "removed": removal.removed, "since_ms": removal.told_at}),
            reason: None,
            settings_version: None,
        };
        let actor = Actor::system(SystemActor::Retention);
        append(self, INSTALLATION, now, &actor, actor.without_role(), entry).await?;
        Ok(())
    }
}
