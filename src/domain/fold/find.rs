//! Which device a batch is about.

use super::arrival::{Arrival, IdSource};
use super::folded::Folded;
use super::population::Population;
use super::said::{explicit, is_of_some_device, keeps_idfa, keeps_idfa_of, report};
use crate::domain::att::legacy_flags;
use crate::domain::batch::Batch;
use crate::domain::data_problem::DataProblem;
use crate::domain::decides::DecidedProfiles;
use crate::domain::device::{DescribedAt, Device, Install, OverflowValues};
use crate::domain::id::{AppId, DeviceId, ProfileId};
use crate::domain::identifier::{Identifier, IdentifierKind, identifier_of_profile};
use crate::domain::joins::{Joins, Lead};
use crate::domain::platform::Platform;
use std::collections::BTreeSet;

impl Population {
    /// The device that the batch's ids are about: the one that the first known of them leads to, unless that device has
    /// another id of a kind that decides earlier; else a new one. Shared ids are about none.
    pub(super) fn device(
        &mut self,
        batch: &Batch,
        arrival: &Arrival,
        ids: &mut dyn IdSource,
        folded: &mut Folded,
    ) -> Option<DeviceId> {
        let platform = batch.platform.unwrap_or(Platform::Unknown);
        let mut identifiers = identifiers_in_order(batch, arrival, platform);
        let sent = identifiers.len();
        identifiers.retain(|identifier| !self.is_shared(identifier));
        if identifiers.len() < sent {
            folded.note(DataProblem::SharedId);
        }
        let leads_to = |identifier| self.leads_to(identifier, &identifiers, batch, arrival);
        if let Some(known) = identifiers.iter().find_map(leads_to) {
            return Some(known);
        }
        // A withheld IDFA may find a known device, as above, and never makes a new one.
        let keeps = |identifier: &Identifier| identifier.kind != IdentifierKind::Idfa || keeps_idfa(batch, arrival);
        if !identifiers.iter().any(keeps) {
            return None;
        }
        folded.made_device = true;
        Some(self.add_device(batch, arrival, ids))
    }

    /// The device that a batch of a profile is about which has no id that may be kept: where it has a status or an Apple
    /// device's withheld IDFA, the profile's only Apple device of that app, else the one that is named after the profile.
    pub(super) fn device_of_profile(
        &mut self,
        batch: &Batch,
        arrival: &Arrival,
        profile: ProfileId,
        ids: &mut dyn IdSource,
        folded: &mut Folded,
    ) -> Option<DeviceId> {
        let is_withheld = batch.status.is_none() && is_of_some_device(batch) && !keeps_idfa(batch, arrival);
        if explicit(batch).is_none() && !is_withheld {
            return None;
        }
        if let Some(only) = self.only_apple_device(profile, arrival.named_by) {
            return Some(only);
        }
        let identifier = identifier_of_profile(batch.environment, arrival.named_by, profile);
        if let Some(known) = self.identifiers().get(&identifier) {
            return Some(known.to);
        }
        folded.made_device = true;
        let device = self.add_device(batch, arrival, ids);
        self.add_identifier(identifier, Lead { to: device, joins: Joins::default() });
        Some(device)
    }

    /// The one Apple device that a profile has in an app, of those that are here; none in one that stands for many bundles.
    fn only_apple_device(&self, profile: ProfileId, app: AppId) -> Option<DeviceId> {
        self.only_apple_device_beside(profile, app, &BTreeSet::new())
    }

    /// The same beside devices that may become or cease to be Apple ones.
    pub fn only_apple_device_beside(
        &self,
        profile: ProfileId,
        app: AppId,
        named: &BTreeSet<DeviceId>,
    ) -> Option<DeviceId> {
        let is_candidate = |device: &&Device| {
            device.app == app && device.platform.is_apple() && !device.retired && !named.contains(&device.id)
        };
        let mut owned = self.devices_of(profile).filter(is_candidate);
        owned.next().filter(|_| owned.next().is_none()).map(|device| device.id)
    }

    fn is_shared(&self, identifier: &Identifier) -> bool {
        self.identifiers().get(identifier).is_some_and(|lead| lead.joins.is_shared())
    }

    /// The device that an identifier leads to, unless that one has another identifier of a kind that decides before
    /// this: then the batch is about another device, and this identifier moves to it. An IDFA that is withheld hides no
    /// device.
    fn leads_to(
        &self,
        identifier: &Identifier,
        identifiers: &[Identifier],
        batch: &Batch,
        arrival: &Arrival,
    ) -> Option<DeviceId> {
        let device = self.devices.get(&self.identifiers().get(identifier)?.to)?;
        let stronger = identifiers.iter().take_while(|stronger| *stronger != identifier);
        let hides = |stronger: &Identifier| {
            let same_kind = |known: &Identifier| known.kind == stronger.kind && known.value != stronger.value;
            self.identifiers_of(device.id).any(same_kind)
                && (stronger.kind != IdentifierKind::Idfa || keeps_idfa_of(device, batch, arrival))
        };
        (!stronger.into_iter().any(hides)).then_some(device.id)
    }

    fn add_device(&mut self, batch: &Batch, arrival: &Arrival, ids: &mut dyn IdSource) -> DeviceId {
        let id = DeviceId(ids.new_id());
        let seen = report(batch, arrival).order_key().t.min(arrival.received);
        let device = Device {
            id,
            environment: batch.environment,
            app: arrival.app,
            platform: batch.platform.unwrap_or(Platform::Unknown),
            reported: None,
            source: None,
            transitions: 0,
            answered: false,
            install: install(batch, arrival),
            os_version: None,
            app_version: None,
            country: None,
            described_at: DescribedAt::default(),
            first_seen: seen,
            last_seen: seen,
            seen_before: None,
            ahead_as_of: None,
            last_received: arrival.received,
            unidentified_since: None,
            retired: false,
            active_on: None,
            overflow: OverflowValues::default(),
            anonymous_user: None,
            users: 0,
            joins: Joins::default(),
            decides: DecidedProfiles::default(),
        };
        self.devices.insert(id, device);
        id
    }
}

/// How the first batch of a device counts as an install: of Apple's, and not as old news.
fn install(batch: &Batch, arrival: &Arrival) -> Option<Install> {
    let counts = batch.platform.is_some_and(Platform::is_apple) && !arrival.historical;
    let idfa = batch.identifier(IdentifierKind::Idfa).map(|_| true).or(batch.idfa_is_zero.then_some(false));
    let flags = legacy_flags(batch.status, batch.os_version.as_deref(), batch.limit_ad_tracking, idfa);
    counts.then_some(Install { day: arrival.day, limited: flags.tracking_limited })
}

/// The batch's ids as identifiers, those that decide first.
pub(super) fn identifiers_in_order(batch: &Batch, arrival: &Arrival, platform: Platform) -> Vec<Identifier> {
    let order = IdentifierKind::lookup_order(platform.is_apple());
    let rank = |kind: &IdentifierKind| order.iter().position(|known| known == kind).unwrap_or(order.len());
    let mut ids: Vec<_> = batch.identifiers.iter().collect();
    ids.sort_by_key(|(kind, _)| (rank(kind), *kind));
    let identifier = |(kind, value): &(IdentifierKind, String)| Identifier {
        environment: batch.environment,
        app: arrival.named_by,
        kind: *kind,
        value: value.clone(),
    };
    ids.into_iter().map(identifier).collect()
}
