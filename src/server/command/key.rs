//! `attest key`: the installation's secret.

use super::ExitStatus;
use crate::server::clock::{Ids, SystemClock};
use crate::server::secret::InstallationSecret;
use clap::Subcommand;
use std::sync::Arc;

#[derive(Subcommand, Debug)]
pub enum Key {
    /// Print a new secret for ATTEST_SECRET_KEY. Nothing is changed: an installation keeps the one it was begun with.
    Make,
}

impl Key {
    /// Needs no database.
    pub fn run(self) -> ExitStatus {
        match self {
            Self::Make => {
                let ids = Ids::new(Arc::new(SystemClock::default()));
                say!("{}", InstallationSecret::from(ids.random()).text());
            }
        }
        ExitStatus::Done
    }
}
