//! Giving back the places of values that are counted by themselves, after a flood of values that meant nothing.

use crate::domain::audit::AuditAction;
use crate::domain::policy::Action;
use crate::server::error::Result;
use crate::server::store::{Act, Actor, Change, Done, Place, Store};
use serde::Serialize;

/// How many values have a place, as the audit row holds it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FoldingState {
    pub values: u64,
}

/// Frees all places.
pub struct ResetFolding;

impl Act for ResetFolding {
    type State = FoldingState;
    const ACTION: Action = Action::ManageInputs;
    const AUDIT: AuditAction = AuditAction::FoldingReset;
}

/// Frees the places of all values of OS versions, app versions and countries. Values take them as devices report them
/// again; until then their devices are told under `other`. Answers how many places were taken.
pub async fn reset_folding(store: &Store, actor: &Actor, place: Place) -> Result<u64> {
    store.change::<ResetFolding, _, _, _>(actor, place, reset_once).await
}

async fn reset_once(mut change: Change<ResetFolding>) -> Result<Done<u64>> {
    let values = change.free_places().await?;
    if values == 0 {
        return Ok(change.unchanged(0));
    }
    let (before, after) = (FoldingState { values }, FoldingState { values: 0 });
    change.commit("values", Some(before), Some(after), None, values).await
}
