//! Taking what feeds sent: everything of many requests in one durable transaction, as if each had come alone.

use super::Store;
use super::db::Tx;
use super::dedup::RequestHash;
use super::effects::Effects;
use super::input::Receiver;
use super::input_grant::InputGrant;
use crate::domain::app::App;
use crate::domain::att::Policy;
use crate::domain::batch::{Batch, STATUS};
use crate::domain::count;
use crate::domain::device::Device;
use crate::domain::error::{Problem, Refusal};
use crate::domain::fold::Arrival;
use crate::domain::id::{AppId, InputId, WorkspaceId};
use crate::domain::input::Counted;
use crate::domain::privacy::Settings;
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

/// One request, and the feed that it came by.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub grant: InputGrant,
    pub sent: Sent,
}

/// Which of a request's batches the workspace's policy refused, by their place; or why nothing of it was taken.
pub type Outcome = Result<Vec<usize>, Refusal>;

impl Store {
    /// Stores the good batches of these requests in the order given and counts the bad ones, in one durable transaction.
    /// Answers what became of each request. On an error nothing of any of them was stored.
    pub async fn accept(&self, parcels: Arc<Vec<Parcel>>) -> Result<Vec<Outcome>> {
        self.persist(move |store| {
            let parcels = parcels.clone();
            async move { store.accept_once(&parcels).await }
        })
        .await
    }

    async fn accept_once(&self, parcels: &[Parcel]) -> Result<Vec<Outcome>> {
        // In the order of their ids, so that two such transactions seldom wait for each other.
        let mut workspaces: BTreeMap<WorkspaceId, Vec<usize>> = BTreeMap::new();
        for (at, parcel) in parcels.iter().enumerate() {
            workspaces.entry(parcel.grant.workspace).or_default().push(at);
        }
        let mut outcomes = vec![Ok(Vec::new()); parcels.len()];
        let mut tx = self.db.write().await?;
        for (workspace, admitted) in workspaces {
            let its: Vec<&Parcel> = admitted.iter().map(|at| &parcels[*at]).collect();
            let answers = tx.accept(self, workspace, &its).await?;
            for (at, answer) in admitted.into_iter().zip(answers) {
                outcomes[at] = answer;
            }
        }
        tx.commit().await?;
        Ok(outcomes)
    }
}

impl Tx {
    /// Takes the requests of one workspace.
    async fn accept(&mut self, store: &Store, workspace: WorkspaceId, parcels: &[&Parcel]) -> Result<Vec<Outcome>> {
        let now = store.clock.now();
        let settings = self.settings(workspace).await?;
        let receivers = self.receivers(workspace, parcels).await?;
        let mut effects = Effects::default();
        let mut outcomes = Vec::new();
        let mut welcome = Vec::new();
        for &parcel in parcels {
            let input = parcel.grant.input;
            if !receivers.contains_key(&input) {
                outcomes.push(Err(Refusal::Forbidden));
                continue;
            }
            for (reason, n) in &parcel.sent.refused {
                effects.count(input, Counted::Refused, reason, *n);
            }
            let mut refused = Vec::new();
            for (at, batch) in parcel.sent.batches.iter().enumerate() {
                if settings.policy == Policy::RequireStatus && batch.lacks_status(settings.default) {
                    effects.count(
                        input,
                        Counted::Refused,
                        &format!("{STATUS} {}", Problem::StatusRequired.as_str()),
                        1,
                    );
                    refused.push(at);
                } else {
                    welcome.push((parcel, batch));
                }
            }
            outcomes.push(Ok(refused));
        }
        let Some(today) = receivers.values().next().map(|receiver| calendar::day(now, &receiver.time_zone)) else {
            return Ok(outcomes);
        };
        let fresh = self.fresh(workspace, welcome, now, &mut effects).await?;
        let mut apps = self.apps_of(workspace, fresh.iter().map(|(_, batch)| *batch)).await?;
        let Settings { policy, default, .. } = settings;
        let mut arrived = Vec::new();
        for (parcel, batch) in fresh {
            let (input, historical) = (parcel.grant.input, parcel.sent.historical);
            let app = apps.of(self, input, &receivers[&input], batch, now, store.ids.id()).await?;
            arrived.push((Arrival { input, app, received: now, policy, default, day: today, historical }, batch));
        }
        let before = self.population(workspace, &arrived).await?;
        let mut after = before.clone();
        let (mut active, mut ids) = (Vec::new(), store.ids.clone());
        for (arrival, batch) in arrived {
            let mut folded = after.fold(batch, &arrival, &mut ids);
            active.extend(folded.active.take());
            effects.take(batch, &arrival, folded, &after);
        }
        let changed = after.devices.values_mut().filter(|device| before.devices.get(&device.id) != Some(*device));
        let mut changed: Vec<&mut Device> = changed.chain(&mut active).collect();
        let admitted =
            self.admit(workspace, changed.iter().flat_map(|device| device.dimension_keys()).collect(), today).await?;
        changed.iter_mut().for_each(|device| device.note_overflow(&admitted));
        self.write_population(workspace, &before, &after, &store.ids).await?;
        self.write_effects(workspace, &effects, policy, &before, now).await?;
        let mut facets = after.difference(&before);
        facets.append(&mut count::active(&active));
        let cells = count::cells(&facets);
        self.add_cells(workspace, store.slot, today, &cells).await?;
        Ok(outcomes)
    }

