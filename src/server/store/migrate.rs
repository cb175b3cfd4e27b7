//! Bringing the schema up to date, safely with several processes starting at once.

use super::db::Db;
use super::file::lock_beside;
use super::plan_sizes::write_plan_sizes;
use super::pools::Pools;
use crate::server::error::{Error, Result};
use sqlx::migrate::{MigrateError, Migrator};
use std::fs::File;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Applies what is missing.
pub async fn run(db: &Db) -> Result<()> {
    let done = match db.pools().await {
        Pools::Sqlite { writer, .. } => {
            // SQLite has no lock of its own around several migrations; Postgres' migrator takes an advisory one.
            let path = db.path().map(|path| lock_beside(path, "migrate")).unwrap_or_default();
            let wait = tokio::task::spawn_blocking(move || {
                let file = File::create(path)?;
                file.lock()?;
                Ok::<File, std::io::Error>(file)
            });
            let lock = wait.await.map_err(Error::internal)?.map_err(|error| Error::Unavailable(error.to_string()))?;
            let done = SQLITE.run(&writer).await;
            if done.is_ok() {
                write_plan_sizes(&writer).await?;
            }
            drop(lock);
            done
        }
        Pools::Postgres(pools) => POSTGRES.run(&pools.job).await,
    };
    done.map_err(|error| match error {
        MigrateError::Execute(error) => error.into(),
        MigrateError::VersionMissing(newer) => Error::Internal(format!(
            "this database was brought up to date by a newer Attest (its schema is {newer}, and this one knows {}): run that version or a later one",
            SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default()
        )),
        MigrateError::VersionMismatch(version) => Error::Internal(format!(
            "this database was made by an Attest that was never released (its schema {version} is another one): begin with a fresh one"
        )),
        other => Error::Internal(format!("the schema could not be brought up to date: {other}")),
    })
}

/// Whether every migration we know has been applied.
pub async fn check(db: &Db) -> Result<()> {
    const APPLIED: &str = "select count(*) from _sqlx_migrations where success";
    let (applied, known): (i64, usize) = match db.pools().await {
        Pools::Sqlite { readers, .. } => {
            (sqlx::query_scalar(APPLIED).fetch_one(&readers.caller).await?, SQLITE.iter().count())
        }
        Pools::Postgres(pools) => {
            (sqlx::query_scalar(APPLIED).fetch_one(&pools.caller).await?, POSTGRES.iter().count())
        }
    };
    if usize::try_from(applied).is_ok_and(|applied| applied >= known) {
        Ok(())
    } else {
        Err(Error::Unavailable("the schema is not up to date".into()))
    }
}
