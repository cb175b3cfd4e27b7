//! `attest audit`: the audit chains.

use super::ExitStatus;
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
    pub async fn run(self, store: &Store) -> Result<ExitStatus> {
        match self {
            Self::Verify { json, .. } => {
                let verified = store.verify_audit().await?;
                print_verified(&verified, json);
                Ok(status_of(&verified))
            }
            Self::Export { workspace, format } => {
                let mut out = BufWriter::new(std::io::stdout());
                export(store, &Actor::command_line(), WorkspaceRef::parse(&workspace)?, format, &mut out).await?;
                Ok(ExitStatus::Done)
            }
        }
    }
}

/// Proves an exported chain.
pub fn verify_exported(file: &Path, json: bool) -> Result<ExitStatus> {
    let opened = File::open(file).map_err(|error| Error::Internal(format!("{}: {error}", file.display())))?;
    let verified = verify_file(BufReader::new(opened))?;
    print_verified(&verified, json);
    Ok(status_of(&verified))
}

fn status_of(verified: &Verified) -> ExitStatus {
    if verified.is_ok() { ExitStatus::Done } else { ExitStatus::CheckFailed }
}

pub(super) fn print_verified(verified: &Verified, json: bool) {
    if json {
        let broken = verified.broken.iter().map(|b| json!({"chain": b.chain, "seq": b.seq, "why": b.why}));
        let broken: Vec<_> = broken.collect();
        say!(
            "{}",
            json!({"chains": verified.chains, "rows": verified.rows, "broken": broken, "guarded": !verified.unguarded})
        );
        return;
    }
    if verified.unguarded {
        say!("audit: nothing keeps rows from being changed or removed: the guard of the log is not in place");
    }
    for broken in &verified.broken {
        say!("audit: chain {}, row {}: {}", broken.chain, broken.seq, broken.why);
    }
    let count = |n, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
    let (rows, chains) = (count(verified.rows, "row"), count(verified.chains, "chain"));
    say!("audit: {rows} in {chains}, {} broken", verified.broken.len());
}
