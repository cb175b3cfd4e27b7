//! `attest key`: the installation's secret, and the key that its signatures are checked with.

use super::ExitStatus;
use crate::server::clock::{Ids, SystemClock};
use crate::server::error::Result;
use crate::server::secret::InstallationSecret;
use crate::server::store::{Actor, System};
use clap::Subcommand;
use std::sync::Arc;

#[derive(Subcommand, Debug)]
pub enum Key {
    /// Print a new secret for ATTEST_SECRET_KEY. Nothing is changed: an installation keeps the one it was begun with.
    Make,
    /// Print the public keys that the audit log's checkpoints are checked with, the newest last. Keep them with the checkpoints.
    Public,
    /// Begin a new key: for the signatures of checkpoints, password hashes, look-ups and known browsers. Every process uses it two
    /// minutes later. What was made with older keys holds: passwords move to the new one as their people sign in, and the old
    /// signing key says that the new one takes over, which is printed, and sent before the next checkpoints.
    Rotate,
}

impl Key {
    pub async fn run(self, system: &System) -> Result<ExitStatus> {
        match self {
            Self::Make => return Ok(make()),
            Self::Public => system.keyring().now().signing_keys().iter().for_each(|key| say!("{key}")),
            Self::Rotate => {
                system.rotate_keys(&Actor::command_line()).await?;
                if let Some(told) = system.keyring().now().next_keys().last() {
                    say!("{}", told.json());
                }
            }
        }
        Ok(ExitStatus::Done)
    }
}

/// Needs no database.
pub fn make() -> ExitStatus {
    let ids = Ids::new(Arc::new(SystemClock::default()));
    say!("{}", InstallationSecret::from(ids.random()).text());
    ExitStatus::Done
}
