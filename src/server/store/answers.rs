//! How long Postgres is waited for: a connection whose other end is gone without a word never says so.

use sqlx::{Connection, PgConnection};
use std::time::Duration;

/// How long Postgres may take for an answer that nothing holds up: longer than a connection is waited for.
pub const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// How long a connection that was idle may take to say that its other end is there, much less than one is waited for.
pub const SAYS_SO_WITHIN: Duration = Duration::from_secs(1);
/// How long a connection that said so is taken to be there. Each commit would ask twice; whoever gets one that is gone meanwhile is
/// told so, as if it had been used already.
pub const STILL_THERE: Duration = Duration::from_millis(100);

/// Whether a connection's other end is there: always, or an error.
pub async fn says_so(connection: &mut PgConnection, limit: Duration) -> sqlx::Result<bool> {
    match tokio::time::timeout(limit, connection.ping()).await {
        Ok(said) => said.map(|()| true),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}
