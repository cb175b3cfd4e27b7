//! The keys of an installation. They lie in the database sealed by the installation's secret, one for each generation;
//! what they are used for follows from them.

mod open;
mod rotate;

use super::Store;
use super::seal::Sealer;
use crate::domain::audit::{NextKey, Succession};
use crate::domain::time::{MINUTE, Millis};
use crate::server::error::{Error, Result};
use crate::server::secret::signing::{Signed, Signer};
use crate::server::secret::{InstallationSecret, Key};
pub(super) use open::open_keyring;
use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, PoisonError, RwLock};

/// The generation of the key that 0.1.0 kept in clear. Nothing new is made with it; advertising ids stay sealed by it.
const KEPT_IN_CLEAR: i64 = 0;
const FIRST: i64 = 1;
/// How long after it was made a further key is used, in milliseconds: by then each process has read it, so that none meets
/// what was made with a key that it does not know.
const USED_AFTER: i64 = 2 * MINUTE;

/// The keys as this process knows them; cheap to clone, and all clones learn of new ones together.
#[derive(Clone)]
pub struct Keyring(Arc<Known>);

struct Known {
    secret: InstallationSecret,
    keys: RwLock<Arc<OpenKeys>>,
}

impl Debug for Keyring {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({:?})", self.now())
    }
}

impl Keyring {
    pub(crate) fn new(secret: InstallationSecret, keys: OpenKeys) -> Self {
        Self(Arc::new(Known { secret, keys: RwLock::new(Arc::new(keys)) }))
    }

    /// One of these generations, the first of which seals advertising ids; each is in use as soon as it is there.
    #[cfg(test)]
    pub(crate) fn of_generations(generations: &[i64]) -> Self {
        let key = |generation: &i64| (*generation, (Key::from([*generation as u8 + 1; 32]), Millis(0)));
        let keys = OpenKeys::new(generations.iter().map(key).collect(), generations[0], Millis(USED_AFTER));
        Self::new([1; 32].into(), keys.expect("keys"))
    }

    /// The keys of now.
    pub fn now(&self) -> Arc<OpenKeys> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Store {
    /// Learns of keys that another process made, and begins to use them when it is time.
    ///
    /// # Errors
    /// [`Error::Internal`] when the installation has another secret by now, or a key that was there is gone; then the keys
    /// stay as they are.
    pub async fn follow_keys(&self) -> Result<()> {
        let Known { secret, keys } = &*self.keyring.0;
        let opened = open::open_with(&self.db, secret, self.clock.now()).await?;
        let opened = opened.ok_or_else(|| {
            Error::Internal(
                "the keys in the database were sealed with another secret: start this process with it".into(),
            )
        })?;
        let mut keys = keys.write().unwrap_or_else(PoisonError::into_inner);
        if opened.newest() < keys.newest() {
            return Err(Error::Internal(format!("the key of generation {} is missing in the database", keys.newest())));
        }
        *keys = Arc::new(opened);
        Ok(())
    }
}

/// The open keys of all generations.
#[derive(Debug)]
pub struct OpenKeys {
    in_use: i64,
    generations: BTreeMap<i64, (Key, Millis)>,
    sealer: Sealer,
    look_ups: Key,
    signer: Signer,
    /// What signs for each generation, and since when it is there.
    signers: Vec<(Signer, Millis)>,
    /// The keys that others check its signatures with.
    signing_keys: Vec<String>,
}

impl OpenKeys {
    /// Of keys with the moments at which they were made.
    pub(crate) fn new(generations: BTreeMap<i64, (Key, Millis)>, ids_sealed_by: i64, now: Millis) -> Result<Self> {
        let missing = || Error::Internal("a key of this installation is missing in its database".to_owned());
        let (sealing, _) = generations.get(&ids_sealed_by).ok_or_else(missing)?;
        let sealer = match ids_sealed_by {
            KEPT_IN_CLEAR => Sealer::of_kept_in_clear(sealing)?,
            _ => Sealer::new(sealing.derived("attest: advertising ids")),
        };
        let usable = || generations.range(FIRST..);
        let first = usable().next().ok_or_else(missing)?;
        let is_due = |(_, (_, made)): &(&i64, &(Key, Millis))| made.plus(USED_AFTER) <= now;
        let (in_use, (key, _)) = usable().skip(1).filter(is_due).last().unwrap_or(first);
        let (in_use, look_ups, signer) = (*in_use, key.derived("attest: look-ups"), signer_of(key)?);
        let signers: Vec<(Signer, Millis)> =
            usable().map(|(_, (key, made))| Ok((signer_of(key)?, *made))).collect::<Result<_>>()?;
        let signing_keys = signers.iter().map(|(signer, _)| signer.public()).collect();
        Ok(Self { in_use, generations, sealer, look_ups, signer, signers, signing_keys })
    }

    /// The generation by which everything new is made.
    pub fn in_use(&self) -> i64 {
        self.in_use
    }

    /// Seals advertising ids.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The key of the keyed hashes under which look-ups are recorded.
    pub fn look_ups(&self) -> &Key {
        &self.look_ups
    }

    /// What marks browsers that somebody signed in by, the key of now first.
    pub fn known_browsers(&self) -> impl Iterator<Item = Key> + use<'_> {
        self.newest_first().map(|key| key.derived("attest: known browsers"))
    }

    /// What seals the secrets of authenticator apps; `None` for a generation that there is not.
    pub fn second_factors(&self, generation: i64) -> Option<Key> {
        self.generations.get(&generation).map(|(key, _)| key.derived("attest: second factors"))
    }

    /// What seals mails that wait; `None` for a generation that there is not.
    pub fn mails(&self, generation: i64) -> Option<Key> {
        self.generations.get(&generation).map(|(key, _)| key.derived("attest: mails"))
    }

    /// What recovery codes are hashed with, the key of now first.
    pub fn recovery_codes(&self) -> impl Iterator<Item = Key> + use<'_> {
        self.newest_first().map(|key| key.derived("attest: recovery codes"))
    }

    /// The key of now, and then all others.
    fn newest_first(&self) -> impl Iterator<Item = &Key> + use<'_> {
        let others = self.generations.range(FIRST..).filter(|(generation, _)| **generation != self.in_use);
        self.generations.get_key_value(&self.in_use).into_iter().chain(others).map(|(_, (key, _))| key)
    }

    /// Signs the log's checkpoints.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The keys that others check its signatures with, in base64, the newest last.
    pub fn signing_keys(&self) -> &[String] {
        &self.signing_keys
    }

    /// For each key but the first that the one before it says so: whoever trusts the first can trust the last.
    pub fn next_keys(&self) -> Vec<Signed<NextKey>> {
        let pairs = self.signers.windows(2).filter_map(|pair| {
            let [(old, _), (new, made)] = pair else { return None };
            let (key, next) = (old.public(), new.public());
            old.sign(NextKey { attest: Succession::NextKey, v: 1, key, next, at_ms: *made })
        });
        pairs.collect()
    }

    /// The newest generation that this process knows, in use or not yet.
    pub fn newest(&self) -> i64 {
        self.generations.last_key_value().map_or(KEPT_IN_CLEAR, |(generation, _)| *generation)
    }

    /// What is hashed together with passwords; `None` for a generation that there is not.
    pub fn pepper(&self, generation: i64) -> Option<Key> {
        self.generations.get(&generation).map(|(key, _)| key.derived("attest: passwords"))
    }
}

fn signer_of(key: &Key) -> Result<Signer> {
    Signer::new(&key.derived("attest: audit checkpoints"))
        .ok_or_else(|| Error::Internal("a key cannot sign".to_owned()))
}
