//! Checkpoints that were kept elsewhere, as what a chain must agree with.

use crate::domain::audit::{Checkpoint, NextKey};
use crate::domain::time::{HOUR, Millis};
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
const BY_REPLACED: &str = "is signed by a key long after another took over from it";
const TWO_SUCCESSORS: &str = "names a second key that took over from the same one: somebody else had that key, or the \
     database was restored as it was before the first";

/// How long after another key took over an old one may still sign: a process learns of it within minutes.
const SIGNS_ON: i64 = HOUR;

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

/// What was signed by one key.
#[derive(Clone, Copy, Debug)]
struct SignedBy {
    /// The first line that it signed.
    first: usize,
    /// When it signed last, and which line that was.
    last: (Millis, usize),
}

impl Checkpoints {
    /// Reads checkpoints, one on each line, and in any order with them what says which key took over. `trusted` are keys of
    /// the installation; without any, the first that is named is taken for one.
    ///
    /// # Errors
    /// [`Error::Internal`] with the first line that is no checkpoint, is not signed, is signed by another installation's key
    /// or by one long after another took over from it; and where two keys are said to have taken over from one.
    pub fn read(lines: impl BufRead, trusted: &[String]) -> Result<Self> {
        let mut read = Self { is_key_unproved: trusted.is_empty(), ..Self::default() };
        let (mut links, mut by_keys) = (Links::default(), BTreeMap::<String, SignedBy>::new());
        let mut trusted = trusted.to_vec();
        for (at, line) in bounded_lines(lines, LONGEST_LINE).enumerate() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let value: Option<Value> = serde_json::from_str(&line).ok();
            if let Some(told) = value.clone().and_then(Signed::<NextKey>::read) {
                if trusted.is_empty() {
                    trusted.push(told.said.key.clone());
                }
                links.entry(told.said.key.clone()).or_default().push((at, told));
                continue;
            }
            let signed = value.and_then(Signed::<Checkpoint>::read);
            let signed = signed.ok_or_else(|| wrong(at, "is not a checkpoint"))?;
            if signed.said.v != 1 {
                return Err(wrong(at, NEWER));
            }
            if !signed.holds() {
                return Err(wrong(at, NOT_SIGNED));
            }
            let Checkpoint { chain, seq, hash, key, at_ms, .. } = signed.said;
            if trusted.is_empty() {
                trusted.push(key.clone());
            }
            let by = by_keys.entry(key).or_insert(SignedBy { first: at, last: (at_ms, at) });
            by.last = by.last.max((at_ms, at));
            read.hashes.entry(chain).or_default().entry(seq).or_default().insert(hash);
        }
        if read.hashes.is_empty() {
            return Err(Error::Internal("the checkpoints' file has no checkpoint".to_owned()));
        }
        let replaced = follow(&links, trusted)?;
        for (key, SignedBy { first, last: (at_ms, last) }) in by_keys {
            match replaced.get(&key) {
                None => return Err(wrong(first, BY_OTHERS)),
                Some(Some(then)) if at_ms > then.plus(SIGNS_ON) => return Err(wrong(last, BY_REPLACED)),
                Some(_) => read.keys.insert(key),
            };
        }
        Ok(read)
    }

    /// What is said of a chain.
    pub fn of(&self, chain: &str) -> Option<&SignedRows> {
        self.hashes.get(chain)
    }

    pub fn chains(&self) -> impl Iterator<Item = &str> {
        self.hashes.keys().map(String::as_str)
    }
}

/// What keys say of those that took over from them, with the lines.
type Links = BTreeMap<String, Vec<(usize, Signed<NextKey>)>>;

/// All keys to which those that are trusted lead, each with the moment at which another took over from it. What others say
/// of keys leads from none that is trusted, and is passed over.
fn follow(links: &Links, trusted: Vec<String>) -> Result<BTreeMap<String, Option<Millis>>> {
    let (mut replaced, mut waiting) = (BTreeMap::new(), trusted);
    while let Some(key) = waiting.pop() {
        if replaced.contains_key(&key) {
            continue;
        }
        let mut next: Option<&NextKey> = None;
        for (at, told) in links.get(&key).into_iter().flatten() {
            if told.said.v != 1 {
                return Err(wrong(*at, NEWER));
            }
            if !told.holds() {
                return Err(wrong(*at, NOT_SIGNED));
            }
            if next.is_some_and(|known| known.next != told.said.next) {
                return Err(wrong(*at, TWO_SUCCESSORS));
            }
            next = Some(&told.said);
            waiting.push(told.said.next.clone());
        }
        replaced.insert(key, next.map(|next| next.at_ms));
    }
    Ok(replaced)
}

fn wrong(at: usize, why: &str) -> Error {
    Error::Internal(format!("line {} of the checkpoints {why}", at + 1))
}
