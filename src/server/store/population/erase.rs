//! One step of erasing IDFAs that the settings withhold.

use super::id_row::{IdentifierRow, device_identifiers};
use super::load::Loader;
use super::repeated::repeating_erased_idfas;
use crate::domain::att::Terms;
use crate::domain::count;
use crate::domain::device::Device;
use crate::domain::erasing::Erasing;
use crate::domain::fold::Population;
use crate::domain::id::{DeviceId, WorkspaceId};
use crate::domain::identifier::{Identifier, IdentifierKind};
use crate::domain::joins::Lead;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::db::{Tx, on};
use crate::server::store::erasure::Progress;
use crate::server::store::writes::Writes;
use crate::server::store::{Store, System};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// How many IDFAs one step looks at: few enough not to hold up the event stream.
const STEP: usize = 500;

impl System {
    /// Looks at the next IDFAs in their order and erases those that all settings withheld since it was asked for. Returns whether
    /// there is more to do.
    pub async fn erase_step(&self, workspace: WorkspaceId, version: i64) -> Result<bool> {
        self.persist(move |store| async move {
            let mut tx = store.db.write().await?;
            tx.take_lane(workspace).await?;
            let now = store.sure_now()?;
            let Some(mut erasure) = tx.locked_erasure(workspace, version).await? else { return Ok(false) };
            if matches!(erasure.progress, Progress::Done | Progress::Cancelled) {
                return Ok(false);
            }
            let version_in_force = tx.settings(workspace).await?.version;
            // What was let go since it was asked for, and withheld again later, is of a later erasing.
            let terms = tx.terms_since(workspace, version).await?;
            let later = tx.later_erasings(workspace, version, now).await?;
            let page = tx.idfas_after(workspace, &erasure.cursor).await?;
            let more = page.len() == STEP;
            erasure.seen += i64::try_from(page.len()).unwrap_or_default();
            if let Some((identifier, _)) = page.last() {
                erasure.cursor = json!(IdfaKey::of(identifier)).to_string();
            }
            erasure.erased += tx.erase_of((&store, now), workspace, &terms, &later, page).await?;
            erasure.progress = if more { Progress::Running } else { Progress::Done };
            if !more {
                erasure.ended_at = Some(now);
                // The last id that was looked at is not kept.
                erasure.cursor = String::new();
                tx.tell_erased(now, version_in_force, &erasure).await?;
            }
            tx.update_erasure(&erasure).await?;
            tx.commit().await?;
            store.note_erased();
            Ok(more)
        })
        .await
    }
}

/// How far a walk over the IDFAs got, in the order of the index that it reads.
#[derive(Serialize, Deserialize)]
struct IdfaKey {
    environment: i64,
    value: String,
    app_id: i64,
}

impl IdfaKey {
    /// The cursor after an identifier.
    fn of(identifier: &Identifier) -> Self {
        let (environment, app_id) = (identifier.environment.code(), identifier.app.0);
        Self { environment, value: identifier.value.clone(), app_id }
    }

    /// Before the first; from there also begins what cannot be read.
    fn read(cursor: &str) -> Self {
        let before_all = Self { environment: i64::MIN, value: String::new(), app_id: i64::MIN };
        serde_json::from_str(cursor).unwrap_or(before_all)
    }
}

impl Tx {
    /// IDFAs after a cursor, with the devices they lead to.
    async fn idfas_after(&mut self, workspace: WorkspaceId, cursor: &str) -> Result<Vec<(Identifier, Lead<DeviceId>)>> {
        const SQL: &str = concat!(
            "select ",
            device_identifiers!(columns),
            " from device_identifiers where workspace_id = $1 and kind = $2 \
            and (environment, value, app_id) > ($3, $4, $5) order by environment, value, app_id limit $6"
        );
        let from = IdfaKey::read(cursor);
        let rows: Vec<IdentifierRow> = on!(self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(IdentifierKind::Idfa)
            .bind(from.environment)
            .bind(from.value)
            .bind(from.app_id)
            .bind(i64::try_from(STEP).unwrap_or(i64::MAX))
            .fetch_all(c)
            .await?);
        Ok(rows.into_iter().map(IdentifierRow::into).collect())
    }

    /// Erases those of the identifiers that are withheld on each of these terms, but what is left to a later erasing; returns
    /// how many.
    async fn erase_of(
        &mut self,
        (store, now): (&Store, Millis),
        workspace: WorkspaceId,
        terms: &[Terms],
        later: &[Erasing],
        identifiers: Vec<(Identifier, Lead<DeviceId>)>,
    ) -> Result<i64> {
        let devices: BTreeSet<DeviceId> = identifiers.iter().map(|(_, lead)| lead.to).collect();
        let mut load = Loader::new(self, workspace);
        load.devices(&devices).await?;
        load.identifiers(&devices).await?;
        let is_withheld = |lead: &Lead<DeviceId>, known: &Population| {
            let kept_on = |device: &Device| terms.iter().any(|terms| device.may_keep_idfa(terms.policy, terms.default));
            let is_left = |device: &Device| later.iter().any(|erasing| erasing.takes(device));
            known.devices.get(&lead.to).is_some_and(|device| !kept_on(device) && !is_left(device))
        };
        let erased: Vec<(Identifier, Lead<DeviceId>)> =
            identifiers.into_iter().filter(|(_, lead)| is_withheld(lead, &load.population)).collect();
        let before = load.population;
        let mut after = before.clone();
        for (identifier, lead) in &erased {
            after.erase_identifier(identifier, lead.to, now);
        }
        let today = self.today(workspace, now).await?;
        let mut writes = Writes::new(workspace);
        writes.population(&before, &after, &store.ids);
        writes.cells(store.slot, today, &count::cells(&after.difference(&before)));
        writes.write(self, store.is_spread).await?;
        let identities = repeating_erased_idfas(store.keyring().now().sealer(), workspace, &before, &after)?;
        self.erase_identities(workspace, &identities).await?;
        self.erase_sampled_idfas(workspace, erased.iter().map(|(_, lead)| lead.to)).await?;
        Ok(i64::try_from(erased.len()).unwrap_or_default())
    }
}
