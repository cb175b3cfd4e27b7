//! Data problems, counted by day, app and app version.

use super::db::{Tx, on};
use super::scope::Scope;
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, InputId, WorkspaceId};
use crate::domain::time::Millis;
use crate::server::error::Result;
use serde_json::json;
use std::collections::BTreeMap;

/// Where a data problem is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub environment: Environment,
    /// Of the workspace's time zone, as days since 1970-01-01.
    pub day: i64,
    pub app: AppId,
    /// Empty when nobody said.
    pub app_version: String,
    pub input: InputId,
    pub kind: DataProblem,
}

/// How often each kind came through an input from one version of an app.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Counted {
    pub kind: DataProblem,
    pub environment: Environment,
    pub app_id: AppId,
    pub app_version: String,
    pub n: i64,
    pub last_at: Millis,
}

impl Tx {
    /// Adds data problems where they belong: how many, and when the last one came.
    pub(super) async fn add_data_problems(
        &mut self,
        workspace: WorkspaceId,
        found: &BTreeMap<Spot, (i64, Millis)>,
    ) -> Result<()> {
        const SQL: &str = "insert into data_problems (workspace_id, environment, day, app_id, app_version, input_id, \
            kind, n, last_at) select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), \
            cast(given.value->>2 as bigint), given.value->>3, cast(given.value->>4 as bigint), given.value->>5, \
            cast(given.value->>6 as bigint), cast(given.value->>7 as bigint) from jsonb_each($2) as given where true \
            on conflict (workspace_id, environment, day, app_id, app_version, input_id, kind) \
            do update set n = data_problems.n + excluded.n, last_at = excluded.last_at";
        if found.is_empty() {
            return Ok(());
        }
        let row = |(spot, (n, last)): (&Spot, &(i64, Millis))| {
            let Spot { environment, day, app, app_version, input, kind } = spot;
            json!([environment.code(), day, app.0, app_version, input.0, kind.as_str(), n, last])
        };
        let rows = serde_json::Value::from(found.iter().map(row).collect::<Vec<_>>()).to_string();
        on!(self, c => {
            sqlx::query(SQL).bind(workspace).bind(rows).execute(c).await?;
        });
        Ok(())
    }
}

impl Scope {
    /// What came through an input since a day, the most frequent first.
    pub async fn data_problems(&mut self, input: InputId, since_day: i64) -> Result<Vec<Counted>> {
        const SQL: &str = "select kind, environment, app_id, app_version, cast(sum(n) as bigint) as n, \
            max(last_at) as last_at from data_problems where workspace_id = $1 and input_id = $2 and day >= $3 \
            group by kind, environment, app_id, app_version order by 5 desc, 1, 2, 3, 4";
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(input)
            .bind(since_day)
            .fetch_all(c)
            .await?))
    }
}
