//! Members: a person's role in a workspace.

use super::SystemTx;
use super::authorize::Access;
use super::columns::known;
use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::person::Person;
use super::postgres_tx::on_postgres;
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::permission::Permission;
use crate::domain::role::Role;
use crate::domain::text::Email;
use crate::domain::time::Millis;
use crate::server::error::Result;

/// A person with a role in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Member {
    pub person_id: PersonId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub disabled: bool,
    pub has_second_factor: bool,
    pub since: Millis,
}

impl Member {
    /// Whether the demand of a second factor keeps them out.
    pub fn lacks_demanded_factor(&self) -> bool {
        self.role.is_powerful() && !self.disabled && !self.has_second_factor
    }
}

impl Tx {
    /// The role of a person who is not disabled. A writer locks it, so that it cannot be taken away between the question and the commit.
    pub(super) async fn role(
        &mut self,
        workspace: WorkspaceId,
        person: PersonId,
        access: Access,
    ) -> Result<Option<Role>> {
        const SQL: &str = "select m.role from members m join people p on p.id = m.person_id \
            where m.workspace_id = $1 and m.person_id = $2 and p.disabled_at is null";
        const LOCKING: &str = "select m.role from members m join people p on p.id = m.person_id \
            where m.workspace_id = $1 and m.person_id = $2 and p.disabled_at is null for share";
        let sql = if access == Access::Write { self.pick(SQL, LOCKING) } else { SQL };
        // A role that this version does not know permits nothing in it.
        let role: Vec<(Role,)> =
            on!(self, c => known(sqlx::query(sql).bind(workspace).bind(person).fetch_all(c).await?)?);
        Ok(role.first().map(|(role,)| *role))
    }

    /// The same, with the person's place locked for this writer alone: they do one thing at a time.
    pub(super) async fn held_role(&mut self, workspace: WorkspaceId, person: PersonId) -> Result<Option<Role>> {
        const SQL: &str = "select person_id from members where workspace_id = $1 and person_id = $2 for no key update";
        if let Self::Postgres(tx) = self {
            on_postgres!(tx, c => sqlx::query(SQL).bind(workspace).bind(person).execute(c).await?);
        }
        self.role(workspace, person, Access::Write).await
    }

    /// Locks all members.
    pub(super) async fn lock_members(&mut self, workspace: WorkspaceId) -> Result<()> {
        const SQL: &str = "select person_id from members where workspace_id = $1 order by person_id for update";
        if let Self::Postgres(tx) = self {
            on_postgres!(tx, c => sqlx::query(SQL).bind(workspace).execute(c).await?);
        }
        Ok(())
    }

    pub(super) async fn members(&mut self, workspace: WorkspaceId) -> Result<Vec<Member>> {
        const SQL: &str = "select m.person_id, p.name, p.email, m.role, p.disabled_at is not null as disabled, m.since, \
            exists (select 1 from second_factors f where f.person_id = p.id) as has_second_factor from members m \
            join people p on p.id = m.person_id where m.workspace_id = $1 order by p.name, p.id";
        Ok(on!(self, c => known(sqlx::query(SQL).bind(workspace).fetch_all(c).await?)?))
    }
}

impl SystemTx {
    /// Locks all members of these workspaces, in the order given.
    pub async fn lock_members_of(&mut self, workspaces: &[WorkspaceId]) -> Result<()> {
        for workspace in workspaces {
            self.tx.lock_members(*workspace).await?;
        }
        Ok(())
    }

    /// Who has a role in a workspace and is not disabled.
    pub async fn able_members(&mut self, workspace: WorkspaceId, role: Role) -> Result<Vec<PersonId>> {
        let members = self.tx.members(workspace).await?;
        let able = members.into_iter().filter(|member| member.role == role && !member.disabled);
        Ok(able.map(|member| member.person_id).collect())
    }
}

impl<A: Act> Change<A> {
    /// The members, who stay as they are until the transaction ends, so that two acts cannot both take away the last
    /// Compliance Admin.
    pub async fn locked_members(&mut self) -> Result<Vec<Member>> {
        debug_assert_eq!(A::PERMISSION, Permission::ManageMembers);
        let workspace = self.workspace.id;
        self.tx.members(workspace).await
    }

    pub async fn set_role(&mut self, person: PersonId, role: Role) -> Result<()> {
        const SQL: &str = "insert into members (workspace_id, person_id, role, since) values ($1, $2, $3, $4) \
            on conflict (workspace_id, person_id) do update set role = excluded.role, since = excluded.since";
        debug_assert_eq!(A::PERMISSION, Permission::ManageMembers);
        let (workspace, now) = (self.workspace.id, self.now);
        on!(&mut self.tx, c => {
            sqlx::query(SQL).bind(workspace).bind(person).bind(role).bind(now).execute(c).await?;
        });
        Ok(())
    }

    /// Removes a member, and what they saved and asked for here.
    pub async fn remove_member(&mut self, person: PersonId) -> Result<()> {
        const MEMBER: &str = "delete from members where workspace_id = $1 and person_id = $2";
        const MAILS: &str = "delete from weekly_mails where workspace_id = $1 and person_id = $2";
        const VIEWS: &str = "delete from saved_views where workspace_id = $1 and owner_id = $2";
        let workspace = self.workspace.id;
        on!(&mut self.tx, c => {
            sqlx::query(MEMBER).bind(workspace).bind(person).execute(&mut *c).await?;
            sqlx::query(MAILS).bind(workspace).bind(person).execute(&mut *c).await?;
            sqlx::query(VIEWS).bind(workspace).bind(person).execute(c).await?;
        });
        Ok(())
    }

    /// A person of the installation.
    pub async fn person(&mut self, email: &Email) -> Result<Option<Person>> {
        self.tx.person_by_email(email).await
    }
}

impl SystemTx {
    /// A new member; whoever has become one meanwhile keeps their role.
    pub async fn add_member(&mut self, workspace: WorkspaceId, person: PersonId, role: Role) -> Result<()> {
        const SQL: &str = "insert into members (workspace_id, person_id, role, since) values ($1, $2, $3, $4)";
        let now = self.now;
        on!(&mut self.tx, c => {
            sqlx::query(SQL).bind(workspace).bind(person).bind(role).bind(now).execute(c).await?;
        });
        Ok(())
    }
}
