//! Sessions in our own store: 30 minutes idle, 12 hours at most, checked by our clock and kept under a hash.

use crate::domain::id::PersonId;
use crate::domain::retention::SESSION_LASTS;
use crate::domain::time::{DAY, MINUTE, Millis};
use crate::server::error;
use crate::server::store::{System, SystemTx, Trail};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error as StoreError, Result, SessionStore};

/// The name of the session's cookie. On https nothing but this host can set it; elsewhere the port tells instances on one host apart, for
/// browsers do not.
pub fn cookie_name(is_https: bool, port: u16) -> String {
    if is_https { "__Host-attest_session".to_owned() } else { format!("attest_session_{port}") }
}
/// Without a request for this long a session is over.
pub const IDLE: i64 = 30 * MINUTE;
/// The time of the last request is written no more often than this.
const TOUCH_EVERY: i64 = MINUTE;
/// Where a session keeps who it belongs to, and the browser and address that it was made from.
pub const PERSON: &str = "person";
pub const AGENT: &str = "agent";
pub const ADDRESS: &str = "address";
/// Where it keeps when they last proved that it is them.
pub const CONFIRMED: &str = "confirmed_at";
/// Where it keeps since when the second factor is there that it was made with.
pub const FACTOR: &str = "second_factor_at";
/// Where a session from before sign-in keeps whose password was right, while a code is asked for.
pub const HALF: &str = "half_signed_in";

/// The sessions of pages, or of the polling island: that one never renews.
#[derive(Clone, Debug)]
pub struct Sessions {
    system: System,
    renews: bool,
}

impl Sessions {
    pub fn of_pages(system: System) -> Self {
        Self { system, renews: true }
    }

    pub fn of_polling(system: System) -> Self {
        Self { system, renews: false }
    }
}

/// Sessions that nobody can use any more were last seen, or made, before these.
pub fn over_before(now: Millis) -> (Millis, Millis) {
    (now.minus(IDLE), now.minus(SESSION_LASTS))
}

/// What a session is kept under.
pub fn key(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_le_bytes()).to_vec()
}

/// The browser and the address that a stored session was made from; empty where nothing was said.
pub fn origin(data: &str) -> (String, String) {
    let data: HashMap<String, serde_json::Value> = serde_json::from_str(data).unwrap_or_default();
    let text = |name: &str| data.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    (text(AGENT), text(ADDRESS))
}

fn failed(error: error::Error) -> StoreError {
    StoreError::Backend(error.to_string())
}

fn stored(record: &Record) -> Result<(Option<PersonId>, String)> {
    let data = serde_json::to_string(&record.data).map_err(|error| StoreError::Encode(error.to_string()))?;
    let person = record.data.get(PERSON).and_then(|id| PersonId::parse(id.as_str()?));
    Ok((person, data))
}

/// What is written of a session; each is a transaction of its own.
#[derive(Clone, Debug)]
enum SessionWrite {
    Add { person: Option<PersonId>, data: String },
    Save { person: Option<PersonId>, data: String },
    Touch,
    End,
}

impl SessionWrite {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Add { .. } => "a new session",
            Self::Save { .. } => "a session's data",
            Self::Touch => "a session was used",
            Self::End => "a session ended",
        }
    }
}

impl Sessions {
    async fn write(&self, id: &Id, write: SessionWrite) -> Result<()> {
        let key = key(id);
        let work = move |tx| write_once(tx, key.clone(), write.clone());
        self.system.transaction(work).await.map_err(failed)
    }
}

async fn write_once(mut tx: SystemTx, key: Vec<u8>, write: SessionWrite) -> error::Result<()> {
    match &write {
        SessionWrite::Add { person, data } => tx.add_session(&key, *person, data).await?,
        SessionWrite::Save { person, data } => tx.save_session(&key, *person, data).await?,
        SessionWrite::Touch => tx.touch_session(&key).await?,
        SessionWrite::End => tx.end_session(&key).await?,
    }
    tx.commit(Trail::Unaudited(write.as_str())).await
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        record.id = Id(i128::from_le_bytes(self.system.ids().random()));
        let (person, data) = stored(record)?;
        self.write(&record.id, SessionWrite::Add { person, data }).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (person, data) = stored(record)?;
        self.write(&record.id, SessionWrite::Save { person, data }).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let mut view = self.system.system_view().await.map_err(failed)?;
        let Some(session) = view.session(&key(id)).await.map_err(failed)? else { return Ok(None) };
        let (seen_before, made_before) = over_before(view.now);
        // One of a later day was made while our clock was ahead, and would last until then.
        let is_over = session.seen_at < seen_before || session.created_at < made_before;
        if is_over || session.created_at > view.now.plus(DAY) {
            return Ok(None);
        }
        let stale = session.seen_at < view.now.minus(TOUCH_EVERY);
        drop(view);
        if stale && self.renews {
            // A store that cannot be written can still be read; an unwritten time only ends the session sooner.
            if let Err(error) = self.write(id, SessionWrite::Touch).await {
                tracing::warn!(%error, "a session's last use was not written");
            }
        }
        let data: HashMap<_, _> =
            serde_json::from_str(&session.data).map_err(|error| StoreError::Decode(error.to_string()))?;
        // The limits above are ours; the library only wants a date that is not yet over.
        let expiry_date =
            time::OffsetDateTime::from_unix_timestamp(session.created_at.plus(2 * SESSION_LASTS).0 / 1000)
                .map_err(|error| StoreError::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.write(id, SessionWrite::End).await
    }
}
