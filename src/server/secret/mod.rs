//! The installation's secret: 32 bytes that lie outside the database, so that a copy of the database alone opens nothing.

pub mod file;
pub mod signing;

use crate::domain::time::Millis;
use crate::server::error::{Error, Result};
use aes_siv::KeyInit;
use aes_siv::siv::Aes128Siv;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hkdf::Hkdf;
use hmac::Hmac;
use sha2::Sha256;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// Its text, as `openssl rand -base64 32` writes it; with or without the sign at its end.
const TEXT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Thirty-two bytes that nobody may see: they are in no log and no error.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Arc<[u8; 32]>);

impl Debug for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl From<[u8; 32]> for Key {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Arc::new(bytes))
    }
}

impl Key {
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A keyed hash, to be fed.
    ///
    /// # Errors
    /// Never for a key of this length.
    pub fn mac(&self) -> Result<Hmac<Sha256>> {
        Hmac::new_from_slice(self.bytes()).map_err(Error::internal)
    }

    /// What seals by it, always the same way (AES-SIV, RFC 5297).
    pub fn cipher(&self) -> Aes128Siv {
        Aes128Siv::new(self.bytes().into())
    }

    /// Another key that follows from this one, for one purpose only.
    /// Source: RFC 5869 (HKDF) with SHA-256, without salt, for the bytes are random.
    pub fn derived(&self, purpose: &str) -> Self {
        let mut bytes = [0; 32];
        // Fails only for more than 8,160 bytes.
        let _ = Hkdf::<Sha256>::new(None, self.bytes()).expand(purpose.as_bytes(), &mut bytes);
        bytes.into()
    }
}

/// What opens the keys in the database. Each process of an installation has the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationSecret(Key);

impl From<[u8; 32]> for InstallationSecret {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes.into())
    }
}

impl InstallationSecret {
    /// Reads its text: 32 bytes in base64.
    ///
    /// # Errors
    /// What is wrong with the text, without the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let bytes = TEXT.decode(text.trim()).map_err(|_| "it is not base64")?;
        let bytes: [u8; 32] =
            bytes.try_into().map_err(|_| "it must be 32 bytes in base64, as `attest key make` writes them")?;
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err("it is one byte 32 times: make a random one with `attest key make`");
        }
        Ok(Self(bytes.into()))
    }

    /// Its text, to be kept.
    pub fn text(&self) -> String {
        TEXT.encode(self.0.bytes())
    }

    fn cipher(&self) -> Aes128Siv {
        self.0.derived("attest: keys in the database").cipher()
    }

    /// A key of some generation as it may lie in the database (AES-SIV, RFC 5297, with the generation and when it was made
    /// as associated data); `None` never for a key of this length.
    pub fn seal(&self, generation: i64, made: Millis, key: &Key) -> Option<Vec<u8>> {
        self.cipher().encrypt([generation, made.0].map(i64::to_be_bytes), key.bytes()).ok()
    }

    /// The key that was sealed by this secret for this generation, as made then; `None` when it was not.
    pub fn open(&self, generation: i64, made: Millis, sealed: &[u8]) -> Option<Key> {
        let bytes = self.cipher().decrypt([generation, made.0].map(i64::to_be_bytes), sealed).ok()?;
        Some(<[u8; 32]>::try_from(bytes).ok()?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT_OF_ONE: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    #[test]
    fn a_secret_is_read_as_it_is_written() {
        let secret = InstallationSecret::parse(TEXT_OF_ONE).expect("a secret");
        assert_eq!(secret.text(), TEXT_OF_ONE);
        assert_eq!(InstallationSecret::parse(&format!(" {}\n", TEXT_OF_ONE.trim_end_matches('='))), Ok(secret.clone()));
        for wrong in ["", "x y", "AQID", &format!("AAAA{TEXT_OF_ONE}"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
        {
            assert!(InstallationSecret::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{secret:?}"), "InstallationSecret(Key)");
    }

    #[test]
    fn a_key_opens_for_its_secret_its_generation_and_its_moment_only() {
        let (secret, other) = (InstallationSecret::from([1; 32]), InstallationSecret::from([2; 32]));
        let key = Key::from([3; 32]);
        let (made, later) = (Millis(5), Millis(6));
        let sealed = secret.seal(1, made, &key).expect("sealed");
        assert_eq!(secret.open(1, made, &sealed), Some(key.clone()));
        let wrong = [secret.open(2, made, &sealed), secret.open(1, later, &sealed), other.open(1, made, &sealed)];
        assert_eq!((wrong, secret.open(1, made, b"x")), ([None, None, None], None));
        assert!(!sealed.windows(8).any(|bytes| bytes == [3; 8]));
    }

    /// Source: RFC 5869 has no case of this length without salt; checked with Python's `hmac` step by step.
    #[test]
    fn derived_keys_are_those_of_hkdf() {
        let key = Key::from([7; 32]);
        assert_ne!(key.derived("a"), key.derived("b"));
        assert_eq!(super::super::hex::hex(&key.derived("look-ups").bytes()[..8]), "d4a286fd7c56ebfb");
    }
}
