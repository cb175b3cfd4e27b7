//! Taking what inputs sent: everything of many requests in one durable transaction, as if each had come alone.

use super::Store;
use super::arrived::ArrivedBatch;
use super::batch_app::BatchApps;
use super::db::Tx;
use super::dedup::RequestHash;
use super::effects::Effects;
use super::input::Receiver;
use super::input_grant::InputGrant;
use super::lane::Turn;
use super::population::repeated::repeating_erased_idfas;
use super::writes::Writes;
use crate::domain::app::MOST_APPS;
use crate::domain::att::{Policy, Status};
use crate::domain::batch::{Batch, STATUS};
use crate::domain::count::{self, DimensionKey, OVERFLOW};
use crate::domain::device::Device;
use crate::domain::erasing::Erasing;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::fold::{Arrival, Folded, Population};
use crate::domain::id::{InputId, WorkspaceId};
use crate::domain::input::Counted;
use crate::domain::time::{Day, Millis};
use crate::server::calendar;
use crate::server::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// What one request sent.
#[derive(Clone, Debug, Default)]
pub struct SentBatches {
    pub batches: Vec<Batch>,
    /// How many batches could not be read, by reason.
    pub refused: BTreeMap<String, i64>,
    /// Whether it is old news, sent afterwards.
    pub historical: bool,
}

/// One request, with the grant of the input that it came by.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub grant: InputGrant,
    pub sent: SentBatches,
    /// When the request was read: not when it is stored, which depends on what is stored with it.
    pub received: Millis,
}

/// Which of a request's batches the workspace's policy refused, by their index; or why nothing of it was taken.
pub type RequestOutcome = Result<Vec<usize>, Refusal>;

impl Store {
    /// Stores the good batches of these requests in the order given and counts the bad ones, in one durable transaction:
    /// in this turn, which is for all of them, or in one that it takes. Returns what became of each request. On an error
    /// nothing of any of them was stored.
    pub async fn accept(&self, turn: Option<Turn>, parcels: Arc<Vec<Parcel>>) -> Result<Vec<RequestOutcome>> {
        let turn = Arc::new(Mutex::new(turn));
        self.persist(move |store| {
            // Only the first try has the turn; further ones take their own.
            let turn = turn.lock().unwrap_or_else(PoisonError::into_inner).take();
            let parcels = parcels.clone();
            async move { store.accept_once(turn, &parcels).await }
        })
        .await
    }

    async fn accept_once(&self, turn: Option<Turn>, parcels: &[Parcel]) -> Result<Vec<RequestOutcome>> {
        let mut workspaces: BTreeMap<WorkspaceId, Vec<usize>> = BTreeMap::new();
        for (at, parcel) in parcels.iter().enumerate() {
            workspaces.entry(parcel.grant.workspace).or_default().push(at);
        }
        let (mut outcomes, mut erases) = (vec![Ok(Vec::new()); parcels.len()], false);
        let had_turn = turn.is_some();
        let mut tx = match turn {
            Some(turn) => turn.tx,
            None => self.turn_again(workspaces.keys().copied().collect()).await?.tx,
        };
        for (workspace, indexes) in workspaces {
            let its: Vec<&Parcel> = indexes.iter().map(|at| &parcels[*at]).collect();
            let (its_outcomes, erased) = match tx.accept(self, workspace, &its).await {
                // Its turn may have ended while it waited to be used.
                Err(error) if had_turn => return Err(error.before_anything()),
                accepted => accepted?,
            };
            erases |= erased;
            for (at, outcome) in indexes.into_iter().zip(its_outcomes) {
                outcomes[at] = outcome;
            }
        }
        tx.commit().await?;
        self.note_stored(parcels.iter().map(|parcel| parcel.sent.batches.len()).sum());
        if erases {
            self.note_erased();
        }
        Ok(outcomes)
    }
}

