//! Passwords: argon2id, off the async threads, at most two at once.

use super::turns::{Rank, Turns};
use crate::domain::error::Problem;
use crate::server::clock::Ids;
use crate::server::error::{Error, Result};
use crate::server::secret::Key;
use crate::server::store::Keyring;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, KeyId, Params, ParamsBuilder, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::LazyLock;

/// KiB of memory and passes. Source: OWASP's password storage cheat sheet (argon2id, 19 MiB, 2 passes, 1 lane).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// More at once would let sign-ins starve everything else of memory and cores.
const AT_ONCE: usize = 2;
const SHORTEST: usize = 12;
const LONGEST: usize = 128;
/// So much of a password is judged, in characters: what is hard to guess so far is. Of all 128 somebody could choose some that
/// take seconds.
const JUDGED: usize = 40;
/// zxcvbn's scale is 0 to 4.
const STRONG_ENOUGH: u8 = 3;

/// Hashes and verifies passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    ids: Ids,
    keyring: Keyring,
    turns: Turns,
}

/// What a password is beside a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right {
        /// Whether the hash was made otherwise than hashes are made now: without a pepper, by an older key, or cheaper.
        is_outdated: bool,
    },
}

impl Passwords {
    pub fn new(ids: Ids, keyring: Keyring) -> Self {
        Self { ids, keyring, turns: Turns::new(AT_ONCE) }
    }

    /// The password's hash in PHC form. What it is peppered with lies outside the database; the form's `keyid` says which
    /// generation of the installation's keys it was.
    pub async fn hash(&self, password: SecretString) -> Result<String> {
        let (salt, keyring) = (self.ids.random::<16>(), self.keyring.now());
        self.off_thread(Rank::Fresh, move || {
            let generation = keyring.in_use();
            let pepper = keyring.pepper(generation).ok_or_else(unknown_key)?;
            let argon2 = argon2(Some(&pepper), params(Some(generation))?)?;
            let hash = argon2.hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(Error::internal)
        })
        .await?
    }

    /// Whether the password is the one behind `hash`; without a hash it costs the same, and is not. `rank` says who waits
    /// before whom.
    pub async fn verify(&self, rank: Rank, password: SecretString, hash: Option<String>) -> Result<Verdict> {
        let keyring = self.keyring.now();
        self.off_thread(rank, move || {
            // Made by whoever asks first, so that an unknown person never takes longer than a known one.
            LazyLock::force(&NOBODY);
            let stored = PasswordHash::new(hash.as_deref().unwrap_or(&NOBODY)).map_err(Error::internal)?;
            let made = Params::try_from(&stored).map_err(Error::internal)?;
            // One that was made before there were peppers names no key.
            let pepper = match <[u8; 8]>::try_from(made.keyid()) {
                Ok(generation) => Some(keyring.pepper(i64::from_be_bytes(generation)).ok_or_else(unknown_key)?),
                Err(_) => None,
            };
            let argon2 = argon2(pepper.as_ref(), Params::default())?;
            let same = argon2.verify_password(password.expose_secret().as_bytes(), &stored).is_ok();
            if !same || hash.is_none() {
                return Ok(Verdict::Wrong);
            }
            let now = params(Some(keyring.in_use()))?;
            let how = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost(), params.keyid().to_vec());
            Ok(Verdict::Right { is_outdated: how(&made) != how(&now) })
        })
        .await?
    }

    async fn off_thread<T: Send + 'static>(&self, rank: Rank, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = self.turns.take(rank).await?;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(Error::internal)
    }
}

fn unknown_key() -> Error {
    Error::Internal("a password's hash names a key that this installation does not have".to_owned())
}

/// What a password that nobody has is compared with, at the same cost.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let hash = params(None)
        .and_then(|params| argon2(None, params))
        .and_then(|argon2| argon2.hash_password_with_salt(b"nobody's", b"no-one-is-here--").map_err(Error::internal));
    hash.map(|hash| hash.to_string()).unwrap_or_default()
});

/// How dear a hash is, and by which generation of the keys it is peppered.
fn params(generation: Option<i64>) -> Result<Params> {
    let mut params = ParamsBuilder::new();
    params.m_cost(MEMORY_KIB).t_cost(PASSES).p_cost(1);
    if let Some(generation) = generation {
        params.keyid(KeyId::new(&generation.to_be_bytes()).map_err(Error::internal)?);
    }
    params.build().map_err(Error::internal)
}

fn argon2(pepper: Option<&Key>, params: Params) -> Result<Argon2<'_>> {
    let pepper = pepper.map_or(&[][..], |pepper| &pepper.bytes()[..]);
    Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, params).map_err(Error::internal)
}

/// Whether a password may be chosen: 12 to 128 characters that are hard to guess, also from the person's own name,
/// e-mail and workspace; no rules of composition.
pub fn acceptable(password: &SecretString, known: &[&str]) -> Result<(), Problem> {
    strength(password, known).1
}

