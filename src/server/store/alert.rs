//! The rules of alerts that are on, and whether each holds.

use super::columns::known;
use super::db::on;
use super::handle::{Act, Change};
use super::scope::Scope;
use super::{SystemTx, SystemView};
use crate::domain::alert::{AlertKind, AlertRule, AlertState};
use crate::domain::id::WorkspaceId;
use crate::domain::job::JobKind;
use crate::domain::time::Millis;
use crate::server::error::Result;

#[derive(sqlx::FromRow)]
struct AlertRow {
    kind: AlertKind,
    threshold: i64,
    since: Option<Millis>,
    found: Option<i64>,
    looked_at: Option<Millis>,
}

impl Scope {
    /// The rules that are on, in the order of their kinds.
    pub async fn alert_rules(&mut self) -> Result<Vec<AlertRule>> {
        const SQL: &str = "select kind, threshold, since, found, looked_at from alerts where workspace_id = $1";
        let workspace = self.workspace.id;
        let rows: Vec<AlertRow> = on!(&mut self.tx, c => known(sqlx::query(SQL).bind(workspace).fetch_all(c).await?)?);
        let rule = |AlertRow { kind, threshold, since, found, looked_at }: AlertRow| AlertRule {
            kind,
            threshold,
            state: AlertState { since, found, looked_at },
        };
        let mut rules: Vec<AlertRule> = rows.into_iter().map(rule).collect();
        rules.sort_by_key(|rule| rule.kind);
        Ok(rules)
    }
}

impl<A: Act> Change<A> {
    /// Turns a rule on with a threshold, or off. What was found by another threshold is found again, and soon.
    pub async fn set_alert_rule(&mut self, kind: AlertKind, threshold: Option<i64>) -> Result<()> {
        const ON: &str = "insert into alerts (workspace_id, kind, threshold) values ($1, $2, $3) \
            on conflict (workspace_id, kind) do update set threshold = excluded.threshold, since = null, found = null, looked_at = null";
        const OFF: &str = "delete from alerts where workspace_id = $1 and kind = $2";
        const WAKE: &str =
            "update jobs set due_at = $3 where workspace_id = $1 and name = $2 and due_at > $3 and holder is null";
        let (workspace, now) = (self.workspace.id, self.now);
        on!(&mut self.tx, c => {
            match threshold {
                Some(threshold) => {
                    sqlx::query(ON).bind(workspace).bind(kind).bind(threshold).execute(&mut *c).await?;
                }
                None => {
                    sqlx::query(OFF).bind(workspace).bind(kind).execute(&mut *c).await?;
                }
            }
            sqlx::query(WAKE).bind(workspace).bind(JobKind::Alerts).bind(now).execute(c).await?;
        });
        Ok(())
    }
}

impl SystemView {
    /// Whether any rule is on in a workspace.
    pub async fn has_alert_rules(&mut self, workspace: WorkspaceId) -> Result<bool> {
        const SQL: &str = "select 1 from alerts where workspace_id = $1 limit 1";
        let found: Option<i32> =
            on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(workspace).fetch_optional(c).await?);
        Ok(found.is_some())
    }
}

impl SystemTx {
    /// Notes what was found by a rule as it was then; whether it is the same rule still.
    pub async fn note_alert(&mut self, workspace: WorkspaceId, before: &AlertRule, now: AlertState) -> Result<bool> {
        const SQL: &str = "update alerts set since = $5, found = $6, looked_at = $7 where workspace_id = $1 and kind = $2 and threshold = $3 \
            and since is not distinct from $4";
        let rows = on!(&mut self.tx, c => sqlx::query(SQL)
            .bind(workspace)
            .bind(before.kind)
            .bind(before.threshold)
            .bind(before.state.since)
            .bind(now.since)
            .bind(now.found)
            .bind(now.looked_at)
            .execute(c)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }
}
