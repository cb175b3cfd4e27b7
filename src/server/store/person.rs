//! People: who can sign in.

use super::db::{Tx, on};
use super::{SystemTx, SystemView};
use crate::domain::audit::is_reserved;
use crate::domain::error::Problem;
use crate::domain::error::Refusal;
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::text::{Email, Name};
use crate::domain::theme::Theme;
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};

/// A person; the hash of the password is read only where it is checked.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Person {
    pub id: PersonId,
    pub email: String,
    pub name: String,
    pub operator: bool,
    /// Whether they may do nothing at present.
    pub disabled: bool,
    /// Who was shown the link by which the account's first password was chosen, and could have used it.
    pub first_link_shown_to: Option<PersonId>,
    pub theme: Theme,
    /// Since when they have a second factor.
    pub second_factor_at: Option<Millis>,
    /// How many notices they did not read.
    pub unread: i64,
    pub signed_in_at: Option<Millis>,
    /// Whether they may act as an operator, which they are, only once they have a second factor.
    pub lacks_second_factor: bool,
}

impl Person {
    pub fn has_second_factor(&self) -> bool {
        self.second_factor_at.is_some()
    }

    /// Asks that they may act as an operator.
    ///
    /// # Errors
    /// [`Refusal::OperatorsOnly`] for others, and [`Refusal::SecondFactorMissing`] where the installation demands one of
    /// operators.
    pub fn assert_operator(&self) -> Result<()> {
        if !self.operator || self.disabled {
            return Err(Refusal::OperatorsOnly.into());
        }
        if self.lacks_second_factor { Err(Refusal::SecondFactorMissing.into()) } else { Ok(()) }
    }
}

macro_rules! columns {
    () => {
        "p.id, p.email, p.name, p.operator, p.disabled_at is not null as disabled, p.first_link_shown_to, p.theme, \
        (select f.set_up_at from second_factors f where f.person_id = p.id) as second_factor_at, p.signed_in_at, \
        (select count(*) from notices n where n.person_id = p.id and n.seen_at is null) as unread, \
        p.operator and exists (select 1 from installation i where i.operators_need_second_factor) \
        and not exists (select 1 from second_factors f where f.person_id = p.id) as lacks_second_factor"
    };
}

impl Tx {
    /// The person of this e-mail.
    pub(super) async fn person_by_email(&mut self, email: &Email) -> Result<Option<Person>> {
        const SQL: &str = concat!("select ", columns!(), " from people p where p.email = $1");
        Ok(on!(self, c => sqlx::query_as(SQL).bind(email.as_str()).fetch_optional(c).await?))
    }
}

impl SystemView {
    /// How many people there are.
    pub async fn count_people(&mut self) -> Result<i64> {
        Ok(on!(&mut self.tx, c => sqlx::query_scalar("select count(*) from people").fetch_one(c).await?))
    }

    pub async fn person(&mut self, id: PersonId) -> Result<Option<Person>> {
        const SQL: &str = concat!("select ", columns!(), " from people p where p.id = $1");
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await?))
    }

    pub async fn person_by_email(&mut self, email: &Email) -> Result<Option<Person>> {
        self.tx.person_by_email(email).await
    }

    /// The person's password hash in PHC form; `None` while they have not chosen one.
    pub async fn password_hash(&mut self, id: PersonId) -> Result<Option<String>> {
        const SQL: &str = "select password_hash from people where id = $1";
        let hash: Option<Option<String>> =
            on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(id).fetch_optional(c).await?);
        Ok(hash.flatten())
    }

    /// Everybody, in the order of their names, with how many workspaces they are a member of.
    pub async fn people(&mut self) -> Result<Vec<(Person, i64)>> {
        const SQL: &str = concat!(
            "select ",
            columns!(),
            ", (select count(*) from members m where m.person_id = p.id) as workspaces \
            from people p order by p.name, p.id"
        );
        #[derive(sqlx::FromRow)]
        struct Row {
            #[sqlx(flatten)]
            person: Person,
            workspaces: i64,
        }
        let rows: Vec<Row> = on!(&mut self.tx, c => sqlx::query_as(SQL).fetch_all(c).await?);
        Ok(rows.into_iter().map(|row| (row.person, row.workspaces)).collect())
    }

    /// The ids of the person's workspaces.
    pub async fn workspaces_of(&mut self, id: PersonId) -> Result<Vec<WorkspaceId>> {
        const SQL: &str = "select workspace_id from members where person_id = $1 order by workspace_id";
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(id).fetch_all(c).await?))
    }
}

impl Tx {
    /// A log names whoever acts: nobody may be taken there for somebody else. `of` is who gets the name, as a member of the
    /// workspace or of those that they are in.
    ///
    /// # Errors
    /// [`Problem::NameOfAnother`] at `name`, where another member or an operator has it, or Attest itself.
    pub(super) async fn assert_name_free(
        &mut self,
        name: &str,
        of: Option<PersonId>,
        workspace: Option<WorkspaceId>,
    ) -> Result<()> {
        const SQL: &str = "select count(*) > 0 from people p where lower(p.name) = lower($1) and p.id <> $2 \
            and (p.operator or exists (select 1 from members m where m.person_id = p.id and (m.workspace_id = $3 \
            or m.workspace_id in (select o.workspace_id from members o where o.person_id = $2))))";
        let is_had: bool = on!(self, c => sqlx::query_scalar(SQL)
            .bind(name)
            .bind(of.map_or(0, |of| of.0))
            .bind(workspace.map_or(0, |workspace| workspace.0))
            .fetch_one(c)
            .await?);
        if is_had || is_reserved(name) { Err(Error::invalid("name", Problem::NameOfAnother)) } else { Ok(()) }
    }
}

