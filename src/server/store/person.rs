//! People: who can sign in.

use super::Own;
use super::db::on;
use crate::domain::error::Problem;
use crate::domain::id::PersonId;
use crate::domain::text::{Email, Name};
use crate::server::error::{Error, Result};

/// A person; the hash of the password is read only where it is checked.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Person {
    pub id: PersonId,
    pub email: String,
    pub name: String,
    pub operator: bool,
}

impl Own {
    /// How many people there are.
    pub async fn count_people(&mut self) -> Result<i64> {
        Ok(on!(&mut self.tx, c => sqlx::query_scalar("select count(*) from people").fetch_one(c).await?))
    }

    pub async fn person(&mut self, id: PersonId) -> Result<Option<Person>> {
        const SQL: &str = "select id, email, name, operator from people where id = $1";
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await?))
    }

    pub async fn person_by_email(&mut self, email: &Email) -> Result<Option<Person>> {
        const SQL: &str = "select id, email, name, operator from people where email = $1";
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(email.as_str()).fetch_optional(c).await?))
    }

    /// The person's password hash in PHC form; `None` while they have not chosen one.
    pub async fn password_hash(&mut self, id: PersonId) -> Result<Option<String>> {
        const SQL: &str = "select password_hash from people where id = $1";
        let hash: Option<Option<String>> =
            on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(id).fetch_optional(c).await?);
        Ok(hash.flatten())
    }

    pub async fn add_person(
        &mut self,
        email: &Email,
        name: &Name,
        hash: Option<&str>,
        operator: bool,
    ) -> Result<PersonId> {
        const SQL: &str = "insert into people (id, email, name, password_hash, operator, created_at) \
            values ($1, $2, $3, $4, $5, $6)";
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
}
