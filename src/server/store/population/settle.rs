//! What turns out to be needed besides, once batches are folded: which devices decide, and who used what before.

use super::load::Loader;
use super::row::{UseRow, uses};
use crate::domain::decides::Decides;
use crate::domain::fold::{Population, Unsettled};
use crate::domain::id::{ProfileId, WorkspaceId};
use crate::server::error::Result;
use crate::server::store::db::{Tx, given, on};
use serde_json::json;
use std::collections::BTreeSet;

impl Tx {
    /// Decides in `after` which devices decide. What that needs besides is loaded into both.
    pub(in crate::server::store) async fn decide(
        &mut self,
        workspace: WorkspaceId,
        before: &mut Population,
        after: &mut Population,
    ) -> Result<()> {
        let Unsettled { risen, fallen } = after.unsettled(before);
        let mut load = Loader::new(self, workspace);
        load.users(&risen).await?;
        load.users(&fallen).await?;
        let loaded = load.population.uses().iter();
        let of_fallen: BTreeSet<ProfileId> = loaded
            .filter(|((device, _), decides)| fallen.contains(device) && **decides > Decides::Nothing)
            .map(|((_, profile), _)| *profile)
            .collect();
        load.devices_of(|profile| of_fallen.contains(profile)).await?;
        load.deciding().await?;
        let more = load.population;
        before.add_missing(more.clone());
        after.add_missing(more);
        after.decide();
        Ok(())
    }

    /// Adds to `before` who used what already of those who began to in `after`; returns whether somebody did. An id that
    /// moved within the group may have brought together whom nobody had looked for.
    pub(in crate::server::store) async fn find_earlier_uses(
        &mut self,
        workspace: WorkspaceId,
        before: &mut Population,
        after: &Population,
    ) -> Result<bool> {
        const SQL: &str = concat!(
            "select ",
            uses!(columns),
            " from uses where workspace_id = $1 and (environment, device_id, profile_id) in (select \
            cast(given.value->>'environment' as bigint), cast(given.value->>'device' as bigint), \
            cast(given.value->>'profile' as bigint) from jsonb_each($2) as given)"
        );
        let began = after.uses().keys().filter(|of| !before.uses().contains_key(of)).filter_map(|(device, profile)| {
            let known = before.devices.get(device).filter(|_| before.profiles().contains_key(profile))?;
            Some((known, profile))
        });
        let asked: Vec<_> = began
            .map(|(device, profile)| json!({"environment": device.environment.code(), "device": device.id.0, "profile": profile.0}))
            .collect();
        if asked.is_empty() {
            return Ok(false);
        }
        let asked = given(asked);
        let rows: Vec<UseRow> =
            on!(&mut *self, c => sqlx::query_as(SQL).bind(workspace).bind(asked).fetch_all(c).await?);
        rows.iter().for_each(|row| before.add_use(row.device_id, row.profile_id, row.decides));
        Ok(!rows.is_empty())
    }
}
