//! `attest key`: the installation's secret, and the key that its signatures are checked with.

use super::ExitStatus;
use crate::server::clock::{Ids, SystemClock};
use crate::server::secret::InstallationSecret;
use crate::server::store::Store;
use clap::Subcommand;
use std::sync::Arc;

#[derive(Subcommand, Debug)]
pub enum Key {
    /// Print a new secret for ATTEST_SECRET_KEY. Nothing is changed: an installation keeps the one it was begun with.
    Make,
    /// Print the public keys that the audit log's checkpoints are checked with, the newest last. Keep them with the checkpoints.
    Public,
}

impl Key {
    pub fn run(self, store: &Store) -> ExitStatus {
        match self {
            Self::Make => make(),
            Self::Public => {
                store.keyring().signing_keys().iter().for_each(|key| say!("{key}"));
                ExitStatus::Done
            }
        }
    }
}

/// Needs no database.
pub fn make() -> ExitStatus {
    let ids = Ids::new(Arc::new(SystemClock::default()));
    say!("{}", InstallationSecret::from(ids.random()).text());
    ExitStatus::Done
}
