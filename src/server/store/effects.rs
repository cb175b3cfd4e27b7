//! What batches add up to, apart from the population: counts, transitions, data problems, samples.

use super::data_problem::{DataProblemKey, DataProblems, fold_versions};
use super::input::Receiver;
use super::sample::Taken;
use super::tally::Tallies;
use super::writes::Writes;
use crate::domain::batch::Batch;
use crate::domain::count::{AdmittedValues, Dimension, DimensionKey, OVERFLOW, UNKNOWN};
use crate::domain::data_problem::DataProblem;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::flow::{self, FlowCells};
use crate::domain::fold::{Arrival, Folded, Transition};
use crate::domain::id::{AppId, DeviceId, InputId};
use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::Identity;
use crate::domain::input::Counted;
use crate::domain::platform::Platform;
use crate::domain::time::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// Gathered batch by batch, written at once.
#[derive(Default)]
pub(super) struct Effects<'a> {
    tallies: Tallies,
    arrivals: BTreeSet<(InputId, Environment, AppId)>,
    pub transitions: Vec<Transition>,
    /// Devices as their first batch made them.
    installed: Vec<Device>,
    pub data_problems: DataProblems,
    taken: BTreeMap<InputId, Vec<Taken<'a>>>,
    erased_devices: BTreeSet<DeviceId>,
    /// Identities that repeat an IDFA which is withheld, in its spelling and as they came.
    withheld_identities: BTreeSet<Identity>,
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
        } else if batch.environment == Environment::Production && batch.platform.is_some_and(Platform::is_apple) {
            match batch.status {
                // Whether there was one is all that is asked, however many are stored together with it.
                Some(_) => drop(self.tallies.insert((input, Counted::WithStatus, String::new()), 1)),
                None => self.count(input, Counted::WithoutStatus, "", 1),
            }
        }
        let environment = batch.environment;
        self.arrivals.insert((input, environment, app));
        for kind in &folded.data_problems {
            let app_version = folded.app_version.clone();
            let key = DataProblemKey { environment, day, app, app_version, input, kind: *kind };
            let (n, last) = self.data_problems.entry(key).or_default();
            (*n, *last) = (*n + 1, arrival.received.max(*last));
        }
        if folded.data_problems.contains(&DataProblem::IdfaAsIdentity) {
            for (kind, sent) in &batch.idfa_identities {
                let kept = batch.identities.iter().find(|(other, _)| other == kind).map(|(_, value)| value);
                let values = kept.into_iter().chain([sent]);
                let identity = |value: &String| Identity { environment, kind: *kind, value: value.clone() };
                self.withheld_identities.extend(values.map(identity));
            }
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
        self.installed.extend(folded.installed);
        self.erased_devices.extend(folded.device.filter(|_| folded.erases_idfa));
    }

    /// The versions of apps that data problems are counted by.
    pub fn dimension_keys(&self) -> impl Iterator<Item = DimensionKey<'static>> {
        let named = self.data_problems.keys().filter(|key| ![UNKNOWN, OVERFLOW].contains(&key.app_version.as_str()));
        named.map(|key| (Some(key.app), Dimension::AppVersion, key.app_version.clone().into()))
    }

    /// Counts those that are not admitted together.
    pub fn fold_versions(&mut self, admitted: &AdmittedValues) {
        fold_versions(&mut self.data_problems, |key| {
            !admitted.contains(&(Some(key.app), Dimension::AppVersion, key.app_version.as_str().into()))
        });
    }

    /// What happened, once the transitions' devices say which of their values have a counter of their own.
    pub fn flows(&self) -> FlowCells {
        let mut cells = FlowCells::new();
        flow::count_transitions(&mut cells, &self.transitions);
        self.installed.iter().for_each(|device| flow::count_install(&mut cells, device));
        cells
    }

    /// Devices whose advertising id is erased with this, and that may have a sample from before.
    pub fn erased_devices(&self) -> &BTreeSet<DeviceId> {
        &self.erased_devices
    }

    /// Identities that repeat an IDFA which is withheld.
    pub fn withheld_identities(&self) -> &BTreeSet<Identity> {
        &self.withheld_identities
    }
}

impl Writes {
    /// The effects; `receivers` are the inputs as they were before.
    pub fn effects(&mut self, effects: &Effects<'_>, receivers: &BTreeMap<InputId, Receiver>, now: Millis) {
        // Once it is known that statuses come by an input, nothing is written for it.
        let is_known = |input: &InputId| receivers.get(input).is_some_and(|receiver| receiver.says_statuses);
        let is_new =
            |(input, counted, _): &(InputId, Counted, String)| *counted != Counted::WithStatus || !is_known(input);
        self.tallies(effects.tallies.iter().filter(|(tally, _)| is_new(tally)), now);
        self.transitions(&effects.transitions);
        self.arrivals(&effects.arrivals, now);
        self.data_problems(&effects.data_problems);
        for (input, taken) in &effects.taken {
            let accepted = receivers.get(input).map_or(0, |receiver| receiver.accepted);
            self.samples(*input, taken, accepted + taken.len() as i64);
        }
        self.remembered(effects.remembered, now);
    }
}
