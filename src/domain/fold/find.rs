//! Which device a batch is about.

use super::arrival::{Arrival, IdSource};
use super::population::Population;
use crate::domain::att::{Verdict, gate};
use crate::domain::batch::Batch;
use crate::domain::device::{Device, OverflowValues};
use crate::domain::environment::Environment;
use crate::domain::id::{DeviceId, ProfileId};
use crate::domain::identifier::{Identifier, IdentifierKind, identifier_of_profile};
use crate::domain::platform::Platform;

impl Population {
    /// The device that the batch is about: the one that the first known of its ids leads to, unless that device has
    /// another id of a kind that decides earlier; else a new one.
    pub(super) fn device(
        &mut self,
        batch: &Batch,
        arrival: &Arrival,
        profile: Option<ProfileId>,
        ids: &mut dyn IdSource,
    ) -> Option<DeviceId> {
        let platform = batch.platform.unwrap_or(Platform::Unknown);
        let identifiers = identifiers_in_order(batch, arrival, platform);
        if let Some(known) = identifiers.iter().find_map(|identifier| self.leads_to(identifier, &identifiers)) {
            return Some(known);
        }
        // A gated IDFA may find a known device, as above, and never makes a new one.
        let explicit = batch.status.filter(|_| platform.is_apple());
        let verdict = gate(arrival.policy, platform, explicit, arrival.default, batch.os_version.as_deref(), true);
        let keeps = |identifier: &Identifier| identifier.kind != IdentifierKind::Idfa || verdict == Verdict::Kept;
        if identifiers.iter().any(keeps) {
            return Some(self.add_device(batch.environment, platform, arrival, ids));
        }
        let profile = profile.filter(|_| explicit.is_some())?;
        let is_candidate =
            |device: &&Device| device.app == arrival.app && device.platform.is_apple() && !device.retired;
        let owned: Vec<DeviceId> = self.devices_of(profile).filter(is_candidate).map(|device| device.id).collect();
        if let [only] = owned[..] {
            return Some(only);
        }
        let identifier = identifier_of_profile(batch.environment, arrival.app, profile);
        if let Some(known) = self.identifiers().get(&identifier) {
            return Some(*known);
        }
        let device = self.add_device(batch.environment, platform, arrival, ids);
        self.add_identifier(identifier, device);
        Some(device)
    }

    /// The device that an identifier leads to, unless that one has another identifier of a kind that decides before
    /// this: then the batch is about another device, and this identifier moves to it.
    fn leads_to(&self, identifier: &Identifier, identifiers: &[Identifier]) -> Option<DeviceId> {
        let device = *self.identifiers().get(identifier)?;
        let stronger = identifiers.iter().take_while(|stronger| *stronger != identifier);
        let has_another = |stronger: &Identifier| {
            let same_kind = |known: &Identifier| known.kind == stronger.kind && known.value != stronger.value;
            self.identifiers_of(device).any(same_kind)
        };
        (!stronger.into_iter().any(has_another)).then_some(device)
    }

    fn add_device(
        &mut self,
        environment: Environment,
        platform: Platform,
        arrival: &Arrival,
        ids: &mut dyn IdSource,
    ) -> DeviceId {
        let id = DeviceId(ids.new_id());
        let device = Device {
            id,
            environment,
            app: arrival.app,
            platform,
            reported: None,
            source: None,
            transitions: 0,
            os_version: None,
            app_version: None,
            country: None,
            first_seen: arrival.received,
            last_seen: arrival.received,
            unidentified_since: None,
            retired: false,
            active_on: None,
            overflow: OverflowValues::default(),
        };
        self.devices.insert(id, device);
        id
    }
}

/// The batch's ids as identifiers, those that decide first.
pub(super) fn identifiers_in_order(batch: &Batch, arrival: &Arrival, platform: Platform) -> Vec<Identifier> {
    let order = IdentifierKind::lookup_order(platform.is_apple());
    let rank = |kind: &IdentifierKind| order.iter().position(|known| known == kind).unwrap_or(order.len());
    let mut ids: Vec<_> = batch.identifiers.iter().collect();
    ids.sort_by_key(|(kind, _)| (rank(kind), *kind));
    let identifier = |(kind, value): &(IdentifierKind, String)| Identifier {
        environment: batch.environment,
        app: arrival.app,
        kind: *kind,
        value: value.clone(),
    };
    ids.into_iter().map(identifier).collect()
}
