//! Sessions in our own store: 30 minutes idle, 12 hours at most, checked by our clock and kept under a hash.

use crate::domain::id::PersonId;
use crate::domain::time::{HOUR, MINUTE, Millis};
use crate::server::error::Error;
use crate::server::store::{Event, Store, SystemTx};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error as StoreError, Result, SessionStore};

/// The name of the session's cookie.
pub const COOKIE: &str = "attest_session";
/// Without a request for this long a session is over.
pub const IDLE: i64 = 30 * MINUTE;
/// However much it is used.
pub const ABSOLUTE: i64 = 12 * HOUR;
/// The time of the last request is written no more often than this.
const TOUCH_EVERY: i64 = MINUTE;
/// Where a session keeps who it belongs to, and the browser and address that it was made from.
pub const PERSON: &str = "person";
pub const AGENT: &str = "agent";
pub const ADDRESS: &str = "address";

/// The sessions of pages, or of the polling island: that one never renews.
#[derive(Clone, Debug)]
pub struct Sessions {
    store: Store,
    renews: bool,
}

impl Sessions {
    pub fn of_pages(store: Store) -> Self {
        Self { store, renews: true }
    }

    pub fn of_polling(store: Store) -> Self {
        Self { store, renews: false }
    }
}

/// Sessions that nobody can use any more were last seen, or made, before these.
pub fn over_before(now: Millis) -> (Millis, Millis) {
    (now.minus(IDLE), now.minus(ABSOLUTE))
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

fn failed(error: Error) -> StoreError {
    StoreError::Backend(error.to_string())
}

fn stored(record: &Record) -> Result<(Option<PersonId>, String)> {
    let data = serde_json::to_string(&record.data).map_err(|error| StoreError::Encode(error.to_string()))?;
    let person = record.data.get(PERSON).and_then(|id| PersonId::parse(id.as_str()?));
    Ok((person, data))
}

/// What is written of a session; each is a transaction of its own.
#[derive(Clone, Debug)]
enum Write {
    Add { person: Option<PersonId>, data: String },
    Save { person: Option<PersonId>, data: String },
    Touch,
    End,
}

impl Write {
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
    async fn write(&self, id: &Id, write: Write) -> Result<()> {
        let key = key(id);
        let work = move |mut system: SystemTx| {
            let (key, write) = (key.clone(), write.clone());
            async move {
                match &write {
                    Write::Add { person, data } => system.add_session(&key, *person, data).await?,
                    Write::Save { person, data } => system.save_session(&key, *person, data).await?,
                    Write::Touch => system.touch_session(&key).await?,
                    Write::End => system.end_session(&key).await?,
                }
                system.commit(Event::Unaudited(write.as_str())).await
            }
        };
        self.store.system(work).await.map_err(failed)
    }
}

#[async_trait::async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        record.id = Id(i128::from_le_bytes(self.store.ids().random()));
        let (person, data) = stored(record)?;
        self.write(&record.id, Write::Add { person, data }).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (person, data) = stored(record)?;
        self.write(&record.id, Write::Save { person, data }).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let mut system = self.store.system_view().await.map_err(failed)?;
        let Some(session) = system.session(&key(id)).await.map_err(failed)? else { return Ok(None) };
        let (seen_before, made_before) = over_before(system.now);
        if session.seen_at < seen_before || session.created_at < made_before {
            return Ok(None);
        }
        let stale = session.seen_at < system.now.minus(TOUCH_EVERY);
        drop(system);
        if stale && self.renews {
            // A store that cannot be written can still be read; an unwritten time only ends the session sooner.
            if let Err(error) = self.write(id, Write::Touch).await {
                tracing::warn!(%error, "a session's last use was not written");
            }
        }
        let data: HashMap<_, _> =
            serde_json::from_str(&session.data).map_err(|error| StoreError::Decode(error.to_string()))?;
        // The limits above are ours; the library only wants a date that is not yet over.
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(session.created_at.plus(2 * ABSOLUTE).0 / 1000)
            .map_err(|error| StoreError::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.write(id, Write::End).await
    }
}