    /// The inputs that these requests came by and that take any.
    async fn receivers(&mut self, workspace: WorkspaceId, parcels: &[&Parcel]) -> Result<BTreeMap<InputId, Receiver>> {
        let mut receivers = BTreeMap::new();
        let mut inputs: Vec<InputId> = parcels.iter().map(|parcel| parcel.grant.input).collect();
        inputs.sort_unstable();
        inputs.dedup();
        for input in inputs {
            let known = self.receiver(workspace, input).await?.filter(|receiver| !receiver.paused);
            receivers.extend(known.map(|receiver| (input, receiver)));
        }
        Ok(receivers)
    }

    /// Those batches whose request was not sent before; of several with one id the first.
    async fn fresh<'a>(
        &mut self,
        workspace: WorkspaceId,
        welcome: Vec<(&'a Parcel, &'a Batch)>,
        now: Millis,
        effects: &mut Effects<'a>,
    ) -> Result<Vec<(&'a Parcel, &'a Batch)>> {
        let hash = |(parcel, batch): &(&Parcel, &Batch)| Some((parcel.grant.input, RequestHash::of(batch)?));
        let hashes: Vec<_> = welcome.iter().map(hash).collect();
        let mut unknown = self.remember(workspace, hashes.iter().flatten().copied().collect(), now).await?;
        effects.remembered += unknown.len() as i64;
        let mut fresh = Vec::new();
        for ((parcel, batch), hash) in welcome.into_iter().zip(hashes) {
            if hash.is_none_or(|hash| unknown.remove(&hash)) {
                fresh.push((parcel, batch));
            } else {
                effects.count(parcel.grant.input, Counted::Repeated, "", 1);
            }
        }
        Ok(fresh)
    }

    async fn apps_of(&mut self, workspace: WorkspaceId, batches: impl Iterator<Item = &Batch>) -> Result<Apps> {
        let bundles = batches.filter_map(|batch| batch.bundle.as_deref()).collect();
        let by_bundle = self.apps_by_bundle(workspace, bundles).await?;
        Ok(Apps { workspace, by_bundle, by_input: BTreeMap::new() })
    }
}

/// Finds and makes the apps of batches.
struct Apps {
    workspace: WorkspaceId,
    by_bundle: BTreeMap<String, AppId>,
    by_input: BTreeMap<InputId, AppId>,
}

impl Apps {
    /// The bundle's app, else the app that the input was made for, else one named after the input.
    async fn of(
        &mut self,
        tx: &mut Tx,
        input: InputId,
        receiver: &Receiver,
        batch: &Batch,
        now: Millis,
        fresh: i64,
    ) -> Result<AppId> {
        let known = match &batch.bundle {
            Some(bundle) => self.by_bundle.get(bundle).copied(),
            None => receiver.app_id.or_else(|| self.by_input.get(&input).copied()),
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let id = AppId(fresh);
        let bundle = batch.bundle.clone();
        let name = if bundle.is_some() { batch.app_name.clone().or_else(|| bundle.clone()) } else { None };
        let app = App { id, bundle, name: name.unwrap_or_else(|| receiver.name.clone()) };
        tx.add_app(self.workspace, &app, now).await?;
        match app.bundle {
            Some(bundle) => {
                self.by_bundle.insert(bundle, id);
            }
            None => {
                tx.set_input_app(self.workspace, input, id).await?;
                self.by_input.insert(input, id);
            }
        }
        Ok(id)
    }
}
