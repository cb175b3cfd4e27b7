//! The same answers from the rows themselves, in the ways that counters and a default in one place replace.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::Instant;

/// What the distribution says, counted from the devices.
pub const COUNT: &str = "select status, count(*) from devices where workspace_id = (select max(id) from workspaces) and environment = 0 and not retired \
    group by status";
/// What a change of the default does, done to each device without a status; taken back, for the next measurement.
pub const CHANGE: &str = "begin; update devices set as_of = 0 where workspace_id = (select max(id) from workspaces) and environment = 0 and status is null; \
    rollback";

/// A connection past the product.
pub enum Rows {
    Sqlite(rusqlite::Connection),
    Postgres(PgConnection),
}

impl Rows {
    pub async fn open(url: &str) -> Self {
        match url.strip_prefix("sqlite://") {
            Some(path) => Self::Sqlite(rusqlite::Connection::open(path).expect("the file opens")),
            None => Self::Postgres(PgConnection::connect(url).await.expect("Postgres answers")),
        }
    }

    /// How long statements take, in milliseconds, to the last row.
    pub async fn milliseconds(&mut self, statements: &str) -> f64 {
        let begun = Instant::now();
        match self {
            Self::Sqlite(connection) if statements == COUNT => {
                let mut statement = connection.prepare(statements).expect("a statement");
                let rows = statement.query_map([], |row| row.get::<_, i64>(1)).expect("rows");
                assert!(rows.map(|n| n.expect("a count")).sum::<i64>() > 0, "there are devices");
            }
            Self::Sqlite(connection) => connection.execute_batch(statements).expect("done"),
            Self::Postgres(connection) => {
                sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(connection).await.expect("done");
            }
        }
        begun.elapsed().as_secs_f64() * 1e3
    }
}
