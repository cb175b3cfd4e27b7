//! `attest audit`: the audit chains.

use super::ExitStatus;
use crate::server::error::{Error, Result};
use crate::server::services::Services;
use crate::server::services::audit_export::{Format, export};
use crate::server::services::checkpoint::make_checkpoints;
use crate::server::store::audit::{Checkpoints, Verified, verify_file};
use crate::server::store::{Actor, WorkspaceRef};
use clap::Subcommand;
use serde_json::{Value, json};
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
        /// Checkpoints that were kept elsewhere: nothing up to them may have been rewritten or cut off.
        #[arg(long)]
        checkpoints: Option<PathBuf>,
        /// A key that signed them, as `attest key public` prints it; with --file, for the database is not asked for it. May be
        /// given several times.
        #[arg(long = "key", requires = "file", requires = "checkpoints")]
        keys: Vec<String>,
        #[arg(long)]
        json: bool,
    },
    /// Sign where the chains end now, send that to where checkpoints are sent, and print the newest of each chain, after the lines by
    /// which older keys vouch for newer ones.
    Checkpoint,
    /// Write a workspace's chain to standard output.
    Export {
        #[arg(long)]
        workspace: String,
        #[arg(long)]
        format: Format,
    },
}

impl Audit {
    pub async fn run(self, services: Services) -> Result<ExitStatus> {
        let store = services.store();
        match self {
            Self::Verify { json, checkpoints, .. } => {
                let given = read_checkpoints(checkpoints.as_deref(), store.keyring().now().signing_keys())?;
                let verified = store.verify_audit_against(&given).await?;
                print_verified(&verified, json);
                Ok(status_of(&verified))
            }
            Self::Checkpoint => {
                for told in services.store().keyring().now().next_keys() {
                    say!("{}", told.json());
                }
                for signed in make_checkpoints(&services).await? {
                    say!("{}", signed.json());
                }
                Ok(ExitStatus::Done)
            }
            Self::Export { workspace, format } => {
                let mut out = BufWriter::new(std::io::stdout());
                export(store, &Actor::command_line(), WorkspaceRef::parse(&workspace)?, format, &mut out).await?;
                Ok(ExitStatus::Done)
            }
        }
    }
}

/// Proves an exported chain. `keys` are those that signed the checkpoints, if somebody says so.
pub fn verify_exported(file: &Path, checkpoints: Option<&Path>, keys: &[String], json: bool) -> Result<ExitStatus> {
    let given = read_checkpoints(checkpoints, keys)?;
    let verified = verify_file(opened(file)?, &given)?;
    if json {
        let mut object = verified_json(&verified);
        object["signed_to"] = verified.signed_to.into();
        object["keys"] = given.keys.iter().cloned().collect();
        object["keys_given"] = (!given.is_key_unproved && checkpoints.is_some()).into();
        say!("{object}");
        return Ok(status_of(&verified));
    }
    print_verified(&verified, false);
    let last = i64::try_from(verified.rows).unwrap_or(i64::MAX);
    if verified.is_ok() && checkpoints.is_some() && verified.signed_to != Some(last) {
        let signed = verified
            .signed_to
            .map_or("no checkpoint is of a row in it".to_owned(), |row| format!("the last checkpoint is of row {row}"));
        let first = verified.signed_to.unwrap_or_default() + 1;
        say!("audit: {signed}: nothing here proves that rows {first} to {last} were not added or written anew");
    }
    if checkpoints.is_none() {
        say!(
            "audit: without --checkpoints nothing here proves that the file was not written anew, or cut off at its end"
        );
    } else if given.is_key_unproved {
        let keys: Vec<&str> = given.keys.iter().map(String::as_str).collect();
        say!(
            "audit: the checkpoints are signed by {}: compare it with what `attest key public` prints, or give it as --key",
            keys.join(", ")
        );
    }
    Ok(status_of(&verified))
}

fn opened(file: &Path) -> Result<BufReader<File>> {
    let opened = File::open(file).map_err(|error| Error::Internal(format!("{}: {error}", file.display())))?;
    Ok(BufReader::new(opened))
}

fn read_checkpoints(file: Option<&Path>, trusted: &[String]) -> Result<Checkpoints> {
    file.map_or_else(|| Ok(Checkpoints::default()), |file| Checkpoints::read(opened(file)?, trusted))
}

fn status_of(verified: &Verified) -> ExitStatus {
    if verified.is_ok() { ExitStatus::Done } else { ExitStatus::CheckFailed }
}

fn verified_json(verified: &Verified) -> Value {
    let broken = verified.broken.iter().map(|b| json!({"chain": b.chain, "seq": b.seq, "why": b.why}));
    let broken: Vec<_> = broken.collect();
    json!({"chains": verified.chains, "rows": verified.rows, "checkpoints": verified.checkpoints, "broken": broken, "guarded": !verified.unguarded})
}

pub(super) fn print_verified(verified: &Verified, json: bool) {
    if json {
        say!("{}", verified_json(verified));
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
    let checkpoints = count(verified.checkpoints, "signed checkpoint");
    say!("audit: {rows} in {chains}, {} broken, {checkpoints}", verified.broken.len());
}
