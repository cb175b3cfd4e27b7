//! `attest check`: counters, registers and audit chains, against a full count.

use super::ExitStatus;
use super::audit::print_verified;
use crate::server::error::Result;
use crate::server::store::Store;
use serde_json::json;

/// `attest check`.
pub async fn check(store: &Store, json: bool) -> Result<ExitStatus> {
    let checked = store.check().await?;
    let verified = store.verify_audit().await?;
    let ok = checked.iter().all(|checked| checked.is_ok()) && verified.is_ok();
    if json {
        let found = checked.iter().map(|checked| {
            json!({"workspace": checked.workspace, "devices": checked.devices, "profiles": checked.profiles,
                "counters_that_differ": checked.counters.len(), "days_that_differ": checked.daily.len(),
                "flows_that_differ": checked.flows.len(), "data_problems_that_differ": checked.data_problems.len(),
                "registers_that_differ": checked.registers, "deciding_that_differ": checked.deciding})
        });
        say!(
            "{}",
            json!({"ok": ok, "workspaces": found.collect::<Vec<_>>(), "audit_rows": verified.rows, "audit_broken": verified.broken.len()})
        );
        return Ok(if ok { ExitStatus::Done } else { ExitStatus::CheckFailed });
    }
    for checked in &checked {
        for (cell, kept, counted) in &checked.counters {
            say!("{}: the counter {cell:?} says {kept}, a full count gives {counted}", checked.workspace);
        }
        for (cell, kept, counted) in &checked.daily {
            say!("{}: the days of {cell:?} add up to {kept}, a full count gives {counted}", checked.workspace);
        }
        for (cell, kept, counted) in &checked.flows {
            say!("{}: of {cell:?} {kept} are counted, a full count gives {counted}", checked.workspace);
        }
        for (of, kept, counted) in &checked.data_problems {
            say!("{}: the sum of {of:?} is {kept}, its rows add up to {counted}", checked.workspace);
        }
        for device in &checked.registers {
            say!("{}: the register of device {device} is not its last transition", checked.workspace);
        }
        for differing in &checked.deciding {
            say!("{}: what is kept of which device decides is wrong for {differing}", checked.workspace);
        }
        let (devices, profiles) = (checked.devices, checked.profiles);
        say!(
            "{}: {profiles} profiles, {devices} devices, {} differences",
            checked.workspace,
            checked.counters.len()
                + checked.daily.len()
                + checked.flows.len()
                + checked.data_problems.len()
                + checked.registers.len()
                + checked.deciding.len()
        );
    }
    print_verified(&verified, false);
    Ok(if ok { ExitStatus::Done } else { ExitStatus::CheckFailed })
}
