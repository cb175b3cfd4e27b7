//! What turns out to be needed besides, once batches are folded: which devices decide, and who used what before.

use super::load::{Loader, any_environment, ids};
use super::row::{UseRow, uses};
use crate::domain::decides::Decides;
use crate::domain::fold::{Population, Unsettled};
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::db::{Tx, on};
use std::collections::BTreeSet;

/// How often what was loaded may ask for more: each time only what was noted while a clock was ahead does. What the last
/// time brings stays as it was noted, until somebody looks at it again.
const ROUNDS: usize = 8;

impl Tx {
    /// Decides in `after` which devices decide, by what is believed `now`. What that needs besides
    /// is loaded into both.
    pub(in crate::server::store) async fn decide(
        &mut self,
        workspace: WorkspaceId,
        before: &mut Population,
        after: &mut Population,
        now: Millis,
    ) -> Result<()> {
        after.set_back(now);
        for round in 1..=ROUNDS {
            let Unsettled { risen, fallen } = after.unsettled(before);
            let mut load = Loader::beside(before, self, workspace);
            load.users(&risen.union(&fallen).copied().collect()).await?;
            let loaded = load.population.uses().iter();
            let of_fallen: BTreeSet<ProfileId> = loaded
                .filter(|((device, _), decides)| fallen.contains(device) && **decides > Decides::Nothing)
                .map(|((_, profile), _)| *profile)
                .collect();
            load.devices_of(&of_fallen).await?;
            load.deciding().await?;
            let more = load.population;
            before.add_missing(more.clone());
            after.add_missing(more);
            // Those that were ahead too fall in their turn, where it can be looked for who rises instead.
            if round == ROUNDS || !after.set_back(now) {
                break;
            }
        }
        after.decide();
        Ok(())
    }

    /// When somebody began in `after` to use a device that both were known before: adds to `before` who of all that are
    /// there used what already; returns whether somebody did. An id that moved within the group may have brought together
    /// whom nobody had looked for.
    pub(in crate::server::store) async fn find_earlier_uses(
        &mut self,
        workspace: WorkspaceId,
        before: &mut Population,
        after: &Population,
    ) -> Result<bool> {
        const SQL: &str = concat!(
            "select ",
            uses!(columns),
            " from uses where workspace_id = $1 and ",
            any_environment!(),
            " and device_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given) \
            and profile_id in (select cast(given.value->>'id' as bigint) from jsonb_each($3) as given)"
        );
        let is_asked = |(device, profile): &(DeviceId, ProfileId)| {
            before.devices.contains_key(device)
                && before.profiles().contains_key(profile)
                && !before.is_user(*device, *profile)
        };
        if !after.uses().keys().any(is_asked) {
            return Ok(false);
        }
        let devices = ids(before.devices.keys().map(|id| id.0));
        let profiles = ids(before.profiles().keys().map(|id| id.0));
        let rows: Vec<UseRow> = on!(&mut *self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(devices)
            .bind(profiles)
            .fetch_all(c)
            .await?);
        let missing: Vec<UseRow> =
            rows.into_iter().filter(|row| !before.is_user(row.device_id, row.profile_id)).collect();
        missing.iter().for_each(|row| before.add_use(row.device_id, row.profile_id, row.decides));
        Ok(!missing.is_empty())
    }
}
