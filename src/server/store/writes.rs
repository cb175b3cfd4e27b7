//! Statements that only write, gathered and handed over at once: each way to a database costs as much as its rows.

use super::db::{NONE, Tx, on};
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
    statements: Vec<Statement>,
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

    /// Writes all of it: at once, or where workspaces are spread over machines one statement after another.
    pub async fn write(self, tx: &mut Tx, is_spread: bool) -> Result<()> {
        if self.statements.is_empty() {
            return Ok(());
        }
        if is_spread {
            for statement in self.statements {
                execute(tx, statement.0.to_owned(), self.workspace, [statement]).await?;
            }
            return Ok(());
        }
        let text = match tx {
            Tx::Sqlite(_) => one_after_another(&self.statements),
            Tx::Postgres(_) => together(&self.statements),
        };
        execute(tx, text, self.workspace, self.statements).await
    }
}

type Statement = (&'static str, Vec<Given>);

async fn execute(
    tx: &mut Tx,
    text: String,
    workspace: WorkspaceId,
    statements: impl IntoIterator<Item = Statement>,
) -> Result<()> {
    on!(tx, c => {
        let mut query = sqlx::query(AssertSqlSafe(text)).bind(workspace);
        for given in statements.into_iter().flat_map(|(_, given)| given) {
            query = match given {
                Given::Rows(rows) => query.bind(rows),
                Given::Number(number) => query.bind(number),
            };
        }
        query.execute(c).await?;
    });
    Ok(())
}

/// One text for SQLite, which takes several statements by one way to its thread.
fn one_after_another(statements: &[Statement]) -> String {
    numbered(statements).join("; ")
}

/// One statement for Postgres.
fn together(statements: &[Statement]) -> String {
    let named = numbered(statements).into_iter().enumerate().map(|(at, text)| format!("w{at} as ({text})"));
    format!("with {} select 1", named.collect::<Vec<_>>().join(", "))
}

/// The statements with their parameters numbered on from each other; `$1` stays the workspace.
fn numbered(statements: &[Statement]) -> Vec<String> {
    let mut before = 0;
    let number = |(sql, given): &Statement| {
        let mut parts = sql.split('$');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let number: usize = part[..digits].parse().unwrap_or_default();
            let number = if number == 1 { 1 } else { number + before };
            let _ = write!(text, "${number}{}", &part[digits..]);
        }
        before += given.len();
        text
    };
    statements.iter().map(number).collect()
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
            together(&writes.statements),
            "with w0 as (insert into a select $1, v from jsonb_each($2)), \
             w1 as (insert into b select $1, $4, $5 from jsonb_each($3)), \
             w2 as (insert into c values ($1, $6, $7)) select 1"
        );
        assert_eq!(
            one_after_another(&writes.statements),
            "insert into a select $1, v from jsonb_each($2); insert into b select $1, $4, $5 from jsonb_each($3); \
             insert into c values ($1, $6, $7)"
        );
    }
}
