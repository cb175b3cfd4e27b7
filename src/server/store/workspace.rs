//! Workspaces.

use super::columns::known;
use super::db::{Tx, on};
use super::member::Member;
use super::scope::{Scope, Workspace};
use super::{SystemTx, SystemView};
use crate::domain::error::Problem;
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::text::{Name, Slug};
use crate::domain::time::{Day, Millis};
use crate::server::calendar;
use crate::server::error::{Error, Result};

impl Tx {
    pub(super) async fn workspace_by_slug(&mut self, slug: &Slug) -> Result<Option<Workspace>> {
        const SQL: &str = "select id, slug, name, time_zone, org, account, created_at, demands_second_factor from workspaces where slug = $1";
        Ok(on!(self, c => sqlx::query_as(SQL).bind(slug).fetch_optional(c).await?))
    }

    pub(super) async fn workspace_by_id(&mut self, id: WorkspaceId) -> Result<Option<Workspace>> {
        const SQL: &str = "select id, slug, name, time_zone, org, account, created_at, demands_second_factor from workspaces where id = $1";
        Ok(on!(self, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await?))
    }
}

impl Tx {
    /// The day that it is in a workspace.
    pub(super) async fn today(&mut self, workspace: WorkspaceId, now: Millis) -> Result<Day> {
        Ok(calendar::day(now, &self.time_zone(workspace).await?))
    }

    /// The workspace's time zone.
    pub(super) async fn time_zone(&mut self, workspace: WorkspaceId) -> Result<String> {
        const SQL: &str = "select time_zone from workspaces where id = $1";
        Ok(on!(self, c => sqlx::query_scalar(SQL).bind(workspace).fetch_one(c).await?))
    }

    async fn memberships(&mut self, person: PersonId) -> Result<Vec<Membership>> {
        const SQL: &str = "select w.slug, w.name, m.role from members m join workspaces w on w.id = m.workspace_id \
            where m.person_id = $1 order by w.name, w.id";
        Ok(on!(self, c => known(sqlx::query(SQL).bind(person).fetch_all(c).await?)?))
    }
}

/// A workspace of a person, with their role in it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Membership {
    pub slug: Slug,
    pub name: String,
    pub role: Role,
}

/// What a workspace is marked with beside its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    pub time_zone: String,
    pub org: Slug,
    pub account: Slug,
}

impl SystemView {
    pub async fn workspace(&mut self, slug: &Slug) -> Result<Option<Workspace>> {
        self.tx.workspace_by_slug(slug).await
    }

    /// All workspaces, in the order of their names.
    pub async fn workspaces(&mut self) -> Result<Vec<Workspace>> {
        const SQL: &str = "select id, slug, name, time_zone, org, account, created_at, demands_second_factor from workspaces order by name, id";
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).fetch_all(c).await?))
    }

    /// The person's workspaces, in the order of their names.
    pub async fn memberships(&mut self, person: PersonId) -> Result<Vec<Membership>> {
        self.tx.memberships(person).await
    }

    /// The workspaces after one, in the order of their ids, at most so many.
    pub async fn workspaces_after(&mut self, after: WorkspaceId, most: i64) -> Result<Vec<WorkspaceId>> {
        const SQL: &str = "select id from workspaces where id > $1 order by id limit $2";
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(after).bind(most).fetch_all(c).await?))
    }

    /// All workspaces with the number of their members, in the order of their names.
    pub async fn workspaces_with_members(&mut self) -> Result<Vec<(Workspace, i64)>> {
        const SQL: &str = "select workspace_id, count(*) from members group by workspace_id";
        let workspaces = self.workspaces().await?;
        let members: Vec<(WorkspaceId, i64)> = on!(&mut self.tx, c => sqlx::query_as(SQL).fetch_all(c).await?);
        let count = |id| members.iter().find(|(workspace, _)| *workspace == id).map_or(0, |(_, n)| *n);
        Ok(workspaces.into_iter().map(|workspace| (workspace.clone(), count(workspace.id))).collect())
    }
}

impl SystemTx {
    /// Adds a workspace with version 1 of its settings. Without a slug one is made from the name.
    pub async fn add_workspace(&mut self, name: &Name, slug: Option<&Slug>, marks: &Marks) -> Result<Workspace> {
        const INSERT: &str = "insert into workspaces (id, slug, name, time_zone, org, account, created_at) \
            values ($1, $2, $3, $4, $5, $6, $7)";
        let slug = match slug {
            Some(slug) if self.workspace(slug).await?.is_some() => return Err(Error::invalid("slug", Problem::Taken)),
            Some(slug) => slug.clone(),
            None => self.free_slug(name).await?,
        };
        let Marks { time_zone, org, account } = marks.clone();
        let (id, name, created_at) = (WorkspaceId(self.ids.id()), name.to_string(), self.now);
        let demands_second_factor = false;
        let workspace = Workspace { id, slug, name, time_zone, org, account, created_at, demands_second_factor };
        on!(&mut self.tx, c => {
            sqlx::query(INSERT)
                .bind(workspace.id)
                .bind(&workspace.slug)
                .bind(&workspace.name)
                .bind(&workspace.time_zone)
                .bind(&workspace.org)
                .bind(&workspace.account)
                .bind(workspace.created_at)
                .execute(c)
                .await?;
        });
        self.first_settings(workspace.id).await?;
        Ok(workspace)
    }

    async fn free_slug(&mut self, name: &Name) -> Result<Slug> {
        let wanted = Slug::of(name);
        let mut slug = wanted.clone();
        for n in 2.. {
            if self.workspace(&slug).await?.is_none() {
                break;
            }
            slug = wanted.numbered(n);
        }
        Ok(slug)
    }
}

impl Scope {
    /// The people of this workspace with their roles.
    pub async fn members(&mut self) -> Result<Vec<Member>> {
        let workspace = self.workspace.id;
        self.tx.members(workspace).await
    }

    /// The person's workspaces, in the order of their names.
    pub async fn memberships(&mut self, person: PersonId) -> Result<Vec<Membership>> {
        self.tx.memberships(person).await
    }
}
