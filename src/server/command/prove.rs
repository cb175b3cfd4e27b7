//! Commands that prove something.

use super::Ended;
use crate::server::config::file::Told;
use crate::server::error::{Error, Result};
use crate::server::services::audit_export::{Format, export};
use crate::server::store::audit::{Verified, verify_file};
use crate::server::store::{Actor, Store, WorkspaceRef};
use clap::Subcommand;
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

#[derive(Subcommand, Debug)]
pub enum Audit {
    /// Walk the chains and name the first row of each that does not hold.
    Verify {
        /// Walk an exported chain (JSON Lines) instead, without the database.
        #[arg(long)]
        file: Option<PathBuf>,
        #[arg(long)]
        json: bool,
    },
    /// Write a workspace's chain to standard output.
    Export {
        #[arg(long)]
        workspace: String,
        #[arg(long)]
        format: Format,
    },
}

impl Audit {
    pub async fn run(self, store: &Store) -> Result<Ended> {
        match self {
            Self::Verify { json, .. } => {
                let verified = store.verify_audit().await?;
                tell(&verified, json);
                Ok(ended(&verified))
            }
            Self::Export { workspace, format } => {
                let mut out = BufWriter::new(std::io::stdout());
                export(store, &Actor::command_line(), WorkspaceRef::parse(&workspace)?, format, &mut out).await?;
                Ok(Ended::Done)
            }
        }
    }
}

/// Proves an exported chain.
pub fn verify_exported(file: &Path, json: bool) -> Result<Ended> {
    let opened = File::open(file).map_err(|error| Error::Internal(format!("{}: {error}", file.display())))?;
    let verified = verify_file(BufReader::new(opened))?;
    tell(&verified, json);
    Ok(ended(&verified))
}

fn ended(verified: &Verified) -> Ended {
    if verified.broken.is_empty() { Ended::Done } else { Ended::CheckFailed }
}

fn tell(verified: &Verified, json: bool) {
    if json {
        let broken = verified.broken.iter().map(|b| json!({"chain": b.chain, "seq": b.seq, "why": b.why}));
        let broken: Vec<_> = broken.collect();
        say!("{}", json!({"chains": verified.chains, "rows": verified.rows, "broken": broken}));
        return;
    }
    for broken in &verified.broken {
        say!("audit: chain {}, row {}: {}", broken.chain, broken.seq, broken.why);
    }
    let (rows, chains) = (verified.rows, verified.chains);
    say!("audit: {rows} rows in {chains} chains, {} broken", verified.broken.len());
}

/// `attest check`.
pub async fn check(store: &Store, json: bool) -> Result<Ended> {
    let checked = store.check().await?;
    let verified = store.verify_audit().await?;
    let ok = checked.iter().all(|checked| checked.is_ok()) && verified.broken.is_empty();
    if json {
        let found = checked.iter().map(|checked| {
            json!({"workspace": checked.workspace, "devices": checked.devices, "profiles": checked.profiles,
                "counters_that_differ": checked.counters.len(), "days_that_differ": checked.daily.len(), "registers_that_differ": checked.registers})
        });
        say!(
            "{}",
            json!({"ok": ok, "workspaces": found.collect::<Vec<_>>(), "audit_rows": verified.rows, "audit_broken": verified.broken.len()})
        );
        return Ok(if ok { Ended::Done } else { Ended::CheckFailed });
    }
    for checked in &checked {
        for (cell, kept, counted) in &checked.counters {
            say!("{}: the counter {cell:?} says {kept}, a full count gives {counted}", checked.workspace);
        }
        for (cell, kept, counted) in &checked.daily {
            say!("{}: the days of {cell:?} add up to {kept}, a full count gives {counted}", checked.workspace);
        }
        for device in &checked.registers {
            say!("{}: the register of device {device} is not its last transition", checked.workspace);
        }
        let (devices, profiles) = (checked.devices, checked.profiles);
        say!(
            "{}: {profiles} profiles, {devices} devices, {} differences",
            checked.workspace,
            checked.counters.len() + checked.daily.len() + checked.registers.len()
        );
    }
    tell(&verified, false);
    Ok(if ok { Ended::Done } else { Ended::CheckFailed })
}

/// `attest config`.
pub fn tell_config(told: &[Told], json: bool) -> Result<Ended> {
    if json {
        say!("{}", serde_json::to_value(told).map_err(Error::internal)?);
        return Ok(Ended::Done);
    }
    for Told { setting, value, from } in told {
        say!("{setting:<22} {:<32} from {from}", value.as_deref().unwrap_or("-"));
    }
    Ok(Ended::Done)
}
