//! Sessions, under the hash of their id: whoever reads the table cannot use it.

use super::Own;
use super::db::on;
use crate::domain::id::PersonId;
use crate::domain::time::Millis;
use crate::server::error::Result;

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Session {
    pub data: String,
    pub created_at: Millis,
    pub seen_at: Millis,
}

impl Own {
    pub async fn session(&mut self, id_hash: &[u8]) -> Result<Option<Session>> {
        const SQL: &str = "select data, created_at, seen_at from sessions where id_hash = $1";
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(id_hash).fetch_optional(c).await?))
    }

    pub async fn add_session(&mut self, id_hash: &[u8], person: Option<PersonId>, data: &str) -> Result<()> {
        const SQL: &str =
            "insert into sessions (id_hash, person_id, data, created_at, seen_at) values ($1, $2, $3, $4, $4)";
        let now = self.now;
        on!(&mut self.tx, c => {
            sqlx::query(SQL).bind(id_hash).bind(person).bind(data).bind(now).execute(c).await?;
        });
        Ok(())
    }

    /// Only updates: a session that ended meanwhile is not revived.
    pub async fn save_session(&mut self, id_hash: &[u8], person: Option<PersonId>, data: &str) -> Result<()> {
        const SQL: &str = "update sessions set person_id = $2, data = $3 where id_hash = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id_hash).bind(person).bind(data).execute(c).await?; });
        Ok(())
    }

    pub async fn touch_session(&mut self, id_hash: &[u8]) -> Result<()> {
        const SQL: &str = "update sessions set seen_at = $2 where id_hash = $1";
        let now = self.now;
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id_hash).bind(now).execute(c).await?; });
        Ok(())
    }

    pub async fn end_session(&mut self, id_hash: &[u8]) -> Result<()> {
        const SQL: &str = "delete from sessions where id_hash = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(id_hash).execute(c).await?; });
        Ok(())
    }

    /// Removes sessions that nobody can use any more.
    pub async fn prune_sessions(&mut self, seen_before: Millis, made_before: Millis) -> Result<()> {
        const SQL: &str = "delete from sessions where seen_at < $1 or created_at < $2";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(seen_before).bind(made_before).execute(c).await?; });
        Ok(())
    }
}