/// The requests of one workspace that are taken together, and what all of their batches have in common.
struct WorkspaceGroup<'a> {
    store: &'a Store,
    workspace: WorkspaceId,
    now: Millis,
    today: Day,
    policy: Policy,
    default: Option<Status>,
    erasings: Arc<[Erasing]>,
    is_clock_steady: bool,
    receivers: BTreeMap<InputId, Receiver>,
}

/// What folding made of a group.
struct FoldedGroup {
    before: Population,
    after: Population,
    /// Devices as they were after their first batch of the day.
    active: Vec<Device>,
}

impl Tx {
    /// Takes the requests of one workspace, whose lane this transaction has; returns what became of each, and whether an advertising id was
    /// erased.
    async fn accept(
        &mut self,
        store: &Store,
        workspace: WorkspaceId,
        parcels: &[&Parcel],
    ) -> Result<(Vec<RequestOutcome>, bool)> {
        let receivers = self.open_receivers(workspace, parcels).await?;
        let Some(Receiver { time_zone, policy, default, erasing, .. }) = receivers.values().next() else {
            return Ok((vec![Err(Refusal::Forbidden); parcels.len()], false));
        };
        let now = store.clock.now();
        let policy = policy.ok_or_else(|| Error::Internal("a workspace has no settings".to_owned()))?;
        let (today, default) = (calendar::day(now, time_zone), *default);
        let waiting = if *erasing { self.waiting_erasings(workspace).await? } else { Vec::new() };
        if *erasing {
            // Terms and erasings that were not there at one time would erase what undoing a change keeps.
            let settings = self.settings(workspace).await?;
            if (settings.policy, settings.default) != (policy, default) {
                return Err(Error::Again("the settings changed meanwhile".to_owned()));
            }
        }
        let erasings = waiting.into_iter().map(|erasing| erasing.takes).collect();
        let is_clock_steady = store.clock.is_steady();
        let group =
            WorkspaceGroup { store, workspace, now, today, policy, default, erasings, is_clock_steady, receivers };
        let mut effects = Effects::default();

        let (outcomes, welcome) = group.screen(parcels, &mut effects);
        let new = self.deduplicate(&group, welcome, &mut effects).await?;
        let arrived = self.find_apps(&group, new, &mut effects).await?;
        let mut folded = self.fold(&group, &arrived, &mut effects).await?;
        self.admit_values(&group, &mut folded, &mut effects).await?;
        let erases = self.write(&group, &folded, &effects).await?;
        Ok((outcomes, erases))
    }

    /// Loads what the batches may touch, folds them in, and decides which devices decide.
    async fn fold<'a>(
        &mut self,
        group: &WorkspaceGroup<'_>,
        arrived: &[ArrivedBatch<'a>],
        effects: &mut Effects<'a>,
    ) -> Result<FoldedGroup> {
        let stored: Vec<(Arrival, &Batch)> = arrived.iter().map(ArrivedBatch::stored).collect();
        let mut before = self.population(group.workspace, &stored).await?;
        let (mut after, mut batches) = group.fold(before.clone(), &stored);
        if self.find_earlier_uses(group.workspace, &mut before, &after).await? {
            (after, batches) = group.fold(before.clone(), &stored);
        }
        self.decide(group.workspace, &mut before, &mut after, group.store.steady_now()).await?;
        let mut active = Vec::new();
        for (batch, mut folded) in arrived.iter().zip(batches) {
            active.extend(folded.active.take());
            effects.take(batch.sent, batch.stored().1, &batch.arrival, folded);
        }
        Ok(FoldedGroup { before, after, active })
    }

