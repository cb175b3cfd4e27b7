//! Values that are counted by themselves: whether one is, and giving back all of their places after a flood of values that meant
//! nothing.

use crate::domain::audit::AuditAction;
use crate::domain::count::{Dimension, OVERFLOW, Slice};
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::permission::Permission;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::{Act, Actor, Change, CounterSelection, Done, Store, View, WorkspaceRef};
use serde::Serialize;

/// Refuses a value that is counted together with others.
///
/// # Errors
/// [`Problem::NoCounter`] for a value without a counter while others like it are counted together: its counts would be said to
/// be zero. Rounded roles are not told which values there are; theirs are fewer than ten.
pub async fn assert_has_counter(view: &mut View, selection: CounterSelection<'_>) -> Result<()> {
    let Some(Slice { dimension, value }) = selection.slice else { return Ok(()) };
    let is_open = matches!(dimension, Dimension::OsVersion | Dimension::AppVersion | Dimension::Country);
    if view.precision.is_rounded() || !is_open || value == OVERFLOW {
        return Ok(());
    }
    let others = Slice { dimension: *dimension, value: OVERFLOW.to_owned() };
    let others = CounterSelection { slice: Some(&others), ..selection };
    let are_there = if others.unit.of_now() {
        view.counts_of(others).await?.all() > 0
    } else {
        view.daily(others, Day(0)).await?.values().any(|counts| counts.all() > 0)
    };
    // Hardly ever; only then is it worth reading which values have counters.
    if !are_there {
        return Ok(());
    }
    let today = calendar::day(view.now, &view.workspace.time_zone);
    if view.admitted_values(selection.app, *dimension, today).await?.contains(value) {
        return Ok(());
    }
    Err(Refusal::BadRequest(vec![Fault::new(dimension.as_str(), Problem::NoCounter)]).into())
}

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
