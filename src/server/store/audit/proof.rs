//! Checkpoints that were kept elsewhere, as what a chain must agree with.

use crate::domain::audit::{Checkpoint, NextKey};
use crate::server::error::{Error, Result};
use crate::server::secret::signing::Signed;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

/// The hashes that rows were signed with, by their numbers: several of one row prove by themselves that it was rewritten.
pub type SignedRows = BTreeMap<i64, BTreeSet<String>>;

const NEWER: &str = "is of a version that this program does not know";
const NOT_SIGNED: &str = "is not what was signed";
const BY_OTHERS: &str = "is signed by a key that is not this installation's";

/// The longest line of a checkpoint's file, in bytes, which is many times what one has: no file fills the memory.
const LONGEST_LINE: u64 = 16 * 1024;

/// The next line; one that is too long is cut, and is nothing that can be read then.
pub(super) fn next_line(lines: &mut impl BufRead, longest: u64) -> Result<Option<String>> {
    let mut line = Vec::new();
    lines.by_ref().take(longest).read_until(b'\n', &mut line).map_err(Error::internal)?;
    Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()))
}

/// What signed checkpoints say of chains, and by which keys.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints {
    /// The hash of the row with a number, by chain.
    hashes: BTreeMap<String, SignedRows>,
    /// Whether nobody said which key is right: the first one in the file was taken for it.
    pub is_key_unproved: bool,
    /// The keys that signed.
    pub keys: BTreeSet<String>,
}

impl Checkpoints {
    /// Reads checkpoints, one on each line, between them those that say which key took over. `trusted` are keys of the installation; without any, the first that signed is
    /// taken for one.
    ///
    /// # Errors
    /// [`Error::Internal`] with the first line that is no checkpoint, is not signed, or signed by another installation's
    /// key.
    pub fn read(mut lines: impl BufRead, trusted: &[String]) -> Result<Self> {
        let mut trusted: BTreeSet<String> = trusted.iter().cloned().collect();
        let mut read = Self { is_key_unproved: trusted.is_empty(), ..Self::default() };
        for at in 0.. {
            let Some(line) = next_line(&mut lines, LONGEST_LINE)? else { break };
            let wrong = |why: &str| Error::Internal(format!("line {} of the checkpoints {why}", at + 1));
            if line.trim().is_empty() {
                continue;
            }
            let value: Option<Value> = serde_json::from_str(&line).ok();
            if let Some(told) = value.clone().and_then(Signed::<NextKey>::read) {
                read.take_next_key(&mut trusted, told).map_err(wrong)?;
                continue;
            }
            let signed = value.and_then(Signed::<Checkpoint>::read);
            let signed = signed.ok_or_else(|| wrong("is not a checkpoint"))?;
            if signed.said.v != 1 {
                return Err(wrong(NEWER));
            }
            if !signed.holds() {
                return Err(wrong(NOT_SIGNED));
            }
            let Checkpoint { chain, seq, hash, key, .. } = signed.said;
            if trusted.is_empty() {
                trusted.insert(key.clone());
            }
            if !trusted.contains(&key) {
                return Err(wrong(BY_OTHERS));
            }
            read.keys.insert(key);
            read.hashes.entry(chain).or_default().entry(seq).or_default().insert(hash);
        }
        if read.hashes.is_empty() {
            return Err(Error::Internal("the checkpoints' file has no checkpoint".to_owned()));
        }
        Ok(read)
    }

    /// Trusts a key because one that is trusted says so. What others say of keys leads to none that is, and is passed over.
    fn take_next_key(&mut self, trusted: &mut BTreeSet<String>, told: Signed<NextKey>) -> Result<(), &'static str> {
        let is_first = trusted.is_empty();
        if !is_first && !trusted.contains(&told.said.key) {
            return Ok(());
        }
        if !told.holds() {
            return Err(NOT_SIGNED);
        }
        let NextKey { v, key, next, .. } = told.said;
        if v != 1 {
            return Err(NEWER);
        }
        self.keys.insert(key.clone());
        trusted.extend([key, next]);
        Ok(())
    }

    /// What is said of a chain.
    pub fn of(&self, chain: &str) -> Option<&SignedRows> {
        self.hashes.get(chain)
    }

    pub fn chains(&self) -> impl Iterator<Item = &str> {
        self.hashes.keys().map(String::as_str)
    }
}
