//! The secret in a file of its own, which nobody else may read.

use super::InstallationSecret;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Beside a SQLite database, unless the settings name another.
const BESIDE: &str = "attest.key";
/// No secret is longer.
const LONGEST: u64 = 1024;
/// What nobody may do with it: others anything, its group change it. Platforms that hand secrets to a container let its
/// group read them.
const FORBIDDEN: u32 = 0o027;

/// Where the secret of a SQLite database lies.
pub fn beside(database: &Path) -> PathBuf {
    database.with_file_name(BESIDE)
}

/// Reads the secret of a file; `None` when there is no such file.
///
/// # Errors
/// One line that names the file: others may read it, or it has no secret in it.
pub fn read(path: &Path) -> Result<Option<InstallationSecret>, String> {
    let told = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(told(&error)),
    };
    let about = file.metadata().map_err(|error| told(&error))?;
    if !about.is_file() {
        return Err(told(&"it is not a file"));
    }
    if about.mode() & FORBIDDEN != 0 {
        return Err(told(&format!("others may read or change it (its mode is {:o}): chmod 600", about.mode() & 0o777)));
    }
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(|error| told(&error))?;
    InstallationSecret::parse(&text).map(Some).map_err(|wrong| told(&wrong))
}

/// Writes a secret into a new file that only its owner may read. Of several that do it at once one is first: what is in
/// the file then is answered.
///
/// # Errors
/// One line that names the file.
pub fn make(path: &Path, secret: &InstallationSecret) -> Result<InstallationSecret, String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    // Whole before it has its name: nobody reads half of it, also after a crash.
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let written =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).and_then(|mut file| {
            file.write_all(format!("{}\n", secret.text()).as_bytes())?;
            file.sync_all()?;
            std::fs::hard_link(&draft, path)
        });
    let _ = std::fs::remove_file(&draft);
    match written {
        Ok(()) => {
            // The name is durable too, before anything is sealed by what is in the file.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(told)?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(told(error)),
    }
    read(path)?.ok_or_else(|| format!("{}: it was removed", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::secret::Key;
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = beside(&folder.path().join("attest.db"));
        assert_eq!(read(&path), Ok(None));
        let secret = |purpose: &str| InstallationSecret(Key::from([1; 32]).derived(purpose));
        let (first, second) = (secret("first"), secret("second"));
        assert_eq!(make(&path, &first), Ok(first.clone()));
        assert_eq!(make(&path, &second), Ok(first.clone()), "the first one stays");
        assert_eq!(std::fs::metadata(&path).expect("a file").mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "no draft is left");
        for mode in [0o644, 0o606, 0o660, 0o620] {
            set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            assert!(read(&path).expect_err("refused").contains("chmod 600"), "{mode:o}");
        }
        for mode in [0o600, 0o400, 0o440] {
            set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            assert_eq!(read(&path), Ok(Some(first.clone())));
        }
    }

    #[test]
    fn what_is_no_secret_is_told_without_its_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        for wrong in ["", "c2hvcnQ=", "a secret that nobody should see"] {
            write(&path, wrong).expect("written");
            set_permissions(&path, Permissions::from_mode(0o600)).expect("a mode");
            let told = read(&path).expect_err("refused");
            assert!(
                told.starts_with(&path.display().to_string()) && (wrong.is_empty() || !told.contains(wrong)),
                "{told}"
            );
        }
        assert!(read(folder.path()).is_err());
    }
}
