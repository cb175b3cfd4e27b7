//! The event stream's way to a connection: an input whose secret was checked.

use super::Store;
use super::credential::{InputKey, OldSecret};
use crate::domain::error::Refusal;
use crate::domain::id::{InputId, WorkspaceId};
use crate::domain::input::OLD_SECRET_LASTS;
use crate::domain::placeholder::Placeholders;
use crate::domain::time::{MINUTE, Millis};
use crate::server::error::Result;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// How long what was read of an input's key is believed, in milliseconds: so long a secret that was ended still
/// works. A pause holds at once, for it is read with what is stored.
pub const READ_AGAIN: i64 = 2000;

/// Permission to send events into one input.
#[derive(Clone, Copy, Debug)]
pub struct InputGrant {
    pub(super) workspace: WorkspaceId,
    pub(super) input: InputId,
    requests_per_second: Option<i64>,
    placeholders: Placeholders,
    /// The hash of the secret, where its use is to be noted.
    noted: Option<[u8; 32]>,
}

impl InputGrant {
    /// The hash of the secret, where its use is to be noted: the first of the present one, each minute's of the one before.
    pub fn noted(&self) -> Option<Vec<u8>> {
        self.noted.map(Vec::from)
    }

    pub fn input(&self) -> InputId {
        self.input
    }

    /// The input, and how many requests it may send in a second.
    pub fn rate(&self) -> (WorkspaceId, InputId, Option<i64>) {
        (self.workspace, self.input, self.requests_per_second)
    }

    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// What it makes of placeholders.
    pub fn placeholders(&self) -> Placeholders {
        self.placeholders
    }
}

/// Keys of inputs as they were read a moment ago.
#[derive(Debug, Default)]
pub(super) struct Keys(Mutex<HashMap<String, (Millis, InputKey)>>);

impl Store {
    /// What belongs to a key, at most [`READ_AGAIN`] old.
    async fn known_key(&self, key: &str) -> Result<Option<InputKey>> {
        let now = self.clock.now();
        let recent = |read: &Millis| (0..READ_AGAIN).contains(&(now.0 - read.0));
        let known = self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some((_, known)) = known.filter(|(read, _)| recent(read)) {
            return Ok(Some(known));
        }
        // In a box, as what a question of the database needs would else be in the future of every request, and be moved with it.
        let found = Box::pin(self.input_key(key)).await?;
        let mut keys = self.keys.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &found {
            Some(found) => keys.insert(key.to_owned(), (now, found.clone())),
            None => keys.remove(key),
        };
        Ok(found)
    }

    /// So that the requests that follow at once do not note it too.
    fn note_secret(&self, key: &str, hash: &[u8], now: Millis) {
        let mut keys = self.keys.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, known)) = keys.get_mut(key) else { return };
        match &mut known.old_secret {
            Some(old) if old.hash == hash => old.used_at = Some(now),
            _ => known.is_used = true,
        }
    }

    /// Checks a key and its secret; one and the same answer for an unknown key, a wrong secret and a paused input.
    pub async fn input_grant(&self, key: &str, secret: &str) -> Result<InputGrant> {
        let given = Sha256::digest(secret);
        let known = self.known_key(key).await?;
        // Compared even when there is no such key, so that the answer takes as long.
        let nobody = || InputKey {
            workspace_id: WorkspaceId(0),
            input_id: InputId(0),
            secret_hash: vec![0; 32],
            is_used: true,
            old_secret: None,
            paused: true,
            requests_per_second: None,
            takes_placeholders: false,
        };
        let known = known.unwrap_or_else(nobody);
        let now = self.clock.now();
        // One that would last longer was made while the clock was ahead.
        let works = |old: &&OldSecret| old.until > now && old.until <= now.plus(2 * OLD_SECRET_LASTS);
        let old = known.old_secret.as_ref().filter(works);
        let is_new = bool::from(known.secret_hash.ct_eq(&given[..]));
        let old = old.filter(|old| bool::from(old.hash.ct_eq(&given[..])) && !is_new);
        let is_right = is_new || old.is_some();
        if is_right && !known.paused {
            // Of the old one it is enough to know the minute, of the new one that it was.
            let notes = match old {
                Some(old) => old.used_at.is_none_or(|used| now >= used.plus(MINUTE)),
                None => !known.is_used,
            };
            if notes {
                self.note_secret(key, &given[..], now);
            }
            let (workspace, input) = (known.workspace_id, known.input_id);
            let placeholders = if known.takes_placeholders { Placeholders::Ids } else { Placeholders::Absent };
            Ok(InputGrant {
                workspace,
                input,
                requests_per_second: known.requests_per_second,
                placeholders,
                noted: notes.then(|| given.into()),
            })
        } else {
            Err(if is_right { Refusal::InputPaused.into() } else { Refusal::Forbidden.into() })
        }
    }
}
