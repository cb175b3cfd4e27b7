//! How SQLite's log gets into the file.

use super::address::{Address, CHECKPOINTS_WAIT, sqlite_options};
use crate::server::error::{Error, Result};
use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions, Connection};
use std::sync::Arc;

/// Copies the log by a connection that it keeps while all goes well.
#[derive(Debug)]
pub struct Copier {
    address: Arc<Address>,
    connection: Option<SqliteConnection>,
    /// Whether somebody reads what was true earlier, so that not all could be copied between two commits. Each try looks
    /// through the whole log again, which grows meanwhile.
    pub held_up: bool,
}

impl Copier {
    pub fn new(address: Arc<Address>) -> Self {
        Self { address, connection: None, held_up: false }
    }

    /// Copies the log into the file; returns whether all was copied.
    pub async fn copy_log(&mut self) -> Result<bool> {
        self.is_copied("pragma wal_checkpoint(passive)").await
    }

    /// The same, and empties it; returns whether that was done, for somebody may read what it has of an earlier moment.
    pub async fn empty_log(&mut self) -> Result<bool> {
        // Most is copied before anybody has to wait.
        self.copy_log().await?;
        self.is_copied("pragma wal_checkpoint(truncate)").await
    }

    /// Whether all was done. The connection stays where it is meanwhile, so that whoever closes it finds it.
    async fn is_copied(&mut self, how: &'static str) -> Result<bool> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let answer = sqlx::query_as(how).fetch_one(self.connection.insert(connection)).await;
        if answer.is_err() {
            self.close().await;
        }
        let (busy, pages, copied): (i64, i64, i64) = answer?;
        Ok(busy == 0 && pages == copied)
    }

    /// One that waits only a moment for others: whoever writes waits for it meanwhile.
    async fn connect(&self) -> Result<SqliteConnection> {
        let Address::Sqlite(path) = &*self.address else {
            return Err(Error::Internal("only SQLite has a log to copy".to_owned()));
        };
        // A file that was taken away meanwhile is not made anew.
        let options = sqlite_options(path).create_if_missing(false);
        Ok(options.busy_timeout(CHECKPOINTS_WAIT).connect().await?)
    }

    /// Ends its connection. The last one to a file copies the log and removes it.
    pub async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            // It is gone either way.
            let _ = connection.close().await;
        }
    }
}
