//! Opening the keys when a process begins, or making them where there are none yet.

use super::{FIRST, KEPT_IN_CLEAR, Keyring, OpenKeys};
use crate::domain::time::Millis;
use crate::server::clock::Ids;
use crate::server::error::{Error, Result};
use crate::server::secret::file::{beside, make, read};
use crate::server::secret::{InstallationSecret, Key};
use crate::server::store::db::{Db, Tx, on};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Where the secret was found.
enum Found {
    /// In the settings.
    Given(InstallationSecret),
    /// In the file beside a SQLite database.
    Beside(PathBuf, InstallationSecret),
}

impl Found {
    fn secret(&self) -> &InstallationSecret {
        match self {
            Self::Given(secret) | Self::Beside(_, secret) => secret,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Given(_) => "the secret in the settings (ATTEST_SECRET_KEY or ATTEST_SECRET_KEY_FILE)".to_owned(),
            Self::Beside(path, _) => path.display().to_string(),
        }
    }
}

/// A generation's key as it lies in the database.
#[derive(sqlx::FromRow)]
struct SealedKey {
    generation: i64,
    sealed: Vec<u8>,
    created_at: Millis,
}

/// How often it is tried when another process does the same at once.
const TRIES: u32 = 6;
const STEP_BACK: Duration = Duration::from_millis(50);

/// Opens the keys by the secret that is given or, on SQLite, by that of the file beside the database. A database without
/// any gets them, and on SQLite that file.
///
/// # Errors
/// [`Error::Internal`] with a line that says what to do: the secret is missing, or another one.
pub(in crate::server::store) async fn open_keyring(
    db: &Db,
    given: Option<InstallationSecret>,
    ids: &Ids,
) -> Result<Keyring> {
    let is_new = db.read().await?.sealed_keys().await?.is_empty();
    let found = find_secret(db, given, is_new, ids)?;
    if is_new {
        let mut tries = 1;
        while let Err(error) = found_once(db.write().await?, found.secret(), ids).await {
            match error {
                Error::Again(_) if tries < TRIES => tokio::time::sleep(STEP_BACK * tries).await,
                error => return Err(error),
            }
            tries += 1;
        }
    }
    let opened = open_with(db, found.secret(), ids.clock().now()).await?;
    let keys = opened.ok_or_else(|| {
        Error::Internal(format!("{} is not the one that this database's keys were sealed with", found.name()))
    })?;
    Ok(Keyring::new(found.secret().clone(), keys))
}

/// Opens all keys that are there now; `None` where the secret is not the one that they were sealed with.
pub(super) async fn open_with(db: &Db, secret: &InstallationSecret, now: Millis) -> Result<Option<OpenKeys>> {
    const SEALED_BY: &str = "select ids_sealed_by from installation";
    let mut tx = db.read().await?;
    let mut generations = BTreeMap::new();
    for SealedKey { generation, sealed, created_at } in tx.sealed_keys().await? {
        let Some(key) = secret.open(generation, created_at, &sealed) else { return Ok(None) };
        generations.insert(generation, (key, created_at));
    }
    let sealed_by = on!(&mut tx, c => sqlx::query_scalar(SEALED_BY).fetch_one(c).await?);
    OpenKeys::new(generations, sealed_by, now).map(Some)
}

fn find_secret(db: &Db, given: Option<InstallationSecret>, is_new: bool, ids: &Ids) -> Result<Found> {
    if let Some(secret) = given {
        return Ok(Found::Given(secret));
    }
    let Some(path) = db.path().map(beside) else {
        let which = match is_new {
            true => "make one by `attest key make`, keep it, and",
            false => "it is the one that this database was begun with:",
        };
        return Err(Error::Internal(format!(
            "Postgres needs the installation's secret; {which} give it to every process as ATTEST_SECRET_KEY or in ATTEST_SECRET_KEY_FILE"
        )));
    };
    let secret = match read(&path).map_err(Error::Internal)? {
        Some(secret) => secret,
        None if is_new => make(&path, &InstallationSecret::from(ids.random())).map_err(Error::Internal)?,
        None => {
            return Err(Error::Internal(format!(
                "{} is missing, and this database's keys were sealed with it: put it back from where it is kept, or give it as ATTEST_SECRET_KEY",
                path.display()
            )));
        }
    };
    Ok(Found::Beside(path, secret))
}

/// Begins an installation, or takes the key of an older one out of the clear. The first of several that do it at once
/// decides.
async fn found_once(mut tx: Tx, secret: &InstallationSecret, ids: &Ids) -> Result<()> {
    const KEPT: &str = "select lookup_key from installation";
    const BEGIN: &str = "insert into installation (id, lookup_key, created_at, ids_sealed_by) values (1, $1, $2, $3)";
    const EMPTY: &str = "update installation set lookup_key = $1";
    if !tx.sealed_keys().await?.is_empty() {
        return Ok(());
    }
    let kept: Option<Vec<u8>> = on!(&mut tx, c => sqlx::query_scalar(KEPT).fetch_optional(c).await?);
    let (none, now): (&[u8], _) = (&[], ids.clock().now());
    match kept {
        // Somebody else begins at this moment.
        Some(kept) if kept.is_empty() => return Err(Error::Again("the keys are being made".to_owned())),
        Some(kept) => {
            let kept = <[u8; 32]>::try_from(kept)
                .map_err(|_| Error::Internal("the kept key has another length".to_owned()))?;
            tx.add_key(secret, KEPT_IN_CLEAR, &kept.into(), now).await?;
            on!(&mut tx, c => { sqlx::query(EMPTY).bind(none).execute(c).await?; });
        }
        None => {
            on!(&mut tx, c => { sqlx::query(BEGIN).bind(none).bind(now).bind(FIRST).execute(c).await?; });
        }
    }
    tx.add_key(secret, FIRST, &ids.random().into(), now).await?;
    tx.commit().await
}

impl Tx {
    async fn sealed_keys(&mut self) -> Result<Vec<SealedKey>> {
        const SQL: &str = "select generation, sealed, created_at from installation_keys order by generation";
        Ok(on!(self, c => sqlx::query_as(SQL).fetch_all(c).await?))
    }

    pub(super) async fn add_key(
        &mut self,
        secret: &InstallationSecret,
        generation: i64,
        key: &Key,
        now: Millis,
    ) -> Result<()> {
        const SQL: &str = "insert into installation_keys (generation, sealed, created_at) values ($1, $2, $3)";
        let sealed =
            secret.seal(generation, now, key).ok_or_else(|| Error::Internal("a key was not sealed".to_owned()))?;
        on!(self, c => { sqlx::query(SQL).bind(generation).bind(sealed).bind(now).execute(c).await?; });
        Ok(())
    }
}
