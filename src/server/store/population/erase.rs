//! One step of erasing IDFAs that the settings hold back.

use super::load::Loader;
use crate::domain::audit::AuditAction;
use crate::domain::count;
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, DeviceId, WorkspaceId};
use crate::domain::identifier::{Identifier, IdentifierKind};
use crate::domain::privacy::Settings;
use crate::server::error::Result;
use crate::server::store::audit::{Entry, append};
use crate::server::store::db::{Tx, on};
use crate::server::store::erasure::{Erasure, Progress};
use crate::server::store::{Actor, Store, System};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many IDFAs one step looks at: few enough not to hold up the event stream.
const STEP: usize = 500;

impl System {
    /// Looks at the next IDFAs in their order and erases those that the settings in force hold back. Answers whether
    /// there is more to do.
    pub async fn erase_step(&self, workspace: WorkspaceId, version: i64) -> Result<bool> {
        self.persist(move |store| async move {
            let mut tx = store.db.write().await?;
            let Some(mut erasure) = tx.locked_erasure(workspace, version).await? else { return Ok(false) };
            if matches!(erasure.progress, Progress::Done | Progress::Cancelled) {
                return Ok(false);
            }
            let settings = tx.settings(workspace).await?;
            let page = tx.idfas_after(workspace, &erasure.cursor).await?;
            let more = page.len() == STEP;
            erasure.seen += i64::try_from(page.len()).unwrap_or_default();
            if let Some((identifier, _)) = page.last() {
                erasure.cursor = cursor(identifier);
            }
            erasure.erased += tx.erase_of(&store, workspace, &settings, page).await?;
            erasure.progress = if more { Progress::Running } else { Progress::Done };
            if !more {
                erasure.ended_at = Some(store.clock.now());
                tx.tell_erased(&store, &settings, &erasure).await?;
            }
            tx.update_erasure(&erasure).await?;
            tx.commit().await?;
            Ok(more)
        })
        .await
    }
}

/// Where a walk over the IDFAs stands.
fn cursor(identifier: &Identifier) -> String {
    format!("{} {} {}", identifier.environment.code(), identifier.app.0, identifier.value)
}

impl Tx {
    /// IDFAs after a place in their order, with the devices they lead to.
    async fn idfas_after(&mut self, workspace: WorkspaceId, cursor: &str) -> Result<Vec<(Identifier, DeviceId)>> {
        const SQL: &str = "select environment, app_id, value, device_id from device_identifiers \
            where workspace_id = $1 and kind = $2 and (environment, value, app_id) > ($3, $5, $4) order by environment, value, app_id limit $6";
        let mut parts = cursor.splitn(3, ' ');
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok()).unwrap_or(-1);
        let (environment, app) = (number(parts.next()), number(parts.next()));
        let value = parts.next().unwrap_or_default();
        let rows: Vec<(Environment, AppId, String, DeviceId)> = on!(self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(IdentifierKind::Idfa)
            .bind(environment)
            .bind(app)
            .bind(value)
            .bind(i64::try_from(STEP).unwrap_or(i64::MAX))
            .fetch_all(c)
            .await?);
        let identifier = |(environment, app, value, device)| {
            (Identifier { environment, app, kind: IdentifierKind::Idfa, value }, device)
        };
        Ok(rows.into_iter().map(identifier).collect())
    }

    /// Erases those of the identifiers that the settings hold back; answers how many.
    async fn erase_of(
        &mut self,
        store: &Store,
        workspace: WorkspaceId,
        settings: &Settings,
        identifiers: Vec<(Identifier, DeviceId)>,
    ) -> Result<i64> {
        let devices: BTreeSet<DeviceId> = identifiers.iter().map(|(_, device)| *device).collect();
        let mut load = Loader::locking(self, workspace);
        load.complete(&devices).await?;
        let before = load.population;
        let mut after = before.clone();
        let withheld_idfa = |(identifier, id): &&(Identifier, DeviceId)| {
            // An identifier may have moved before its device was locked.
            let device = before.devices.get(id).filter(|_| before.identifiers().get(identifier) == Some(id));
            device.is_some_and(|device| !device.may_keep_idfa(settings.policy, settings.default))
        };
        let erased: Vec<&(Identifier, DeviceId)> = identifiers.iter().filter(withheld_idfa).collect();
        for (identifier, device) in &erased {
            after.erase_identifier(identifier, *device, store.clock.now());
        }
        self.write_population(workspace, &before, &after, &store.ids).await?;
        let today = self.today(workspace, store.clock.now()).await?;
        self.add_cells(workspace, store.slot, today, &count::cells(&after.difference(&before))).await?;
        self.erase_sampled_idfas(workspace, erased.iter().map(|(_, device)| *device)).await?;
        Ok(i64::try_from(erased.len()).unwrap_or_default())
    }

    async fn tell_erased(&mut self, store: &Store, settings: &Settings, erasure: &Erasure) -> Result<()> {
        let entry = Entry {
            action: AuditAction::IdfasErased,
            target: "idfas".to_owned(),
            before: Value::Null,
            after: json!({"erased": erasure.erased, "asked_by_version": erasure.version}),
            reason: None,
            settings_version: Some(settings.version),
        };
        let actor = Actor::system("erasing");
        append(self, erasure.workspace_id, store.clock.now(), &actor, actor.without_role(), entry).await?;
        Ok(())
    }
}
