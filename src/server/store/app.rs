//! Apps.

use super::db::{NONE, Tx, given, on};
use super::handle::{Act, Change};
use super::row::rows;
use super::scope::Scope;
use crate::domain::app::App;
use crate::domain::id::{AppId, WorkspaceId};
use crate::domain::text::Name;
use crate::domain::time::Millis;
use crate::server::error::Result;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

rows! {
    apps: AppRow {
        key {
            id: AppId as bigint,
        }
        fixed {
            bundle: Option<String> as text,
        }
        changing {
            name: String as text,
        }
    }
}

impl Tx {
    pub(super) async fn apps_by_bundle(
        &mut self,
        workspace: WorkspaceId,
        bundles: BTreeSet<&str>,
    ) -> Result<BTreeMap<String, AppId>> {
        // A question of its own for each: Postgres takes a table that was short a minute ago to be so still, and would read
        // all of it for each bundle.
        const SQL: &str = "select given.value->>'bundle', \
            (select id from apps where workspace_id = $1 and bundle = given.value->>'bundle') from jsonb_each($2) as given";
        let bundles = given(bundles.into_iter().map(|bundle| json!({"bundle": bundle})));
        let rows: Vec<(String, Option<AppId>)> =
            on!(self, c => sqlx::query_as(SQL).bind(workspace).bind(bundles).fetch_all(c).await?);
        Ok(rows.into_iter().filter_map(|(bundle, id)| Some((bundle, id?))).collect())
    }

    /// How many apps there are.
    pub(super) async fn count_apps(&mut self, workspace: WorkspaceId) -> Result<i64> {
        const SQL: &str = "select count(*) from apps where workspace_id = $1";
        Ok(on!(self, c => sqlx::query_scalar(SQL).bind(workspace).fetch_one(c).await?))
    }

    /// Fails when another process has made one of the same bundle.
    pub(super) async fn add_apps(&mut self, workspace: WorkspaceId, apps: &[App], now: Millis) -> Result<()> {
        const SQL: &str = concat!(
            "insert into apps (workspace_id, created_at, ",
            apps!(columns),
            ") select $1, $3, ",
            apps!(given),
            " from jsonb_each($2) as given"
        );
        let row = |app: &App| AppRow { id: app.id, bundle: app.bundle.clone(), name: app.name.clone() };
        let rows = given(apps.iter().map(row));
        if rows != NONE {
            on!(self, c => { sqlx::query(SQL).bind(workspace).bind(rows).bind(now).execute(c).await?; });
        }
        Ok(())
    }
}

impl<A: Act> Change<A> {
    /// The workspace's apps, to which nobody adds until the transaction ends.
    pub async fn locked_apps(&mut self) -> Result<Vec<App>> {
        let workspace = self.workspace.id;
        self.tx.take_lane(workspace).await?;
        self.apps().await
    }

    pub async fn rename_app(&mut self, id: AppId, name: &Name) -> Result<()> {
        const SQL: &str = "update apps set name = $3 where workspace_id = $1 and id = $2";
        let workspace = self.workspace.id;
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(workspace).bind(id).bind(name.as_str()).execute(c).await?; });
        Ok(())
    }
}

impl Scope {
    /// The workspace's apps, in the order of their names.
    pub async fn apps(&mut self) -> Result<Vec<App>> {
        const SQL: &str = "select id, bundle, name from apps where workspace_id = $1 order by name, id";
        let workspace = self.workspace.id;
        let rows: Vec<AppRow> = on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        Ok(rows.into_iter().map(|AppRow { id, bundle, name }| App { id, bundle, name }).collect())
    }
}
