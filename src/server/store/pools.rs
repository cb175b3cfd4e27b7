//! The connections to a database.

use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;

/// The connections; cloning shares them.
#[derive(Clone, Debug)]
pub enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

impl Pools {
    /// Whether these are the same ones.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite { writer: one, .. }, Self::Sqlite { writer: other, .. }) => {
                std::ptr::eq(one.options(), other.options())
            }
            (Self::Postgres(one), Self::Postgres(other)) => std::ptr::eq(one.options(), other.options()),
            _ => false,
        }
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
