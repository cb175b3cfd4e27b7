//! Attempts to sign in that have not succeeded, kept across restarts.

use super::SystemTx;
use super::db::on;
use crate::domain::time::{DAY, Millis};
use crate::server::error::Result;

/// What is known of whatever attempts are counted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Throttle {
    /// This attempt among them.
    pub failures: i64,
    /// As it was before this attempt.
    pub blocked_until: Millis,
}

impl SystemTx {
    /// Counts an attempt and returns the count. One failure is forgotten every `forgotten_after` milliseconds, all that are
    /// older than `forgotten_before`, and what was written while our clock was far ahead. One statement, so that of many attempts at once each is counted.
    pub async fn count_attempt(
        &mut self,
        key_hash: &[u8],
        forgotten_before: Millis,
        forgotten_after: i64,
    ) -> Result<Throttle> {
        const SQL: &str = "insert into throttles (key_hash, failures, last_at, blocked_until) values ($1, 1, $2, 0) \
            on conflict (key_hash) do update set \
            failures = case when throttles.last_at between $3 and $4 and throttles.failures > ($2 - throttles.last_at) / $5 \
            then throttles.failures - case when $2 > throttles.last_at then ($2 - throttles.last_at) / $5 else 0 end + 1 else 1 end, \
            blocked_until = case when throttles.last_at between $3 and $4 then throttles.blocked_until else 0 end, \
            last_at = case when throttles.last_at between $3 and $2 then $2 - ($2 - throttles.last_at) % $5 else $2 end \
            returning failures, blocked_until";
        let now = self.now;
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(key_hash)
            .bind(now)
            .bind(forgotten_before)
            .bind(now.plus(DAY))
            .bind(forgotten_after)
            .fetch_one(c)
            .await?))
    }

    pub async fn block_until(&mut self, key_hash: &[u8], until: Millis) -> Result<()> {
        const SQL: &str = "update throttles set blocked_until = $2 where key_hash = $1";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(key_hash).bind(until).execute(c).await?; });
        Ok(())
    }

    /// Takes back one attempt, which was none of guessing, and the wait until then, unless another one made it longer.
    pub async fn forget_attempt(&mut self, key_hash: &[u8], until: Millis) -> Result<()> {
        const SQL: &str = "update throttles set failures = failures - 1, \
            blocked_until = case when blocked_until = $2 then 0 else blocked_until end where key_hash = $1 and failures > 0";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(key_hash).bind(until).execute(c).await?; });
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
