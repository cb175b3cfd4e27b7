//! SQLite's file: made for its owner alone, and watched for as long as it is open.

use crate::server::error::{Error, Result};
use std::fs::{Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// A file as it was when it was opened. SQLite would go on writing into one that was unlinked or replaced, and all of it
/// would be lost with the process.
#[derive(Debug)]
pub struct OpenFile {
    path: PathBuf,
    device: u64,
    inode: u64,
    gone: AtomicBool,
}

impl OpenFile {
    pub fn look(path: &Path) -> Result<Self> {
        let found = std::fs::metadata(path).map_err(|error| Error::Unavailable(error.to_string()))?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino(), gone: AtomicBool::new(false) })
    }

    /// Once it is gone it stays so, until a restart.
    pub fn assert_there(&self) -> Result<()> {
        let same = |found: Metadata| found.dev() == self.device && found.ino() == self.inode;
        let there = !self.gone.load(Ordering::Relaxed) && std::fs::metadata(&self.path).is_ok_and(same);
        if there {
            return Ok(());
        }
        if !self.gone.swap(true, Ordering::Relaxed) {
            tracing::error!(
                file = %self.path.display(),
                "the database's file was removed or replaced while it was open: nothing is taken until a restart"
            );
        }
        Err(Error::Unavailable("the database's file was removed or replaced".to_owned()))
    }
}

/// The file beside a database by which processes exclude each other: the same one for every way to the database's file.
pub fn lock_beside(database: &Path, what: &str) -> PathBuf {
    let mut path = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into_os_string();
    path.push(format!(".{what}.lock"));
    path.into()
}

/// Makes an empty file that only its owner can read; SQLite's files beside it take after it.
pub fn private_file(path: &Path) -> Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map(|_| ()).map_err(|error| Error::Internal(format!("{} cannot be made: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One name for each database, and one for each database only.
    #[test]
    fn databases_are_locked_by_their_whole_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other, link) =
            (folder.path().join("a.db"), folder.path().join("a.sqlite"), folder.path().join("b.db"));
        for database in [&one, &other] {
            private_file(database).expect("made");
        }
        std::os::unix::fs::symlink(&one, &link).expect("linked");
        assert_ne!(lock_beside(&one, "serve"), lock_beside(&other, "serve"));
        assert_eq!(lock_beside(&one, "serve"), lock_beside(&link, "serve"));
        assert!(lock_beside(&one, "serve").ends_with("a.db.serve.lock"));
    }
}
