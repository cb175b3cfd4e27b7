//! People: who can sign in.

use super::db::on;
use super::{SystemTx, SystemView};
use crate::domain::error::Problem;
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::text::{Email, Name};
use crate::domain::theme::Theme;
use crate::server::error::{Error, Result};

/// A person; the hash of the password is read only where it is checked.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Person {
    pub id: PersonId,
    pub email: String,
    pub name: String,
    pub operator: bool,
    pub theme: Theme,
}

impl SystemView {
    /// How many people there are.
    pub async fn count_people(&mut self) -> Result<i64> {
        Ok(on!(&mut self.tx, c => sqlx::query_scalar("select count(*) from people").fetch_one(c).await?))
    }

    pub async fn person(&mut self, id: PersonId) -> Result<Option<Person>> {
        const SQL: &str = "select id, email, name, operator, theme from people where id = $1";
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await?))
    }

    pub async fn person_by_email(&mut self, email: &Email) -> Result<Option<Person>> {
        const SQL: &str = "select id, email, name, operator, theme from people where email = $1";
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(email.as_str()).fetch_optional(c).await?))
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
        const SQL: &str = "select p.id, p.email, p.name, p.operator, p.theme, \
            (select count(*) from members m where m.person_id = p.id) as workspaces from people p order by p.name, p.id";
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

impl SystemTx {
    pub async fn add_person(
        &mut self,
        email: &Email,
        name: &Name,
        hash: Option<&str>,
        operator: bool,
    ) -> Result<PersonId> {
        const SQL: &str = "insert into people (id, email, name, password_hash, operator, theme, created_at) \
            values ($1, $2, $3, $4, $5, $6, $7)";
        if self.person_by_email(email).await?.is_some() {
            return Err(Error::invalid("email", Problem::Taken));
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
                .execute(c)
                .await?;
        });
        Ok(id)
    }

    pub async fn set_password(&mut self, id: PersonId, hash: &str) -> Result<()> {
        const SQL: &str = "update people set password_hash = $2 where id = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).bind(hash).execute(c).await?; });
        Ok(())
    }

    /// Puts another hash of the same password in the place of this one, if it is still there.
    pub async fn renew_hash(&mut self, id: PersonId, old: &str, new: &str) -> Result<()> {
        const SQL: &str = "update people set password_hash = $3 where id = $1 and password_hash = $2";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).bind(old).bind(new).execute(c).await?; });
        Ok(())
    }

    pub async fn rename_person(&mut self, id: PersonId, name: &Name) -> Result<()> {
        const SQL: &str = "update people set name = $2 where id = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).bind(name.as_str()).execute(c).await?; });
        Ok(())
    }

    pub async fn set_theme(&mut self, id: PersonId, theme: Theme) -> Result<()> {
        const SQL: &str = "update people set theme = $2 where id = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id).bind(theme).execute(c).await?; });
        Ok(())
    }
}
