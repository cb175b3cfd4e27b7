//! Sessions, under the hash of their id: whoever reads the table cannot use it.

use super::db::on;
use super::{SystemTx, SystemView};
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

impl SystemView {
    pub async fn session(&mut self, id_hash: &[u8]) -> Result<Option<Session>> {
        const SQL: &str = "select data, created_at, seen_at from sessions where id_hash = $1";
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(id_hash).fetch_optional(c).await?))
    }

    /// The person's sessions, the one used last first, with the hash of their id.
    pub async fn sessions_of(&mut self, person: PersonId) -> Result<Vec<(Vec<u8>, Session)>> {
        const SQL: &str = "select id_hash, data, created_at, seen_at from sessions where person_id = $1 \
            order by seen_at desc, created_at desc";
        let rows: Vec<(Vec<u8>, String, Millis, Millis)> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(person).fetch_all(c).await?);
        let row = |(hash, data, created_at, seen_at)| (hash, Session { data, created_at, seen_at });
        Ok(rows.into_iter().map(row).collect())
    }
}

impl SystemTx {
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

    /// Whether this is a session of the person.
    pub async fn is_session_of(&mut self, person: PersonId, id_hash: &[u8]) -> Result<bool> {
        const SQL: &str = "select count(*) > 0 from sessions where person_id = $1 and id_hash = $2";
        Ok(on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(person).bind(id_hash).fetch_one(c).await?))
    }

    /// Ends one session of the person; how many that were.
    pub async fn end_session_of(&mut self, person: PersonId, id_hash: &[u8]) -> Result<u64> {
        const SQL: &str = "delete from sessions where person_id = $1 and id_hash = $2";
        Ok(on!(&mut self.tx, c => sqlx::query(SQL).bind(person).bind(id_hash).execute(c).await?.rows_affected()))
    }

    /// Ends the person's sessions but one, or all; how many that were.
    pub async fn end_sessions_but(&mut self, person: PersonId, kept: Option<&[u8]>) -> Result<u64> {
        const SQL: &str = "delete from sessions where person_id = $1 and id_hash <> $2";
        let kept = kept.unwrap_or_default();
        Ok(on!(&mut self.tx, c => sqlx::query(SQL).bind(person).bind(kept).execute(c).await?.rows_affected()))
    }

    /// Ends all but so many of the person's sessions, those used longest ago first.
    pub async fn end_oldest_sessions(&mut self, person: PersonId, kept: i64) -> Result<()> {
        const SQL: &str = "delete from sessions where person_id = $1 and id_hash not in \
            (select s.id_hash from sessions s where s.person_id = $1 order by s.seen_at desc, s.created_at desc, s.id_hash limit $2)";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(person).bind(kept).execute(c).await?; });
        Ok(())
    }

    /// Removes sessions that nobody can use any more.
    pub async fn prune_sessions(&mut self, seen_before: Millis, made_before: Millis) -> Result<()> {
        const SQL: &str = "delete from sessions where seen_at < $1 or created_at < $2";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(seen_before).bind(made_before).execute(c).await?; });
        Ok(())
    }
}
