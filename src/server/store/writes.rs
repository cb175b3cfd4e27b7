//! Statements that only write, gathered: a Postgres gets all of them as one, for each way to it costs as much as its rows.

use super::db::{NONE, Tx};
use crate::domain::id::WorkspaceId;
use crate::server::error::Result;
use sqlx::AssertSqlSafe;
use std::fmt::Write;

/// What a statement is given, from `$2` on.
#[derive(Clone, Debug)]
pub enum Given {
    /// Rows for `jsonb_each`.
    Rows(String),
    Number(i64),
}

/// Writes of one workspace. Each statement has the workspace as `$1`; no two of them change the same row, for together they
/// see what was there before all of them.
#[derive(Debug)]
pub struct Writes {
    workspace: WorkspaceId,
    statements: Vec<(&'static str, Vec<Given>)>,
}

impl Writes {
    pub fn new(workspace: WorkspaceId) -> Self {
        Self { workspace, statements: Vec::new() }
    }

    /// Adds a statement that is given these rows, unless there are none.
    pub fn rows(&mut self, sql: &'static str, rows: String) {
        self.rows_and(sql, rows, &[]);
    }

    /// The same with numbers, from `$3` on.
    pub fn rows_and(&mut self, sql: &'static str, rows: String, numbers: &[i64]) {
        if rows != NONE {
            let numbers = numbers.iter().map(|number| Given::Number(*number));
            self.statements.push((sql, [Given::Rows(rows)].into_iter().chain(numbers).collect()));
        }
    }

    /// Adds a statement that is given numbers alone.
    pub fn numbers(&mut self, sql: &'static str, numbers: &[i64]) {
        self.statements.push((sql, numbers.iter().map(|number| Given::Number(*number)).collect()));
    }

    /// Writes all of it: at once, or where that is not possible one statement after another.
    pub async fn write(self, tx: &mut Tx, is_spread: bool) -> Result<()> {
        match tx {
            Tx::Postgres(tx) if !is_spread && self.statements.len() > 1 => {
                let mut query = sqlx::query(AssertSqlSafe(at_once(&self.statements))).bind(self.workspace);
                for given in self.statements.into_iter().flat_map(|(_, given)| given) {
                    query = match given {
                        Given::Rows(rows) => query.bind(rows),
                        Given::Number(number) => query.bind(number),
                    };
                }
                query.execute(&mut **tx).await?;
            }
            Tx::Postgres(tx) => {
                for (sql, given) in self.statements {
                    let mut query = sqlx::query(sql).bind(self.workspace);
                    for given in given {
                        query = match given {
                            Given::Rows(rows) => query.bind(rows),
                            Given::Number(number) => query.bind(number),
                        };
                    }
                    query.execute(&mut **tx).await?;
                }
            }
            Tx::Sqlite(tx) => {
                for (sql, given) in self.statements {
                    let mut query = sqlx::query(sql).bind(self.workspace);
                    for given in given {
                        query = match given {
                            Given::Rows(rows) => query.bind(rows),
                            Given::Number(number) => query.bind(number),
                        };
                    }
                    query.execute(&mut **tx).await?;
                }
            }
        }
        Ok(())
    }
}

/// One text of all statements, their parameters numbered anew; `$1` stays the workspace.
fn at_once(statements: &[(&'static str, Vec<Given>)]) -> String {
    let (mut text, mut before) = ("with ".to_owned(), 0);
    for (at, (sql, given)) in statements.iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}w{at} as (");
        let mut parts = sql.split('$');
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let number: usize = part[..digits].parse().unwrap_or_default();
            let number = if number == 1 { 1 } else { number + before };
            let _ = write!(text, "${number}{}", &part[digits..]);
        }
        text.push(')');
        before += given.len();
    }
    text + " select 1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_anew() {
        let mut writes = Writes::new(WorkspaceId(7));
        writes.rows("insert into a select $1, v from jsonb_each($2)", "[1]".to_owned());
        writes.rows("insert into none select $1 from jsonb_each($2)", NONE.to_owned());
        writes.rows_and("insert into b select $1, $3, $4 from jsonb_each($2)", "[2]".to_owned(), &[8, 9]);
        writes.numbers("insert into c values ($1, $2, $3)", &[10, 11]);
        assert_eq!(
            at_once(&writes.statements),
            "with w0 as (insert into a select $1, v from jsonb_each($2)), \
             w1 as (insert into b select $1, $4, $5 from jsonb_each($3)), \
             w2 as (insert into c values ($1, $6, $7)) select 1"
        );
    }
}
