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

/// Lines of at most so many bytes; one that is longer is cut, and is nothing that can be read then.
pub(super) fn bounded_lines(mut file: impl BufRead, longest: u64) -> impl Iterator<Item = Result<String>> {
    std::iter::from_fn(move || {
        let mut line = String::new();
        let read = file.by_ref().take(longest).read_line(&mut line).map_err(Error::internal);
        read.map(|bytes| (bytes > 0).then_some(line)).transpose()
    })
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
    /// Reads checkpoints, one on each line, and between them what says which key took over. `trusted` are keys of the
    /// installation; without any, the first that signed is taken for one.
    ///
    /// # Errors
    /// [`Error::Internal`] with the first line that is no checkpoint, is not signed, or signed by another installation's
    /// key.
    pub fn read(lines: impl BufRead, trusted: &[String]) -> Result<Self> {
        let mut trusted: BTreeSet<String> = trusted.iter().cloned().collect();
        let mut read = Self { is_key_unproved: trusted.is_empty(), ..Self::default() };
        for (at, line) in bounded_lines(lines, LONGEST_LINE).enumerate() {
            let line = line?;
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
        if !trusted.is_empty() && !trusted.contains(&told.said.key) {
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
