//! Browsers that somebody signed in by before. Such a browser keeps a mark for the account, so that strangers' guesses, of
//! however many addresses, never keep the person out.
//! Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".

use crate::domain::text::Email;
use crate::domain::time::Millis;
use crate::server::secret::Key;
use crate::server::store::Keyring;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// For how many accounts one browser is known.
const MOST: usize = 4;
/// Between marks.
const BETWEEN: char = '~';
const NONCE: usize = 16;
const MAC: usize = 32;

/// A browser's own number, by which its failures are counted.
pub type BrowserNumber = [u8; NONCE];

/// What an account is signed in to with: another password or second factor begins another one, and marks from before are
/// nothing any more, however many somebody gathered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch([u8; 32]);

impl Epoch {
    /// Of the password's hash, and since when there is a second factor.
    pub fn of(hash: Option<&str>, second_factor_at: Option<Millis>) -> Self {
        let factor = second_factor_at.map_or(0, |at| at.0);
        Self(Sha256::digest(format!("{}\n{factor}", hash.unwrap_or_default())).into())
    }
}

/// Makes and reads the marks.
#[derive(Clone, Debug)]
pub struct KnownBrowsers(Keyring);

impl KnownBrowsers {
    pub fn new(keyring: Keyring) -> Self {
        Self(keyring)
    }

    /// The browser's number, if one of its marks is for the account.
    pub fn number(&self, marks: &str, email: &Email, epoch: &Epoch) -> Option<BrowserNumber> {
        marks.split(BETWEEN).take(MOST).find_map(|mark| self.read(mark, email, epoch))
    }

    /// The marks with one for the account that was signed in to, which comes first.
    pub fn with(&self, marks: &str, (email, epoch): (&Email, &Epoch), number: BrowserNumber) -> Option<String> {
        let key = self.0.now().known_browsers().next()?;
        let mac = mac(&key, email, epoch, &number)?.finalize().into_bytes();
        let new = BASE64_URL_SAFE_NO_PAD.encode([&number[..], &mac[..]].concat());
        let shaped = |mark: &&str| mark.len() == new.len() && self.read(mark, email, epoch).is_none();
        let others = marks.split(BETWEEN).filter(shaped).take(MOST - 1);
        Some(std::iter::once(new.as_str()).chain(others).collect::<Vec<_>>().join("~"))
    }

    fn read(&self, mark: &str, email: &Email, epoch: &Epoch) -> Option<BrowserNumber> {
        let bytes: [u8; NONCE + MAC] = BASE64_URL_SAFE_NO_PAD.decode(mark).ok()?.try_into().ok()?;
        let number: BrowserNumber = bytes[..NONCE].try_into().ok()?;
        let holds = |key| mac(&key, email, epoch, &number).is_some_and(|mac| mac.verify_slice(&bytes[NONCE..]).is_ok());
        self.0.now().known_browsers().any(holds).then_some(number)
    }
}

fn mac(key: &Key, email: &Email, epoch: &Epoch, number: &BrowserNumber) -> Option<Hmac<Sha256>> {
    let mut mac = key.mac().ok()?;
    mac.update(number);
    mac.update(&epoch.0);
    mac.update(email.as_str().as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch() -> Epoch {
        Epoch::of(Some("hash"), None)
    }

    fn browsers(generations: &[i64]) -> KnownBrowsers {
        KnownBrowsers::new(Keyring::of_generations(generations))
    }

    #[test]
    fn a_mark_is_for_its_account_and_its_installation_only() {
        let [ada, bob] = ["ada@example.com", "bob@example.com"].map(|email| Email::parse(email).unwrap());
        let (ours, rotated, strange) = (browsers(&[1]), browsers(&[1, 2]), browsers(&[3]));
        let marks = ours.with("", (&ada, &epoch()), [7; 16]).unwrap();
        assert_eq!(ours.number(&marks, &ada, &epoch()), Some([7; 16]));
        assert_eq!(rotated.number(&marks, &ada, &epoch()), Some([7; 16]), "made by an older key");
        assert_eq!(
            (
                ours.number(&marks, &bob, &epoch()),
                strange.number(&marks, &ada, &epoch()),
                ours.number("x~", &ada, &epoch())
            ),
            (None, None, None)
        );
        let changed = [Epoch::of(Some("another"), None), Epoch::of(Some("hash"), Some(Millis(1)))];
        assert_eq!(changed.map(|epoch| ours.number(&marks, &ada, &epoch)), [None, None], "from before");
        let both = ours.with(&marks, (&bob, &epoch()), [8; 16]).unwrap();
        assert_eq!(
            (ours.number(&both, &ada, &epoch()), ours.number(&both, &bob, &epoch())),
            (Some([7; 16]), Some([8; 16]))
        );
        assert_eq!(ours.with(&both, (&ada, &epoch()), [9; 16]).unwrap().split('~').count(), 2, "one for each account");
    }

    #[test]
    fn a_browser_keeps_the_newest_few() {
        let ours = browsers(&[1]);
        let email = |n: u8| Email::parse(&format!("a{n}@example.com")).unwrap();
        let marks =
            (0..6).fold("junk~".repeat(900), |marks, n| ours.with(&marks, (&email(n), &epoch()), [n; 16]).unwrap());
        let known: Vec<bool> = (0..6).map(|n| ours.number(&marks, &email(n), &epoch()).is_some()).collect();
        assert_eq!(known, [false, false, true, true, true, true]);
    }
}