/// How hard a password is to guess, from 0 to 4, and whether it may be chosen.
pub fn strength(password: &SecretString, known: &[&str]) -> (u8, Result<(), Problem>) {
    let password = password.expose_secret();
    let length = password.chars().count();
    if length > LONGEST {
        return (0, Err(Problem::PasswordLength));
    }
    let begun: String = password.chars().take(JUDGED).collect();
    let score = u8::from(zxcvbn::zxcvbn(&begun, known).score());
    let verdict = match score {
        _ if length < SHORTEST => Err(Problem::PasswordLength),
        ..STRONG_ENOUGH => Err(Problem::PasswordWeak),
        _ => Ok(()),
    };
    (score, verdict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::clock::SystemClock;
    use std::sync::Arc;

    fn passwords(generations: &[i64]) -> Passwords {
        Passwords::new(Ids::new(Arc::new(SystemClock::default())), Keyring::of_generations(generations))
    }

    const RIGHT: &str = "correct horse battery";

    async fn verdict(passwords: &Passwords, password: &str, hash: &str) -> Verdict {
        passwords.verify(Rank::Known, password.into(), Some(hash.to_owned())).await.unwrap()
    }

    #[tokio::test]
    async fn a_hash_verifies_only_its_own_password() {
        let passwords = passwords(&[1]);
        let hash = passwords.hash(RIGHT.into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid=AAAAAAAAAAE$"), "{hash}");
        assert_eq!(verdict(&passwords, RIGHT, &hash).await, Verdict::Right { is_outdated: false });
        assert_eq!(verdict(&passwords, "another horse battery", &hash).await, Verdict::Wrong);
        assert_eq!(passwords.verify(Rank::Known, "nobody's".into(), None).await.unwrap(), Verdict::Wrong);
    }

    /// What a thief of the database alone can try offline: nothing, for the pepper is not in it.
    #[tokio::test]
    async fn a_hash_proves_nothing_without_its_pepper() {
        let (ours, rotated) = (passwords(&[1]), passwords(&[1, 2]));
        let hash = ours.hash(RIGHT.into()).await.unwrap();
        let without = hash.replace(",keyid=AAAAAAAAAAE", "");
        assert_eq!(verdict(&ours, RIGHT, &without).await, Verdict::Wrong);
        assert!(
            passwords(&[2]).verify(Rank::Known, RIGHT.into(), Some(hash.clone())).await.is_err(),
            "a key that there is not"
        );
        assert_eq!(verdict(&rotated, RIGHT, &hash).await, Verdict::Right { is_outdated: true });
        let renewed = rotated.hash(RIGHT.into()).await.unwrap();
        assert_eq!(verdict(&rotated, RIGHT, &renewed).await, Verdict::Right { is_outdated: false });
    }

    #[tokio::test]
    async fn hashes_from_before_peppers_hold_and_are_outdated() {
        let argon2 = argon2(None, params(None).unwrap()).unwrap();
        let old = argon2.hash_password_with_salt(RIGHT.as_bytes(), b"sixteen bytes ..").unwrap().to_string();
        assert!(old.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{old}");
        let passwords = passwords(&[1]);
        assert_eq!(verdict(&passwords, RIGHT, &old).await, Verdict::Right { is_outdated: true });
        assert_eq!(verdict(&passwords, "another horse battery", &old).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn every_character_counts_and_no_two_hashes_are_the_same() {
        let passwords = passwords(&[1]);
        let typed = " plum 🪐 cactus  41 ";
        assert_eq!(acceptable(&typed.into(), &[]), Ok(()));
        let (one, other) = (passwords.hash(typed.into()).await.unwrap(), passwords.hash(typed.into()).await.unwrap());
        assert_ne!(one, other, "each has a salt of its own");
        assert_eq!(one.split('$').nth(4).map(str::len), Some(22), "16 bytes of it: {one}");
        for near in ["plum 🪐 cactus  41", " plum 🪐 cactus 41 ", " plum  cactus  41 ", " Plum 🪐 cactus  41 "] {
            assert_eq!(verdict(&passwords, near, &one).await, Verdict::Wrong, "{near}");
        }
        assert_eq!(verdict(&passwords, typed, &other).await, Verdict::Right { is_outdated: false });
    }

    #[test]
    fn no_password_takes_long_to_judge() {
        for part in ["4@8({[<3691!|7$5+%20Aa", "4@8({[<369!1|7$5+%20xz", "aA1!"] {
            let typed: String = part.chars().cycle().take(LONGEST).collect();
            let begun = tokio::time::Instant::now();
            let _ = acceptable(&typed.into(), &[]);
            assert!(begun.elapsed().as_millis() < 500, "{part}: {:?}", begun.elapsed());
        }
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
