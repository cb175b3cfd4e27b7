//! Keys and secrets of machines, and the tokens of one-time links: shown once, kept as SHA-256.

use crate::domain::time::HOUR;
use crate::server::clock::Ids;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// What an API token begins with, so that a leak is recognised.
const TOKEN_PREFIX: &str = "attest_";

/// How long a one-time link may be used, in milliseconds.
pub const LINK_LASTS: i64 = HOUR;

/// A fresh pair: the public key names a row, the secret proves it.
pub struct Pair {
    pub key: String,
    pub secret: SecretString,
    pub secret_hash: Vec<u8>,
}

/// Makes a key of 96 bits and a secret of 256.
pub fn pair(ids: &Ids) -> Pair {
    let key = BASE64_URL_SAFE_NO_PAD.encode(ids.random::<12>()).replace(['-', '_'], "0");
    let secret = BASE64_URL_SAFE_NO_PAD.encode(ids.random::<32>());
    Pair { key, secret_hash: hash(&secret), secret: secret.into() }
}

/// A secret of 256 bits for a link, with its hash.
pub fn link_token(ids: &Ids) -> (String, Vec<u8>) {
    let token = BASE64_URL_SAFE_NO_PAD.encode(ids.random::<32>());
    let hash = hash(&token);
    (token, hash)
}

/// The form in which secrets are kept. They have 256 bits, so that a plain hash suffices.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

/// The text of an API token: the public half and the secret.
pub fn token_text(key: &str, secret: &str) -> String {
    format!("{TOKEN_PREFIX}{key}.{secret}")
}

/// Splits an API token into its halves; `None` for what is none of our own.
pub fn token_parts(token: &str) -> Option<(&str, &str)> {
    token.strip_prefix(TOKEN_PREFIX)?.split_once('.').filter(|(key, _)| is_key(key))
}

/// Whether a text may be a public key: no other is looked for in the store.
pub fn is_key(text: &str) -> bool {
    (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Longer than any key that was ever made, in bytes.
const LONGEST_KEY: usize = 64;