    /// Notes on each changed device which of its values are admitted to a counter of their own. This comes before the
    /// devices are written, for the note is stored with them: by it a device leaves the counts where it enters them
    /// now. The snapshots of active devices get it as well: they are counted too, and would open counters for values
    /// that are not admitted.
    async fn admit_values(
        &mut self,
        group: &WorkspaceGroup<'_>,
        folded: &mut FoldedGroup,
        effects: &mut Effects<'_>,
    ) -> Result<()> {
        let FoldedGroup { before, after, active } = folded;
        let problem_keys: Vec<DimensionKey<'_>> = effects.dimension_keys().collect();
        let changed = after.devices.values_mut().filter(|device| before.devices.get(&device.id) != Some(*device));
        let in_transition = effects.transitions.iter_mut().map(|transition| &mut transition.device);
        let mut noted: Vec<&mut Device> = changed.chain(active).chain(in_transition).collect();
        // One by one: many devices have few values, and collecting would sort them all.
        let mut keys: BTreeSet<DimensionKey<'_>> = problem_keys.into_iter().collect();
        keys.extend(noted.iter().flat_map(|device| count::dimension_keys(device)));
        let admitted = self.admit(group.workspace, keys, group.today).await?;
        noted.iter_mut().for_each(|device| count::note_overflow(device, &admitted));
        effects.fold_versions(&admitted);
        self.fold_data_problems(group.workspace, &mut effects.data_problems).await?;
        Ok(())
    }

    /// Writes everything, the counters last: other processes wait for these rows. Returns whether an advertising id was
    /// erased.
    async fn write(&mut self, group: &WorkspaceGroup<'_>, folded: &FoldedGroup, effects: &Effects<'_>) -> Result<bool> {
        let FoldedGroup { before, after, active } = folded;
        let WorkspaceGroup { store, workspace, now, today, .. } = *group;
        let mut facets = after.difference(before);
        facets.append(&mut count::active(active));
        let mut writes = Writes::new(workspace);
        writes.population(before, after, &store.ids);
        writes.effects(effects, &group.receivers, now);
        writes.cells(store.slot, today, &count::cells(&facets));
        writes.flows(store.slot, &effects.flows());
        writes.write(self, store.is_spread).await?;
        // A clock that was right before may be behind by days now.
        if !effects.data_problems.is_empty() && group.receivers.values().any(|r| r.unsummed_from > Some(today)) {
            self.unsum_data_problems(workspace, today).await?;
        }
        let mut identities = repeating_erased_idfas(store.keyring().now().sealer(), workspace, before, after)?;
        identities.extend(effects.withheld_identities().iter().cloned());
        self.erase_identities(workspace, &identities).await?;
        let erased = effects.erased_devices();
        self.erase_sampled_idfas(workspace, erased.iter().copied()).await?;
        Ok(!erased.is_empty() || !identities.is_empty())
    }

    /// The inputs that these requests came by and that take any.
    async fn open_receivers(
        &mut self,
        workspace: WorkspaceId,
        parcels: &[&Parcel],
    ) -> Result<BTreeMap<InputId, Receiver>> {
        let inputs = parcels.iter().map(|parcel| parcel.grant.input).collect();
        let mut receivers = self.receivers(workspace, inputs).await?;
        receivers.retain(|_, receiver| !receiver.paused);
        Ok(receivers)
    }

