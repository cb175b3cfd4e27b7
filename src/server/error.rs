//! What can go wrong on the server: a refusal with its code, or a fault whose cause stays inside.

use crate::domain::error::{Problem, Refusal};
use std::fmt;

/// The result of everything that can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Causes are for the log, never for an answer.
#[derive(Clone, Debug)]
pub enum Error {
    Refused(Refusal),
    /// Somebody else was faster; the same work may succeed when it is done again.
    Again(String),
    /// The connection cannot go on, as it is read-only or lost its transaction to a full disk; a new one may.
    Broken(String),
    /// More events wait than may.
    Full,
    /// The store failed while it committed: what was to be stored may be, or not.
    Unknown(String),
    /// The store is away, read-only or full; it may come back by itself.
    Unavailable(String),
    /// Somewhere else did not take what was sent there.
    Unsent(String),
    Internal(String),
}

impl Error {
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    pub fn invalid(field: &'static str, problem: Problem) -> Self {
        Refusal::invalid(field, problem).into()
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "refused: {refusal:?}"),
            Self::Again(cause) => write!(f, "somebody else was faster: {cause}"),
            Self::Broken(cause) | Self::Unavailable(cause) => write!(f, "the store is not available: {cause}"),
            Self::Unknown(cause) => write!(f, "it is not known whether it was stored: {cause}"),
            Self::Full => f.write_str("too many events are waiting"),
            Self::Unsent(cause) => write!(f, "it was not sent: {cause}"),
            Self::Internal(cause) => f.write_str(cause),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// What a failed commit means: where the database answered that it was not done, the same as any failure; else nobody
    /// knows.
    pub fn of_commit(error: sqlx::Error) -> Self {
        let is_answered = match &error {
            sqlx::Error::Database(database) => is_rolled_back(&database.code().unwrap_or_default()),
            _ => false,
        };
        if is_answered { error.into() } else { Self::Unknown(error.to_string()) }
    }
}

/// Whether a commit that ends in this code was surely not done. Not so of SQLite's input and output errors: what was to be
/// synced may be in the log, from which it is recovered. Nor where Postgres ends the connection or cannot say, for it may
/// have committed and waited for another server.
fn is_rolled_back(code: &str) -> bool {
    match code.len() {
        5 => !["08", "57", "58", "XX"].contains(&&code[..2]),
        _ => code.parse::<u32>().is_ok_and(|code| code & 0xff != SQLITE_IO),
    }
}

const SQLITE_IO: u32 = 10;

impl Error {
    /// The same of a transaction in which nothing was done yet, or nothing that was committed: another one can do it. Only where
    /// that other one is not treated so again.
    pub fn before_anything(self) -> Self {
        match self {
            Self::Unavailable(cause) => Self::Again(cause),
            other => other,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let cause = error.to_string();
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Again(cause),
            sqlx::Error::Database(database) => match kind(&database.code().unwrap_or_default()) {
                FailureKind::Again => Self::Again(cause),
                FailureKind::Broken => Self::Broken(cause),
                FailureKind::Unavailable => Self::Unavailable(cause),
                FailureKind::Internal => Self::Internal(cause),
            },
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(cause),
            _ => Self::Internal(cause),
        }
    }
}

/// Whether the other end of a connection to Postgres says that it is gone.
pub fn is_gone(error: &sqlx::Error) -> bool {
    let ends = |code: &str| code.starts_with("57P") || code.starts_with("08");
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| ends(&code)),
        _ => false,
    }
}

enum FailureKind {
    Again,
    Broken,
    Unavailable,
    Internal,
}

/// Sorts a database's code. Sources: SQLite's result codes (extended ones carry the primary one in their lowest byte)
/// and PostgreSQL's appendix "Error Codes".
fn kind(code: &str) -> FailureKind {
    match code {
        // It paused for too long, and nothing of it was done.
        "25P03" => return FailureKind::Again,
        "40001" | "40P01" => return FailureKind::Again,
        "25006" => return FailureKind::Broken,
        "57P01" | "57P02" | "57P03" | "57014" | "55P03" | "53000" | "53100" | "53200" | "53300" | "53400" => {
            return FailureKind::Unavailable;
        }
        _ if code.len() == 5 && code.starts_with("08") => return FailureKind::Unavailable,
        _ if code.len() == 5 => return FailureKind::Internal,
        _ => {}
    }
    const BUSY: u32 = 5;
    const INTERRUPTED: u32 = 9;
    const NO_MEMORY: u32 = 7;
    const LOCKED: u32 = 6;
    const READ_ONLY: u32 = 8;
    const FULL: u32 = 13;
    const CANNOT_OPEN: u32 = 14;
    match code.parse::<u32>().map(|code| code & 0xff) {
        // The last three end a transaction by themselves, and then its rollback fails.
        Ok(READ_ONLY | NO_MEMORY | SQLITE_IO | FULL) => FailureKind::Broken,
        Ok(BUSY | LOCKED | INTERRUPTED | CANNOT_OPEN) => FailureKind::Unavailable,
        _ => FailureKind::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_unknown_unless_the_database_says_that_it_was_not_done() {
        // SQLite: an error at the sync, also as an extended code. Postgres: the connection or the server ended.
        for code in ["10", "1034", "57P01", "57P02", "08006", "XX000"] {
            assert!(!is_rolled_back(code), "{code}");
        }
        for code in ["5", "13", "40001", "25P03", "23503", "53100"] {
            assert!(is_rolled_back(code), "{code}");
        }
        assert!(matches!(Error::of_commit(sqlx::Error::WorkerCrashed), Error::Unknown(_)));
    }

    #[test]
    fn codes_of_both_databases_are_sorted() {
        let unavailable = |code| matches!(kind(code), FailureKind::Unavailable);
        // SQLite: busy. Postgres: locked, shut down, connection lost.
        for code in ["5", "55P03", "57P01", "08006"] {
            assert!(unavailable(code), "{code}");
        }
        // SQLite, also as an extended code, full, and Postgres.
        for code in ["8", "1032", "13", "25006"] {
            assert!(matches!(kind(code), FailureKind::Broken), "{code}");
        }
        for code in ["40001", "40P01", "25P03"] {
            assert!(matches!(kind(code), FailureKind::Again), "{code}");
        }
        for code in ["1", "19", "42601", "23503", ""] {
            assert!(matches!(kind(code), FailureKind::Internal), "{code}");
        }
    }
}
