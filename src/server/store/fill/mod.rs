//! Filling an empty workspace with what made-up users did: the same folding and counting as for events that arrive, with
//! the times of the story. Users come in the order of their ids, so that every table grows at its end, however many
//! they are; what each day adds to the counters is gathered in memory and written once.

mod days;

pub use days::Days;

use super::effects::Effects;
use super::input_grant::InputGrant;
use super::writes::Writes;
use super::{Store, System};
use crate::domain::app::App;
use crate::domain::att::{Policy, Status};
use crate::domain::batch::Batch;
use crate::domain::count;
use crate::domain::flow;
use crate::domain::fold::{Arrival, Folded, IdSource, Population};
use crate::domain::id::{AppId, WorkspaceId};
use crate::domain::time::Millis;
use crate::server::calendar;
use crate::server::clock::Ids;
use crate::server::error::{Error, Result};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What one user's devices sent, in this order. Nobody else uses them.
pub struct Chapter {
    pub grant: InputGrant,
    /// The public id of the user's profile: greater than that of the one before.
    pub mpid: i64,
    pub batches: Vec<ChapterBatch>,
}

/// One batch of it.
pub struct ChapterBatch {
    pub received: Millis,
    /// In force then.
    pub default: Option<Status>,
    pub app: AppId,
    pub batch: Batch,
}

/// A workspace that is being filled.
#[derive(Clone)]
pub struct Filling {
    store: Store,
    workspace: WorkspaceId,
    time_zone: String,
    policy: Policy,
}

/// Users as they are after their last batch, ready to be written.
pub struct UserChunk {
    chapters: Vec<Chapter>,
    /// What became of each batch.
    folded: Vec<(Arrival, Folded)>,
    population: Population,
    pub days: Days,
}

/// Ids as the system makes them, but a public id that was chosen.
struct Chosen {
    ids: Ids,
    mpid: i64,
}

impl IdSource for Chosen {
    fn new_id(&mut self) -> i64 {
        self.ids.id()
    }

    fn new_mpid(&mut self) -> i64 {
        self.mpid
    }
}

impl System {
    /// Begins to fill a workspace that has nothing yet.
    pub async fn filling(&self, grant: InputGrant) -> Result<Filling> {
        let mut tx = self.db.read().await?;
        let known = tx.workspace_by_id(grant.workspace).await?;
        let known = known.ok_or_else(|| Error::Internal("no workspace".to_owned()))?;
        let policy = tx.settings(grant.workspace).await?.policy;
        Ok(Filling { store: Store::clone(self), workspace: grant.workspace, time_zone: known.time_zone, policy })
    }
}

impl Filling {
    /// Folds what these users sent; the work of a processor.
    pub fn fold(&self, chapters: Vec<Chapter>) -> Result<UserChunk> {
        let keys = self.store.keyring().now();
        let sealer = keys.sealer();
        let mut population = Population::default();
        let (mut folded, mut days) = (Vec::new(), Days::default());
        for Chapter { grant, mpid, batches } in &chapters {
            let mut ids = Chosen { ids: self.store.ids.clone(), mpid: *mpid };
            let mut of_user = Population::default();
            for ChapterBatch { received, default, app, batch } in batches {
                let (received, day) = (*received, calendar::day(*received, &self.time_zone));
                let (input, policy) = (grant.input, self.policy);
                let arrival = Arrival {
                    input,
                    app: *app,
                    named_by: *app,
                    received,
                    policy,
                    default: *default,
                    erasings: Arc::default(),
                    is_clock_steady: true,
                    day,
                    historical: false,
                };
                let before = of_user.clone();
                let sealed = sealer.sealed(self.workspace, batch)?;
                let mut became = of_user.fold(sealed.as_ref().unwrap_or(batch), &arrival, &mut ids);
                of_user.decide();
                days.add(day, &of_user.difference(&before));
                days.add(day, &count::active(&became.active.take()));
                flow::count_transitions(&mut days.flows, &became.transition);
                became.installed.iter().for_each(|device| flow::count_install(&mut days.flows, device));
                folded.push((arrival, became));
            }
            population.absorb(of_user);
        }
        Ok(UserChunk { chapters, folded, population, days })
    }

    /// Writes users whom nobody knows yet, and not yet what they add to the counters.
    pub async fn write(&self, chunk: UserChunk) -> Result<()> {
        let (filling, chunk) = (self.clone(), Arc::new(chunk));
        self.store
            .persist(move |store| {
                let (filling, chunk) = (filling.clone(), chunk.clone());
                async move { filling.write_once(&store, &chunk).await }
            })
            .await
    }

    async fn write_once(&self, store: &Store, chunk: &UserChunk) -> Result<()> {
        let (workspace, now) = (self.workspace, store.clock.now());
        let UserChunk { chapters, folded, population, .. } = chunk;
        let mut effects = Effects::default();
        let batches = chapters.iter().flat_map(|chapter| &chapter.batches);
        for (ChapterBatch { batch, .. }, (arrival, folded)) in batches.zip(folded) {
            let sealed = store.keyring().now().sealer().sealed(workspace, batch)?;
            effects.take(batch, sealed.as_ref().unwrap_or(batch), arrival, folded.clone());
        }
        let mut tx = store.db.write().await?;
        tx.take_lane(workspace).await?;
        let dimension_keys: BTreeSet<_> = population.devices.values().flat_map(count::dimension_keys).collect();
        tx.admit(workspace, dimension_keys, calendar::day(now, &self.time_zone)).await?;
        if let Some(first) = effects.data_problems.keys().map(|key| key.day).min() {
            tx.unsum_data_problems(workspace, first).await?;
        }
        let nobody = Population::default();
        let inputs = chapters.iter().map(|chapter| chapter.grant.input).collect();
        let receivers = tx.receivers(workspace, inputs).await?;
        let mut writes = Writes::new(workspace);
        writes.population(&nobody, population, &store.ids);
        writes.effects(&effects, &receivers, now);
        writes.write(&mut tx, store.is_spread).await?;
        let erased = effects.erased_devices().iter().copied();
        tx.erase_sampled_idfas(workspace, erased).await?;
        tx.commit().await
    }

    /// Counts everybody who was written.
    pub async fn count(&self, days: Days) -> Result<()> {
        let (workspace, flows) = (self.workspace, Arc::new(days.flows.clone()));
        let days = Arc::new(days.cells());
        self.store
            .persist(move |store| {
                let (days, flows) = (days.clone(), flows.clone());
                async move {
                    let mut tx = store.db.write().await?;
                    let mut writes = Writes::new(workspace);
                    writes.flows(store.slot, &flows);
                    writes.write(&mut tx, store.is_spread).await?;
                    for (day, cells) in days.iter() {
                        let mut writes = Writes::new(workspace);
                        writes.cells(store.slot, *day, cells);
                        writes.write(&mut tx, store.is_spread).await?;
                    }
                    tx.commit().await
                }
            })
            .await
    }
}

impl System {
    /// Makes an app by its bundle id.
    pub async fn fill_app(&self, grant: InputGrant, bundle: &str, name: &str) -> Result<AppId> {
        let app = App { id: AppId(self.ids.id()), bundle: Some(bundle.to_owned()), name: name.to_owned() };
        self.persist(move |store| {
            let app = app.clone();
            async move {
                let mut tx = store.db.write().await?;
                tx.add_apps(grant.workspace, std::slice::from_ref(&app), store.clock.now()).await?;
                tx.commit().await?;
                Ok(app.id)
            }
        })
        .await
    }
}
