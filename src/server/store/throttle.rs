//! Failed sign-ins, kept across restarts.

use super::Own;
use super::db::on;
use crate::domain::time::Millis;
use crate::server::error::Result;

/// What is known of one account from one address, or from anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Throttle {
    pub failures: i64,
    pub last_at: Millis,
    pub blocked_until: Millis,
}

impl Own {
    pub async fn throttle(&mut self, key_hash: &[u8]) -> Result<Throttle> {
        const SQL: &str = "select failures, last_at, blocked_until from throttles where key_hash = $1";
        let found = on!(&mut self.tx, c => sqlx::query_as(SQL).bind(key_hash).fetch_optional(c).await?);
        Ok(found.unwrap_or_default())
    }

    pub async fn set_throttle(&mut self, key_hash: &[u8], throttle: Throttle) -> Result<()> {
        const SQL: &str = "insert into throttles (key_hash, failures, last_at, blocked_until) values ($1, $2, $3, $4) \
            on conflict (key_hash) do update set failures = excluded.failures, last_at = excluded.last_at, \
            blocked_until = excluded.blocked_until";
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(key_hash)
                .bind(throttle.failures)
                .bind(throttle.last_at)
                .bind(throttle.blocked_until)
                .execute(c)
                .await?;
        });
        Ok(())
    }

    pub async fn clear_throttle(&mut self, key_hash: &[u8]) -> Result<()> {
        const SQL: &str = "delete from throttles where key_hash = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(key_hash).execute(c).await?; });
        Ok(())
    }

    pub async fn prune_throttles(&mut self, last_before: Millis) -> Result<()> {
        const SQL: &str = "delete from throttles where last_at < $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(last_before).execute(c).await?; });
        Ok(())
    }
}
