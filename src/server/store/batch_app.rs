//! Which app a batch is of: found, or made while there is room for more.

use super::db::Tx;
use super::input::Receiver;
use crate::domain::app::{App, MOST_APPS};
use crate::domain::batch::Batch;
use crate::domain::count::OVERFLOW;
use crate::domain::id::{AppId, InputId, WorkspaceId};
use crate::domain::time::Millis;
use crate::server::clock::Ids;
use crate::server::error::Result;
use std::collections::BTreeMap;

/// Finds and makes the apps of batches.
pub(super) struct BatchApps {
    workspace: WorkspaceId,
    now: Millis,
    by_bundle: BTreeMap<String, AppId>,
    by_input: BTreeMap<InputId, AppId>,
    /// How many more may be made; `None` before it was counted.
    room: Option<i64>,
}

impl BatchApps {
    /// `by_bundle`: those of the batches' bundles that are known, and of the overflow's.
    pub fn new(workspace: WorkspaceId, now: Millis, by_bundle: BTreeMap<String, AppId>) -> Self {
        Self { workspace, now, by_bundle, by_input: BTreeMap::new(), room: None }
    }

    /// The bundle's app, else the app that the input was made for, else one named after the input. When there are too
    /// many, a new bundle's is the app of all further ones: senders choose bundle ids freely, and what is counted by app
    /// must not grow without end.
    pub async fn of(
        &mut self,
        tx: &mut Tx,
        input: InputId,
        receiver: &Receiver,
        batch: &Batch,
        ids: &Ids,
    ) -> Result<AppId> {
        let known = match &batch.bundle {
            Some(bundle) => self.by_bundle.get(bundle).copied(),
            None => receiver.app_id.or_else(|| self.by_input.get(&input).copied()),
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let id = AppId(ids.id());
        let Some(bundle) = &batch.bundle else {
            self.add(tx, App { id, bundle: None, name: receiver.name.clone() }).await?;
            tx.set_input_app(self.workspace, input, id).await?;
            self.by_input.insert(input, id);
            return Ok(id);
        };
        if self.has_room(tx).await? {
            let name = batch.app_name.clone().unwrap_or_else(|| bundle.clone());
            return self.add(tx, App { id, bundle: Some(bundle.clone()), name }).await;
        }
        match self.by_bundle.get(OVERFLOW) {
            Some(other) => Ok(*other),
            None => self.add(tx, App { id, bundle: Some(OVERFLOW.to_owned()), name: "Other apps".to_owned() }).await,
        }
    }

    async fn has_room(&mut self, tx: &mut Tx) -> Result<bool> {
        let room = match self.room {
            Some(room) => room,
            None => MOST_APPS - tx.count_apps(self.workspace).await?,
        };
        self.room = Some(room - 1);
        Ok(room > 0)
    }

    async fn add(&mut self, tx: &mut Tx, app: App) -> Result<AppId> {
        tx.add_app(self.workspace, &app, self.now).await?;
        self.by_bundle.extend(app.bundle.map(|bundle| (bundle, app.id)));
        Ok(app.id)
    }

    /// Whether this is the app of all bundle ids beyond the bound.
    pub fn is_overflow(&self, app: AppId) -> bool {
        self.by_bundle.get(OVERFLOW) == Some(&app)
    }
}
