//! Passwords: argon2id, off the async threads, at most two at once.

use crate::domain::error::Problem;
use crate::server::clock::Ids;
use crate::server::error::{Error, Result};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::Semaphore;

/// KiB of memory and passes. Source: OWASP's password storage cheat sheet (argon2id, 19 MiB, 2 passes, 1 lane).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// More at once would let sign-ins starve everything else of memory and cores.
const AT_ONCE: usize = 2;
/// After a longer wait for a turn the request fails, to be tried again.
const LONGEST_QUEUE: Duration = Duration::from_secs(10);
const SHORTEST: usize = 12;
const LONGEST: usize = 128;
/// zxcvbn's scale is 0 to 4.
const STRONG_ENOUGH: u8 = 3;

/// Hashes and verifies passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    ids: Ids,
    at_once: Arc<Semaphore>,
}

impl Passwords {
    pub fn new(ids: Ids) -> Self {
        Self { ids, at_once: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The password's hash in PHC form.
    pub async fn hash(&self, password: SecretString) -> Result<String> {
        let salt = self.ids.random::<16>();
        self.off_thread(move || {
            use argon2::PasswordHasher;
            let hash = argon2().hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(Error::internal)
        })
        .await?
    }

    /// Whether the password is the one behind `hash`; without a hash it costs the same, and is not.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool> {
        self.off_thread(move || {
            // Made by whoever asks first, so that an unknown person never takes longer than a known one.
            LazyLock::force(&NOBODY);
            let stored = hash.as_deref().unwrap_or(&NOBODY);
            let parsed = PasswordHash::new(stored).map_err(Error::internal)?;
            let same = argon2().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
            Ok(same && hash.is_some())
        })
        .await?
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(LONGEST_QUEUE, self.at_once.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Error::Unavailable("too many sign-ins at once".to_owned()))?;
        let permit = turn.map_err(Error::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(Error::internal)
    }
}

/// What a password that nobody has is compared with, at the same cost.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    use argon2::PasswordHasher;
    let hash = argon2().hash_password_with_salt(b"nobody's", b"no-one-is-here--");
    hash.map(|hash| hash.to_string()).unwrap_or_default()
});

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Whether a password may be chosen: 12 to 128 characters that are hard to guess, also from the person's own name,
/// e-mail and workspace; no rules of composition.
pub fn acceptable(password: &SecretString, known: &[&str]) -> Result<(), Problem> {
    let password = password.expose_secret();
    if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
        return Err(Problem::PasswordLength);
    }
    let score = u8::from(zxcvbn::zxcvbn(password, known).score());
    if score < STRONG_ENOUGH { Err(Problem::PasswordWeak) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::clock::SystemClock;

    #[tokio::test]
    async fn a_hash_verifies_only_its_own_password() {
        let passwords = Passwords::new(Ids::new(Arc::new(SystemClock::default())));
        let hash = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("another horse battery".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("nobody's".into(), None).await.unwrap());
    }

    #[test]
    fn weak_passwords_are_named() {
        let ask = |text: &str| acceptable(&text.into(), &["Ada Lovelace", "ada@example.com"]);
        assert_eq!(ask("short"), Err(Problem::PasswordLength));
        assert_eq!(ask(&"x".repeat(129)), Err(Problem::PasswordLength));
        assert_eq!(ask("passwordpassword"), Err(Problem::PasswordWeak));
        assert_eq!(ask("ada@example.com"), Err(Problem::PasswordWeak));
        assert_eq!(ask("plum orbit cactus 41"), Ok(()));
    }
}