impl SystemTx {
    /// Refuses a name for a new member of a workspace that would be taken for another's in its log.
    pub async fn assert_name_free_in(&mut self, workspace: WorkspaceId, of: PersonId, name: &str) -> Result<()> {
        self.tx.assert_name_free(name, Some(of), Some(workspace)).await
    }

    pub async fn add_person(
        &mut self,
        email: &Email,
        name: &Name,
        hash: Option<&str>,
        operator: bool,
        first_link_shown_to: Option<PersonId>,
    ) -> Result<PersonId> {
        const SQL: &str = "insert into people (id, email, name, password_hash, operator, theme, created_at, \
            first_link_shown_to) values ($1, $2, $3, $4, $5, $6, $7, $8)";
        if self.person_by_email(email).await?.is_some() {
            return Err(Error::invalid("email", Problem::Taken));
        }
        if is_reserved(name.as_str()) {
            return Err(Error::invalid("name", Problem::NameOfAnother));
        }
        let (id, now) = (PersonId(self.ids.id()), self.now);
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(id)
                .bind(email.as_str())
                .bind(name.as_str())
                .bind(hash)
                .bind(operator)
                .bind(Theme::System)
                .bind(now)
                .bind(first_link_shown_to)
                .execute(c)
                .await?;
        });
        Ok(id)
    }

    /// The operators who may act, who stay so until the transaction ends.
    pub async fn locked_operators(&mut self) -> Result<Vec<PersonId>> {
        const SQL: &str = "select id from people where operator and disabled_at is null order by id";
        const LOCKING: &str = "select id from people where operator and disabled_at is null order by id for update";
        let sql = self.tx.pick(SQL, LOCKING);
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(sql).fetch_all(c).await?))
    }

    pub async fn set_operator(&mut self, id: PersonId, operator: bool) -> Result<()> {
        const SQL: &str = "update people set operator = $2 where id = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).bind(operator).execute(c).await?; });
        Ok(())
    }

    pub async fn set_disabled(&mut self, id: PersonId, disabled: bool) -> Result<()> {
        const SQL: &str = "update people set disabled_at = $2 where id = $1";
        let at = disabled.then_some(self.now);
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).bind(at).execute(c).await?; });
        Ok(())
    }

    /// Whether this is still the hash of the password of somebody who may sign in; they stay so until the transaction
    /// ends.
    pub async fn may_sign_in(&mut self, id: PersonId, hash: &str) -> Result<bool> {
        const SQL: &str = "select count(*) from people where id = $1 and password_hash = $2 and disabled_at is null";
        const LOCKING: &str = "select cast(1 as bigint) from people where id = $1 and password_hash = $2 and disabled_at is null for update";
        let sql = self.tx.pick(SQL, LOCKING);
        let found: Option<i64> =
            on!(&mut self.tx, c => sqlx::query_scalar(sql).bind(id).bind(hash).fetch_optional(c).await?);
        Ok(found.is_some_and(|found| found > 0))
    }

    /// Notes that the person signed in; returns whether they did before.
    pub async fn note_sign_in(&mut self, id: PersonId) -> Result<bool> {
        const BEFORE: &str = "select signed_in_at is not null from people where id = $1";
        const NOW: &str = "update people set signed_in_at = $2 where id = $1";
        let now = self.now;
        let before: bool = on!(&mut self.tx, c => sqlx::query_scalar(BEFORE).bind(id).fetch_one(c).await?);
        on!(&mut self.tx, c => { sqlx::query(NOW).bind(id).bind(now).execute(c).await?; });
        Ok(before)
    }

    /// Takes the password away: nobody signs in until another one is chosen by a link.
    pub async fn forget_password(&mut self, id: PersonId) -> Result<()> {
        const SQL: &str = "update people set password_hash = null where id = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).execute(c).await?; });
        Ok(())
    }

    pub async fn set_password(&mut self, id: PersonId, hash: &str) -> Result<()> {
        const SQL: &str = "update people set password_hash = $2 where id = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).bind(hash).execute(c).await?; });
        Ok(())
    }

    pub async fn rename_person(&mut self, id: PersonId, name: &Name) -> Result<()> {
        const SQL: &str = "update people set name = $2 where id = $1";
        self.tx.assert_name_free(name.as_str(), Some(id), None).await?;
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).bind(name.as_str()).execute(c).await?; });
        Ok(())
    }

    pub async fn set_theme(&mut self, id: PersonId, theme: Theme) -> Result<()> {
        const SQL: &str = "update people set theme = $2 where id = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).bind(theme).execute(c).await?; });
        Ok(())
    }
}
