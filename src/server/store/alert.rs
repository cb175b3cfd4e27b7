//! The rules of alerts that are on, and whether each holds.

use super::SystemTx;
use super::columns::known;
use super::db::on;
use super::handle::{Act, Change};
use super::scope::Scope;
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

impl From<AlertRow> for AlertRule {
    fn from(AlertRow { kind, threshold, since, found, looked_at }: AlertRow) -> Self {
        let state = match (looked_at, since, found) {
            (None, ..) => AlertState::NotLooked,
            (Some(looked_at), Some(since), Some(found)) => AlertState::Holds { found, since, looked_at },
            (Some(looked_at), _, found) => AlertState::Quiet { found, looked_at },
        };
        Self { kind, threshold, state }
    }
}

/// The columns of a state: since when it holds, what was found, when it was looked at.
fn columns(state: AlertState) -> (Option<Millis>, Option<i64>, Option<Millis>) {
    match state {
        AlertState::NotLooked => (None, None, None),
        AlertState::Quiet { found, looked_at } => (None, found, Some(looked_at)),
        AlertState::Holds { found, since, looked_at } => (Some(since), Some(found), Some(looked_at)),
    }
}

impl Scope {
    /// The rules that are on, in the order of their kinds.
    pub async fn alert_rules(&mut self) -> Result<Vec<AlertRule>> {
        const SQL: &str = "select kind, threshold, since, found, looked_at from alerts where workspace_id = $1";
        let workspace = self.workspace.id;
        let rows: Vec<AlertRow> = on!(&mut self.tx, c => known(sqlx::query(SQL).bind(workspace).fetch_all(c).await?)?);
        let mut rules: Vec<AlertRule> = rows.into_iter().map(AlertRule::from).collect();
        rules.sort_by_key(|rule| rule.kind);
        Ok(rules)
    }
}

impl<A: Act> Change<A> {
    /// Turns a rule on with a threshold, or off; it is looked at soon. One that held goes on holding where it reached the new threshold too.
    pub async fn set_alert_rule(&mut self, kind: AlertKind, threshold: Option<i64>) -> Result<()> {
        const ON: &str = "insert into alerts (workspace_id, kind, threshold) values ($1, $2, $3) \
            on conflict (workspace_id, kind) do update set threshold = excluded.threshold, \
            since = case when abs(alerts.found) >= excluded.threshold * 10 then alerts.since end";
        const OFF: &str = "delete from alerts where workspace_id = $1 and kind = $2";
        let (workspace, now) = (self.workspace.id, self.now);
        on!(&mut self.tx, c => {
            match threshold {
                Some(threshold) => sqlx::query(ON).bind(workspace).bind(kind).bind(threshold).execute(c).await?.rows_affected(),
                None => sqlx::query(OFF).bind(workspace).bind(kind).execute(c).await?.rows_affected(),
            }
        });
        self.tx.wake(workspace, JobKind::Alerts, now).await
    }
}

impl SystemTx {
    /// Notes what was found by a rule as it was then; whether it is the same rule still.
    pub async fn note_alert(&mut self, workspace: WorkspaceId, before: &AlertRule, now: AlertState) -> Result<bool> {
        const SQL: &str = "update alerts set since = $5, found = $6, looked_at = $7 where workspace_id = $1 and kind = $2 and threshold = $3 \
            and since is not distinct from $4";
        let (since, found, looked_at) = columns(now);
        let rows = on!(&mut self.tx, c => sqlx::query(SQL)
            .bind(workspace)
            .bind(before.kind)
            .bind(before.threshold)
            .bind(columns(before.state).0)
            .bind(since)
            .bind(found)
            .bind(looked_at)
            .execute(c)
            .await?
            .rows_affected());
        Ok(rows == 1)
    }
}
