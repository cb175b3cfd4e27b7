//! Which versions of apps came out when, and what people noted on days.

use super::counter::{ALL_APPS, ALL_VALUES, single_app};
use super::db::{given, on};
use super::handle::{Act, Change};
use super::scope::Scope;
use super::{SystemTx, SystemView};
use crate::domain::count::{Dimension, OVERFLOW, UNKNOWN, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::{AnnotationId, AppId, WorkspaceId};
use crate::domain::metric::Period;
use crate::domain::release::{Annotation, Release};
use crate::domain::text::Name;
use crate::domain::time::Day;
use crate::server::error::Result;
use serde_json::json;
use std::collections::BTreeMap;

/// How many devices were active on each day, for each version of an app.
pub type ActiveByVersion = BTreeMap<String, BTreeMap<Day, i64>>;

/// All devices of a row of counters.
macro_rules! all {
    () => {
        "cast(sum(not_determined + restricted + denied + authorized + unknown + not_applicable) as bigint)"
    };
}

impl SystemView {
    /// The day that it is in a workspace.
    pub async fn today(&mut self, workspace: WorkspaceId) -> Result<Day> {
        let now = self.now;
        self.tx.today(workspace, now).await
    }

    /// The app after this one, in the order of their ids.
    pub async fn app_after(&mut self, workspace: WorkspaceId, app: AppId) -> Result<Option<AppId>> {
        const SQL: &str = "select id from apps where workspace_id = $1 and id > $2 order by id limit 1";
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(workspace).bind(app).fetch_optional(c).await?))
    }

    /// How many devices were active in an app on each day of a period: with each version that has not come out yet, and in
    /// all. In production only, and of versions that are counted by themselves.
    pub async fn active_with_new_versions(
        &mut self,
        workspace: WorkspaceId,
        app: AppId,
        Period { first, last }: Period,
    ) -> Result<(ActiveByVersion, BTreeMap<Day, i64>)> {
        // A version at a time, for days are the last part of the key.
        const VERSIONS: &str = concat!(
            "select v.value, d.day, ",
            all!(),
            " as n from dimension_values v join daily d on d.workspace_id = $1 and d.environment = $2 and d.unit = $3 \
            and d.app_id = $4 and d.dimension = $5 and d.value = v.value and d.day between $6 and $7 \
            where v.workspace_id = $1 and v.app_id = $4 and v.dimension = $5 and v.value not in ($8, $9) \
            and not exists (select 1 from releases r where r.workspace_id = $1 and r.app_id = $4 and r.app_version = v.value) \
            group by v.value, d.day"
        );
        const APP: &str = concat!(
            "select day, ",
            all!(),
            " as n from daily where workspace_id = $1 and environment = $2 and unit = $3 and app_id = $4 \
            and dimension = $5 and day between $6 and $7 group by day"
        );
        let (environment, unit) = (Environment::Production, Unit::ActiveDevices);
        let rows: Vec<(String, Day, i64)> = on!(&mut self.tx, c => sqlx::query_as(VERSIONS)
            .bind(workspace)
            .bind(environment)
            .bind(unit)
            .bind(app)
            .bind(Dimension::AppVersion)
            .bind(first)
            .bind(last)
            .bind(UNKNOWN)
            .bind(OVERFLOW)
            .fetch_all(c)
            .await?);
        let mut versions = ActiveByVersion::new();
        for (version, day, n) in rows {
            versions.entry(version).or_default().insert(day, n);
        }
        let days: Vec<(Day, i64)> = on!(&mut self.tx, c => sqlx::query_as(APP)
            .bind(workspace)
            .bind(environment)
            .bind(unit)
            .bind(app)
            .bind(ALL_VALUES)
            .bind(first)
            .bind(last)
            .fetch_all(c)
            .await?);
        Ok((versions, days.into_iter().collect()))
    }
}

