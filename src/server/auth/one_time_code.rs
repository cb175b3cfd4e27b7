//! One-time codes of an authenticator app, and the secret that they are made of.
//! Source: RFC 6238 (TOTP): HMAC-SHA-1, steps of 30 seconds, six digits, which is what all apps read.

use crate::domain::id::PersonId;
use crate::domain::time::{Millis, SECOND};
use crate::server::error::{Error, Result};
use crate::server::store::OpenKeys;
use crate::server::store::second_factor::SealedSecret;
use aes_siv::siv::Aes128Siv;
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::fmt::{self, Debug, Formatter};
use subtle::ConstantTimeEq;

/// How long one code is shown, in milliseconds.
const STEP: i64 = 30 * SECOND;
/// How many steps a phone's clock may be off, either way: one, as RFC 6238, 5.2, recommends.
const MOST_OFF: i64 = 1;
const DIGITS: usize = 6;
/// Source: RFC 4226, 4, R6 (160 bits are recommended).
pub const SECRET_BYTES: usize = 20;

/// What an app and we know.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSecret([u8; SECRET_BYTES]);

impl Debug for CodeSecret {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("CodeSecret")
    }
}

impl From<[u8; SECRET_BYTES]> for CodeSecret {
    fn from(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }
}

impl CodeSecret {
    /// What its codes are made of.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it may lie in the database, for this person alone (AES-SIV, RFC 5297, with the person as associated data).
    ///
    /// # Errors
    /// [`Error::Internal`] when a key of the installation is missing.
    pub fn sealed(&self, keys: &OpenKeys, person: PersonId) -> Result<SealedSecret> {
        let generation = keys.in_use();
        let sealed = cipher(keys, generation)?.encrypt([person.0.to_be_bytes()], &self.0).map_err(Error::internal)?;
        Ok(SealedSecret { generation, sealed })
    }

    /// What was sealed for this person.
    ///
    /// # Errors
    /// [`Error::Internal`] for what this installation has not sealed for them.
    pub fn unsealed(keys: &OpenKeys, person: PersonId, secret: &SealedSecret) -> Result<Self> {
        let bytes = cipher(keys, secret.generation)?.decrypt([person.0.to_be_bytes()], &secret.sealed);
        let bytes = bytes.map_err(Error::internal)?;
        <[u8; SECRET_BYTES]>::try_from(bytes).map(Self).map_err(|_| Error::Internal("a secret's length".to_owned()))
    }

    /// As one types it into an app: base32, in fours.
    pub fn text(&self) -> String {
        let text = BASE32_NOPAD.encode(&self.0);
        text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
    }

    /// As an app reads it out of a picture, under the name of the account at this host.
    /// Source: the key URI format of Google Authenticator, which the others follow.
    pub fn address(&self, host: &str, email: &str) -> String {
        let escaped =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let issuer = escaped(&format!("Attest {host}"));
        format!("otpauth://totp/{issuer}:{}?secret={}&issuer={issuer}", escaped(email), BASE32_NOPAD.encode(&self.0))
    }

    /// The step whose code this is, if it is of now and later than the one `used` last: no code is taken twice. Some apps
    /// show it with spaces.
    pub fn step_of(&self, typed: &str, now: Millis, used: i64) -> Option<i64> {
        let code: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let step = now.0.div_euclid(STEP);
        let near = step - MOST_OFF..=step + MOST_OFF;
        // All are compared, so that the time it takes says nothing.
        let is_of = |step: &i64| bool::from(self.code(*step).as_bytes().ct_eq(code.as_bytes()));
        near.fold(None, |found, step| if is_of(&step) && step > used { Some(step) } else { found })
    }

    /// The code of a step.
    /// Source: RFC 4226, 5.3.
    fn code(&self, step: i64) -> String {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return String::new() };
        mac.update(&step.to_be_bytes());
        let mac = mac.finalize().into_bytes();
        let at = usize::from(mac[mac.len() - 1] & 0xf);
        let number = mac[at..at + 4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff;
        format!("{:0DIGITS$}", number % 10_u32.pow(DIGITS as u32))
    }

    /// What an app shows at a moment.
    pub fn code_at(&self, now: Millis) -> String {
        self.code(now.0.div_euclid(STEP))
    }
}

fn cipher(keys: &OpenKeys, generation: i64) -> Result<Aes128Siv> {
    let missing = || Error::Internal("a second factor's key is missing in this installation".to_owned());
    Ok(keys.second_factors(generation).ok_or_else(missing)?.cipher())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> CodeSecret {
        CodeSecret::from(*b"12345678901234567890")
    }

    /// Source: RFC 6238, appendix B, SHA-1, the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let cases = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in cases {
            assert_eq!(secret().code_at(Millis(seconds * SECOND)), code, "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_once_and_for_a_clock_that_is_half_a_minute_off() {
        let now = Millis(1_000_000 * STEP + 7 * SECOND);
        let at = |off: i64| secret().code_at(now.plus(off * SECOND));
        let taken = |off: i64, used: i64| secret().step_of(&at(off), now, used);
        assert_eq!([-30, 0, 30].map(|off| taken(off, 0)), [Some(999_999), Some(1_000_000), Some(1_000_001)]);
        assert_eq!([-60, 60].map(|off| taken(off, 0)), [None, None]);
        assert_eq!(taken(0, 1_000_000), None, "again");
        assert_eq!(taken(-30, 1_000_000), None, "an older one after it");
        assert_eq!(
            [("", 0), ("28708", 0), ("0287082", 0)].map(|(code, used)| secret().step_of(code, now, used)),
            [None; 3]
        );
    }

    #[test]
    fn an_app_reads_the_account_and_where_it_is() {
        assert_eq!(
            secret().address("attest.example.com", "ada+x@example.com"),
            "otpauth://totp/Attest%20attest.example.com:ada%2Bx%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Attest%20attest.example.com"
        );
        assert_eq!(secret().text(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(format!("{:?}", secret()), "CodeSecret");
    }
}
