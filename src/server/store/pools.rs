//! The connections to a database, some for each purpose: whoever waits for one waits for their own kind only.

use super::answers::{SAYS_SO_WITHIN, says_so};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use tokio::time::timeout;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The commits of the event stream.
    Stream,
    /// Who somebody is: keys, sessions, signing in; and what a process says of itself, and takes upon itself.
    Caller,
    /// Pages and interfaces, and what is done there. A statement that takes too long is cut off.
    Page,
    /// Searches of the audit log, one after another: each reads thousands of rows, and would hold up whoever reads few. They
    /// are cut off as pages are.
    Search,
    /// Jobs.
    Job,
    /// Commands, by the connections that a server has for jobs.
    Command,
}

impl Purpose {
    /// Whether it gives way to the event stream, and a statement that takes too long is cut off.
    pub fn is_patient(self) -> bool {
        matches!(self, Self::Page | Self::Search)
    }
}

/// One of each.
#[derive(Clone, Debug)]
pub struct ByPurpose<P> {
    pub stream: P,
    pub caller: P,
    pub page: P,
    pub search: P,
    pub job: P,
}

impl<P> ByPurpose<P> {
    pub fn of(&self, purpose: Purpose) -> &P {
        match purpose {
            Purpose::Stream => &self.stream,
            Purpose::Caller => &self.caller,
            Purpose::Page => &self.page,
            Purpose::Search => &self.search,
            Purpose::Job | Purpose::Command => &self.job,
        }
    }

    pub fn map<Q>(self, of: impl Fn(P) -> Q) -> ByPurpose<Q> {
        ByPurpose {
            stream: of(self.stream),
            caller: of(self.caller),
            page: of(self.page),
            search: of(self.search),
            job: of(self.job),
        }
    }

    pub fn named(&self) -> [(&'static str, &P); 5] {
        [
            ("stream", &self.stream),
            ("caller", &self.caller),
            ("page", &self.page),
            ("search", &self.search),
            ("job", &self.job),
        ]
    }

    pub fn all(&self) -> [&P; 5] {
        self.named().map(|(_, each)| each)
    }
}

/// The connections; cloning shares them.
#[derive(Clone, Debug)]
pub enum Pools {
    /// SQLite has one writer at a time, for whatever purpose.
    Sqlite {
        writer: SqlitePool,
        readers: ByPurpose<SqlitePool>,
    },
    Postgres(ByPurpose<PgPool>),
}

impl Pools {
    /// Whether these are the same ones.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sqlite { writer: one, .. }, Self::Sqlite { writer: other, .. }) => {
                std::ptr::eq(one.options(), other.options())
            }
            (Self::Postgres(one), Self::Postgres(other)) => std::ptr::eq(one.page.options(), other.page.options()),
            _ => false,
        }
    }

    /// By their purpose how many connections there are, and how many of them are idle.
    pub fn sizes(&self) -> Vec<(&'static str, u32, usize)> {
        fn sizes<D: sqlx::Database>(pools: &ByPurpose<sqlx::Pool<D>>) -> Vec<(&'static str, u32, usize)> {
            pools.named().map(|(purpose, pool)| (purpose, pool.size(), pool.num_idle())).to_vec()
        }
        match self {
            Self::Sqlite { writer, readers } => {
                [vec![("writer", writer.size(), writer.num_idle())], sizes(readers)].concat()
            }
            Self::Postgres(pools) => sizes(pools),
        }
    }

    /// Whether a connection to Postgres that is idle says that its other end is there.
    pub async fn any_answers(&self) -> bool {
        let Self::Postgres(pools) = self else { return false };
        let Some(mut idle) = pools.all().into_iter().find_map(PgPool::try_acquire) else { return false };
        // Whoever asks may be gone before the answer: sqlx would then wait for one without an end.
        idle.close_on_drop();
        let answers = says_so(&mut idle, SAYS_SO_WITHIN).await.is_ok();
        if answers {
            let _ = timeout(SAYS_SO_WITHIN, idle.return_to_pool()).await;
        }
        answers
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                for pool in readers.all() {
                    pool.close().await;
                }
                writer.close().await;
            }
            Self::Postgres(pools) => {
                // All at once: a connection that does not answer holds up its own pool alone.
                futures::future::join_all(pools.all().map(|pool| pool.close())).await;
            }
        }
    }
}
