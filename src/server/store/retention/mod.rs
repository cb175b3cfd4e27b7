//! Removing what is too old, in small steps that let the event stream have its turn, and noting in the installation's
//! log what was removed.

pub mod kept_from;
mod step;

use super::audit::{Entry, INSTALLATION, append};
use super::db::Tx;
use super::job::ClaimedJob;
use super::{Actor, System};
use crate::domain::audit::{AuditAction, SystemActor};
use crate::domain::id::WorkspaceId;
use crate::domain::job::JobStep;
use crate::domain::retention::{Aging, Keep};
use crate::domain::time::{DAY, Millis};
use crate::server::error::Result;
use kept_from::first_whole_day;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use step::RemovalStep;

/// How far the removing of one kind of rows got in one workspace, as the cursor of its job.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Removal {
    /// The key of the last row that was looked at, as JSON; empty before the first.
    position: String,
    /// Removed and not yet noted in the log.
    removed: i64,
    told_at: Millis,
}

impl System {
    /// Removes some of what is too old; the job notes how far that got.
    pub async fn age(&self, job: &mut ClaimedJob, what: Aging, keep: Keep) -> Result<JobStep> {
        let claimed = job.clone();
        let (step, cursor) = self
            .persist(move |store| {
                let job = claimed.clone();
                async move {
                    let (workspace, now) = (job.workspace_id, store.sure_now()?);
                    let mut removal: Removal = serde_json::from_str(&job.cursor).unwrap_or(Removal {
                        position: String::new(),
                        removed: 0,
                        told_at: now,
                    });
                    let mut tx = store.db.write().await?;
                    // The event stream writes some of these rows too.
                    tx.take_lane(workspace).await?;
                    let step = tx.remove(workspace, what, keep, &removal.position, now).await?;
                    removal.removed += step.removed;
                    removal.position = step.next.clone().unwrap_or_default();
                    if step.next.is_none() && removal.removed > 0 && now.0 - removal.told_at.0 >= DAY {
                        tx.note_removed(workspace, what, &removal, now).await?;
                        (removal.removed, removal.told_at) = (0, now);
                    }
                    let cursor = json!(removal).to_string();
                    tx.keep_cursor(&job, &cursor, now).await?;
                    tx.commit().await?;
                    Ok((step, cursor))
                }
            })
            .await?;
        job.cursor = cursor;
        Ok(if step.next.is_some() { JobStep::More } else { JobStep::Done(step.note) })
    }
}

impl Tx {
    async fn remove(
        &mut self,
        workspace: WorkspaceId,
        what: Aging,
        keep: Keep,
        position: &str,
        now: Millis,
    ) -> Result<RemovalStep> {
        match what {
            Aging::Transitions => {
                let before = now.minus(keep.transitions_days * DAY);
                let first = first_whole_day(before, &self.time_zone(workspace).await?);
                self.note_kept_from(workspace, what, first).await?;
                self.age_transitions(workspace, position, before).await
            }
            Aging::Days | Aging::Flows | Aging::DataProblems => {
                let today = self.today(workspace, now).await?;
                let kept_from = today.plus(1 - keep.daily_days);
                self.note_kept_from(workspace, what, kept_from).await?;
                match what {
                    Aging::Days => self.age_days(workspace, position, kept_from).await,
                    Aging::Flows => self.age_flows(workspace, kept_from).await,
                    // Days that are over are summed up beside.
                    _ => self.age_data_problems(workspace, kept_from, today).await,
                }
            }
            Aging::RequestIds => self.age_request_ids(workspace, now, keep.request_ids).await,
        }
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