impl SystemTx {
    /// Keeps which versions came out; one that is known already came out then.
    pub async fn add_releases(&mut self, workspace: WorkspaceId, releases: &[Release]) -> Result<()> {
        const SQL: &str = "insert into releases (workspace_id, app_id, app_version, day) \
            select $1, cast(given.value->>'app' as bigint), given.value->>'version', cast(given.value->>'day' as bigint) \
            from jsonb_each($2) as given where true on conflict (workspace_id, app_id, app_version) do nothing";
        let row = |release: &Release| json!({"app": release.app.0, "version": release.version, "day": release.day.0});
        let rows = given(releases.iter().map(row));
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(workspace).bind(rows).execute(c).await?; });
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct AnnotationRow {
    id: AnnotationId,
    app_id: AppId,
    day: Day,
    name: String,
    made_by: String,
}

impl From<AnnotationRow> for Annotation {
    fn from(AnnotationRow { id, app_id, day, name, made_by }: AnnotationRow) -> Self {
        Self { id, app: single_app(app_id), day, name, made_by }
    }
}

/// Asks for rows of a period, of all apps or of one, at most so many.
macro_rules! of_period {
    ($scope:ident, $sql:ident, $app:ident, $period:ident, $most:ident) => {{
        let workspace = $scope.workspace.id;
        on!(&mut $scope.tx, c => sqlx::query_as($sql)
            .bind(workspace)
            .bind($app.unwrap_or(ALL_APPS))
            .bind($period.first)
            .bind($period.last)
            .bind($most)
            .fetch_all(c)
            .await?)
    }};
}

impl Scope {
    /// The versions that came out in a period, of all apps or of one: the newest first, at most so many.
    pub async fn releases(&mut self, app: Option<AppId>, period: Period, most: i64) -> Result<Vec<Release>> {
        const SQL: &str = "select app_id, app_version, day from releases where workspace_id = $1 and day between $3 and $4 \
            and ($2 = 0 or app_id = $2) order by day desc, app_id, app_version limit $5";
        let rows: Vec<(AppId, String, Day)> = of_period!(self, SQL, app, period, most);
        Ok(rows.into_iter().map(|(app, version, day)| Release { app, version, day }).collect())
    }

    /// What was noted on the days of a period; with an app also what is about all of them. The newest first, at most so many.
    pub async fn annotations(&mut self, app: Option<AppId>, period: Period, most: i64) -> Result<Vec<Annotation>> {
        const SQL: &str = "select id, app_id, day, name, made_by from annotations \
            where workspace_id = $1 and day between $3 and $4 and ($2 = 0 or app_id in (0, $2)) \
            order by day desc, id limit $5";
        let rows: Vec<AnnotationRow> = of_period!(self, SQL, app, period, most);
        Ok(rows.into_iter().map(Annotation::from).collect())
    }
}

impl<A: Act> Change<A> {
    /// All annotations of the workspace.
    pub async fn all_annotations(&mut self) -> Result<Vec<Annotation>> {
        const SQL: &str = "select id, app_id, day, name, made_by from annotations where workspace_id = $1 order by id";
        let workspace = self.workspace.id;
        let rows: Vec<AnnotationRow> = on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).fetch_all(c).await?);
        Ok(rows.into_iter().map(Annotation::from).collect())
    }

    /// Adds one, of now.
    pub async fn add_annotation(
        &mut self,
        app: Option<AppId>,
        day: Day,
        name: &Name,
        made_by: String,
    ) -> Result<Annotation> {
        const SQL: &str = "insert into annotations (workspace_id, id, app_id, day, name, made_by, made_at) \
            values ($1, $2, $3, $4, $5, $6, $7)";
        let (workspace, id, now) = (self.workspace.id, AnnotationId(self.ids.id()), self.now);
        let annotation = Annotation { id, app, day, name: name.to_string(), made_by };
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(workspace)
                .bind(annotation.id)
                .bind(annotation.app.unwrap_or(ALL_APPS))
                .bind(annotation.day)
                .bind(&annotation.name)
                .bind(&annotation.made_by)
                .bind(now)
                .execute(c)
                .await?;
        });
        Ok(annotation)
    }

    /// Removes one; `None` where there is none.
    pub async fn remove_annotation(&mut self, id: AnnotationId) -> Result<Option<Annotation>> {
        const SQL: &str = "delete from annotations where workspace_id = $1 and id = $2 \
            returning id, app_id, day, name, made_by";
        let workspace = self.workspace.id;
        let removed: Option<AnnotationRow> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(c).await?);
        Ok(removed.map(Annotation::from))
    }
}