    /// Keeps those batches whose request was not sent before; of several with one id the first.
    async fn deduplicate<'a>(
        &mut self,
        group: &WorkspaceGroup<'_>,
        welcome: Vec<(&'a Parcel, &'a Batch)>,
        effects: &mut Effects<'a>,
    ) -> Result<Vec<(&'a Parcel, &'a Batch)>> {
        let hash = |(parcel, batch): &(&Parcel, &Batch)| Some((parcel.grant.input, RequestHash::of(batch)?));
        let hashes: Vec<_> = welcome.iter().map(hash).collect();
        let (sent, remembered) = (hashes.iter().flatten().copied().collect(), group.store.remembered);
        let mut unknown = self.remember(group.workspace, sent, group.now, remembered).await?;
        effects.remembered += unknown.len() as i64;
        let mut new = Vec::new();
        for ((parcel, batch), hash) in welcome.into_iter().zip(hashes) {
            if hash.is_none_or(|hash| unknown.remove(&hash)) {
                new.push((parcel, batch));
            } else {
                effects.count(parcel.grant.input, Counted::Repeated, "", 1);
            }
        }
        Ok(new)
    }

    /// Finds the app of each batch, or makes it.
    async fn find_apps<'a>(
        &mut self,
        group: &WorkspaceGroup<'_>,
        batches: Vec<(&Parcel, &'a Batch)>,
        effects: &mut Effects<'_>,
    ) -> Result<Vec<ArrivedBatch<'a>>> {
        let WorkspaceGroup { workspace, now, today, policy, default, is_clock_steady, .. } = *group;
        let bundles = batches.iter().filter_map(|(_, batch)| batch.bundle.as_deref()).chain([OVERFLOW]).collect();
        let by_bundle = self.apps_by_bundle(workspace, bundles).await?;
        let is_new = |bundle: &String| !by_bundle.contains_key(bundle);
        let any_is_new = batches.iter().filter_map(|(_, batch)| batch.bundle.as_ref()).any(is_new);
        let room = if any_is_new { MOST_APPS - self.count_apps(workspace).await? } else { 0 };
        let keys = group.store.keyring().now();
        let mut apps = BatchApps::new(by_bundle, room);
        let mut arrived = Vec::new();
        for (parcel, sent) in batches {
            let (input, historical) = (parcel.grant.input, parcel.sent.historical);
            let app = apps.of(input, &group.receivers[&input], sent, &group.store.ids);
            if apps.is_overflow(app) {
                effects.count(input, Counted::OtherApp, "", 1);
            }
            let arrival = Arrival {
                input,
                app,
                named_by: apps.named_by(app, sent),
                received: parcel.received,
                policy,
                default,
                erasings: group.erasings.clone(),
                is_clock_steady,
                day: today,
                historical,
            };
            arrived.push(ArrivedBatch { arrival, sent, sealed: keys.sealer().sealed(workspace, sent)? });
        }
        self.add_apps(workspace, &apps.to_make, now).await?;
        for (input, app) in apps.of_inputs {
            self.set_input_app(workspace, input, app).await?;
        }
        Ok(arrived)
    }
}

impl WorkspaceGroup<'_> {
    /// Refuses what no input takes or the policy does not; returns what became of each request, and the batches that
    /// are welcome.
    fn screen<'a>(
        &self,
        parcels: &[&'a Parcel],
        effects: &mut Effects<'a>,
    ) -> (Vec<RequestOutcome>, Vec<(&'a Parcel, &'a Batch)>) {
        let (mut outcomes, mut welcome) = (Vec::new(), Vec::new());
        for &parcel in parcels {
            let input = parcel.grant.input;
            if !self.receivers.contains_key(&input) {
                outcomes.push(Err(Refusal::Forbidden));
                continue;
            }
            for (reason, n) in &parcel.sent.refused {
                effects.count(input, Counted::Refused, reason, *n);
            }
            let mut refused = Vec::new();
            for (at, batch) in parcel.sent.batches.iter().enumerate() {
                if self.policy == Policy::RequireStatus && batch.lacks_status(self.default) {
                    let reason = Fault::new(STATUS, Problem::StatusRequired).reason();
                    effects.count(input, Counted::Refused, &reason, 1);
                    refused.push(at);
                } else {
                    welcome.push((parcel, batch));
                }
            }
            outcomes.push(Ok(refused));
        }
        (outcomes, welcome)
    }

    /// Folds the batches in, in their order.
    fn fold(&self, mut population: Population, arrived: &[(Arrival, &Batch)]) -> (Population, Vec<Folded>) {
        let mut ids = self.store.ids.clone();
        let folded = arrived.iter().map(|(arrival, batch)| population.fold(batch, arrival, &mut ids)).collect();
        (population, folded)
    }
}
