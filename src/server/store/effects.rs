//! What batches add up to, apart from the population: counts, transitions, data problems, samples.

use super::data_problem::DataProblemKey;
use super::db::Tx;
use super::sample::Taken;
use super::tally::Tallies;
use crate::domain::att::{Policy, Status};
use crate::domain::batch::Batch;
use crate::domain::count::{AdmittedValues, Dimension, DimensionKey, OVERFLOW, UNKNOWN};
use crate::domain::environment::Environment;
use crate::domain::fold::{Arrival, Folded, Population, Transition};
use crate::domain::id::{AppId, DeviceId, InputId, WorkspaceId};
use crate::domain::identifier::IdentifierKind;
use crate::domain::input::Counted;
use crate::domain::time::Millis;
use crate::server::error::Result;
use std::collections::{BTreeMap, BTreeSet};

/// Gathered batch by batch, written at once.
#[derive(Default)]
pub(super) struct Effects<'a> {
    tallies: Tallies,
    arrivals: BTreeSet<(InputId, Environment, AppId)>,
    transitions: Vec<Transition>,
    data_problems: BTreeMap<DataProblemKey, (i64, Millis)>,
    taken: BTreeMap<InputId, Vec<Taken<'a>>>,
    /// How many ids of requests were noted.
    pub remembered: i64,
}

impl<'a> Effects<'a> {
    pub fn count(&mut self, input: InputId, counted: Counted, reason: &str, n: i64) {
        *self.tallies.entry((input, counted, reason.to_owned())).or_default() += n;
    }

    /// Takes a batch that was folded, as it was sent and as it is stored.
    pub fn take(&mut self, batch: &'a Batch, stored: &Batch, arrival: &Arrival, folded: Folded) {
        let Arrival { input, app, day, .. } = *arrival;
        self.count(input, Counted::Accepted, "", 1);
        if folded.without_ids {
            self.count(input, Counted::WithoutIds, "", 1);
        }
        let environment = batch.environment;
        self.arrivals.insert((input, environment, app));
        for kind in &folded.data_problems {
            let app_version = folded.app_version.clone();
            let key = DataProblemKey { environment, day, app, app_version, input, kind: *kind };
            let (n, last) = self.data_problems.entry(key).or_default();
            (*n, *last) = (*n + 1, arrival.received.max(*last));
        }
        self.taken.entry(input).or_default().push(Taken {
            app,
            device: folded.device,
            batch,
            received: arrival.received,
            idfa: stored.identifier(IdentifierKind::Idfa).filter(|_| folded.keeps_idfa).map(str::to_owned),
            data_problems: folded.data_problems,
        });
        self.transitions.extend(folded.transition);
    }

    /// The versions of apps that data problems are counted by.
    pub fn dimension_keys(&self) -> impl Iterator<Item = DimensionKey> {
        let named = self.data_problems.keys().filter(|key| ![UNKNOWN, OVERFLOW].contains(&key.app_version.as_str()));
        named.map(|key| (Some(key.app), Dimension::AppVersion, key.app_version.clone()))
    }

    /// Counts those that are not admitted together.
    pub fn fold_versions(&mut self, admitted: &AdmittedValues) {
        let is_admitted = |key: &DataProblemKey| {
            let known = (Some(key.app), Dimension::AppVersion, key.app_version.clone());
            key.app_version == UNKNOWN || admitted.0.contains(&known)
        };
        for (mut key, (n, last)) in std::mem::take(&mut self.data_problems) {
            if !is_admitted(&key) {
                key.app_version = OVERFLOW.to_owned();
            }
            let (folded, latest) = self.data_problems.entry(key).or_default();
            (*folded, *latest) = (*folded + n, last.max(*latest));
        }
    }

    /// Whether an advertising id that was stored is erased with this.
    pub fn erases(&self, policy: Policy, before: &Population) -> bool {
        !self.no_longer_authorized(policy, before).is_empty()
    }

    /// Devices that may have a sample from before their answer and whose advertising id is erased with this.
    fn no_longer_authorized(&self, policy: Policy, before: &Population) -> BTreeSet<DeviceId> {
        let erases = |transition: &&Transition| {
            policy != Policy::Observe
                && transition.to != Status::Authorized
                && (transition.from.is_some() || before.devices.contains_key(&transition.device))
        };
        self.transitions.iter().filter(erases).map(|transition| transition.device).collect()
    }
}

impl Tx {
    /// Writes it. `before` is the population without these batches.
    pub(super) async fn write_effects(
        &mut self,
        workspace: WorkspaceId,
        effects: &Effects<'_>,
        policy: Policy,
        before: &Population,
        now: Millis,
    ) -> Result<()> {
        self.write_transitions(workspace, &effects.transitions).await?;
        let accepted = self.add_tallies(workspace, &effects.tallies, now).await?;
        self.note_arrivals(workspace, &effects.arrivals, now).await?;
        self.add_data_problems(workspace, &effects.data_problems).await?;
        for (input, taken) in &effects.taken {
            let accepted = accepted.get(input).copied().unwrap_or_default();
            self.keep_samples(workspace, *input, taken, accepted).await?;
        }
        self.count_remembered(workspace, effects.remembered, now).await?;
        self.erase_sampled_idfas(workspace, effects.no_longer_authorized(policy, before)).await
    }
}
