//! Taking what a feed sent: everything of one request in one durable transaction.

use super::Store;
use super::db::Tx;
use super::feed::Feed;
use super::learnt::Learnt;
use crate::domain::app::App;
use crate::domain::att::Policy;
use crate::domain::batch::{Batch, STATUS};
use crate::domain::error::{Problem, Refusal};
use crate::domain::fold::Arrival;
use crate::domain::id::{AppId, InputId, WorkspaceId};
use crate::domain::input::Counted;
use crate::domain::settings::Settings;
use crate::domain::time::Millis;
use crate::server::calendar;
use crate::server::error::Result;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one request sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub batches: Vec<Batch>,
    /// How many batches could not be read, by reason.
    pub refused: BTreeMap<String, i64>,
    /// Whether it is old news.
    pub historical: bool,
}

impl Store {
    /// Stores the good batches of one request and counts the bad ones, in one durable transaction. Answers which of the
    /// good ones the workspace's policy refused, by their place.
    pub async fn accept(&self, feed: Feed, sent: Sent) -> Result<Vec<usize>> {
        let sent = Arc::new(sent);
        self.persist(move |store| {
            let sent = sent.clone();
            async move { store.accept_once(feed, &sent).await }
        })
        .await
    }

    async fn accept_once(&self, feed: Feed, sent: &Sent) -> Result<Vec<usize>> {
        let Feed { workspace, input, .. } = feed;
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        tx.lock_counts(workspace).await?;
        let receiver = tx.receiver(workspace, input).await?.filter(|receiver| !receiver.paused);
        let receiver = receiver.ok_or(Refusal::Forbidden)?;
        let settings = tx.settings(workspace).await?;
        let mut learnt = Learnt::default();
        for (reason, n) in &sent.refused {
            learnt.count(input, Counted::Refused, reason, *n);
        }
        let day = calendar::day(now, &receiver.time_zone);
        let mut apps =
            Apps { workspace, input, input_name: receiver.name, input_app: receiver.app_id, known: BTreeMap::new() };
        let (mut fresh, mut refused) = (Vec::new(), Vec::new());
        for (at, batch) in sent.batches.iter().enumerate() {
            if settings.policy == Policy::RequireStatus && batch.lacks_status(settings.default) {
                learnt.count(input, Counted::Refused, &format!("{STATUS} {}", Problem::StatusRequired.as_str()), 1);
                refused.push(at);
            } else if tx.remember(workspace, input, batch, now).await? {
                fresh.push((apps.of(&mut tx, batch, now, self.ids.id()).await?, batch.clone()));
            } else {
                learnt.count(input, Counted::Repeated, "", 1);
            }
        }
        let before = tx.population(workspace, &fresh).await?;
        let mut after = before.clone();
        let mut ids = self.ids.clone();
        for (app, batch) in &fresh {
            let Settings { policy, default, .. } = settings;
            let arrival = Arrival { input, app: *app, received: now, policy, default, historical: sent.historical };
            let folded = after.fold(batch, &arrival, &mut ids);
            learnt.take(batch, &arrival, day, folded, &after);
        }
        tx.write_population(workspace, &before, &after, &self.ids).await?;
        tx.write_learnt(workspace, &learnt, settings.policy, &before, now).await?;
        tx.add_difference(workspace, &before, &after).await?;
        tx.commit().await?;
        Ok(refused)
    }
}

/// Finds and makes the apps of a request's batches.
struct Apps {
    workspace: WorkspaceId,
    input: InputId,
    input_name: String,
    input_app: Option<AppId>,
    known: BTreeMap<String, AppId>,
}

impl Apps {
    /// The bundle's app, else the app that the input was made for, else one named after the input.
    async fn of(&mut self, tx: &mut Tx, batch: &Batch, now: Millis, fresh: i64) -> Result<AppId> {
        let Some(bundle) = &batch.bundle else {
            if let Some(app) = self.input_app {
                return Ok(app);
            }
            let app = App { id: AppId(fresh), bundle: None, name: self.input_name.clone() };
            tx.add_app(self.workspace, &app, now).await?;
            tx.set_input_app(self.workspace, self.input, app.id).await?;
            self.input_app = Some(app.id);
            return Ok(app.id);
        };
        if let Some(known) = self.known.get(bundle) {
            return Ok(*known);
        }
        let app = match tx.app_by_bundle(self.workspace, bundle).await? {
            Some(known) => known,
            None => {
                let name = batch.app_name.clone().unwrap_or_else(|| bundle.clone());
                let app = App { id: AppId(fresh), bundle: Some(bundle.clone()), name };
                tx.add_app(self.workspace, &app, now).await?;
                app.id
            }
        };
        self.known.insert(bundle.clone(), app);
        Ok(app)
    }
}
