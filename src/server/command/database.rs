//! `attest db` and `attest backup`: the database itself.

use super::ExitStatus;
use crate::server::error::Result;
use crate::server::store::{Actor, System};
use clap::Subcommand;
use std::path::Path;

/// `attest backup FILE`.
pub async fn backup(system: &System, file: &Path) -> Result<ExitStatus> {
    system.backup(file).await?;
    say!("Copied to {}.", file.display());
    Ok(ExitStatus::Done)
}

/// `attest db …`.
#[derive(Subcommand, Debug)]
pub enum Database {
    /// Spread the tables of a Postgres with Citus over its machines, by workspace.
    Distribute,
}

impl Database {
    pub async fn run(self, system: &System) -> Result<ExitStatus> {
        match self {
            Self::Distribute => {
                let spread = system.distribute(&Actor::command_line()).await?;
                say!("{spread} tables spread.");
                Ok(ExitStatus::Done)
            }
        }
    }
}
