//! Giving back the places of values that are counted by themselves, after a flood of values that meant nothing.

use crate::domain::audit::AuditAction;
use crate::domain::permission::Permission;
use crate::server::error::Result;
use crate::server::store::{Act, Actor, Change, Done, Store, WorkspaceRef};
use serde::Serialize;

/// How many values have a place, as the audit row holds it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DimensionValuesSnapshot {
    pub values: u64,
}

/// Frees all places.
pub struct ResetDimensionValues;

impl Act for ResetDimensionValues {
    type Snapshot = DimensionValuesSnapshot;
    const PERMISSION: Permission = Permission::ManageInputs;
    const AUDIT: AuditAction = AuditAction::DimensionValuesReset;
}

/// Frees the places of all values of OS versions, app versions and countries. Values take them as devices report them
/// again; until then their devices are counted under `other`. Returns how many places were taken.
pub async fn reset_dimension_values(store: &Store, actor: &Actor, workspace: WorkspaceRef) -> Result<u64> {
    store.change(actor, workspace, reset_once).await
}

async fn reset_once(mut change: Change<ResetDimensionValues>) -> Result<Done<u64>> {
    let values = change.delete_dimension_values().await?;
    if values == 0 {
        return Ok(change.unchanged(0));
    }
    let (before, after) = (DimensionValuesSnapshot { values }, DimensionValuesSnapshot { values: 0 });
    change.commit("values", Some(before), Some(after), None, values).await
}
