//! Which device a batch is about.

use super::{Arrival, Fresh, Population};
use crate::domain::att::{Verdict, gate};
use crate::domain::batch::Batch;
use crate::domain::count::FoldedValues;
use crate::domain::device::{Device, Name, NameKind, name_after};
use crate::domain::environment::Environment;
use crate::domain::id::{DeviceId, ProfileId};
use crate::domain::platform::Platform;

impl Population {
    /// The device that the batch is about: the one that the first known of its ids leads to, else a new one.
    pub(super) fn device(
        &mut self,
        batch: &Batch,
        arrival: &Arrival,
        profile: Option<ProfileId>,
        fresh: &mut dyn Fresh,
    ) -> Option<DeviceId> {
        let platform = batch.platform.unwrap_or(Platform::Unknown);
        let names = names_in_order(batch, arrival, platform);
        if let Some(known) = names.iter().find_map(|name| self.leads_to(name, &names)) {
            return Some(known);
        }
        // A gated IDFA may find a known device, as above, and never makes a new one.
        let explicit = batch.status.filter(|_| platform.is_apple());
        let verdict = gate(arrival.policy, platform, explicit, arrival.default, batch.os_version.as_deref(), true);
        let keeps = |name: &Name| name.kind != NameKind::Idfa || verdict == Verdict::Kept;
        if names.iter().any(keeps) {
            return Some(self.add_device(batch.environment, platform, arrival, fresh));
        }
        let profile = profile.filter(|_| explicit.is_some())?;
        let is_candidate =
            |device: &&Device| device.app == arrival.app && device.platform.is_apple() && !device.retired;
        let owned: Vec<DeviceId> = self.devices_of(profile).filter(is_candidate).map(|device| device.id).collect();
        if let [only] = owned[..] {
            return Some(only);
        }
        let name = name_after(batch.environment, arrival.app, profile);
        if let Some(known) = self.names().get(&name) {
            return Some(*known);
        }
        let device = self.add_device(batch.environment, platform, arrival, fresh);
        self.add_name(name, device);
        Some(device)
    }

    /// The device that a name leads to, unless that one has another name of a kind that decides before this: then the
    /// batch is about another device, and this name moves to it.
    fn leads_to(&self, name: &Name, names: &[Name]) -> Option<DeviceId> {
        let device = *self.names().get(name)?;
        let stronger = names.iter().take_while(|stronger| *stronger != name);
        let has_another = |stronger: &Name| {
            let same_kind = |known: &Name| known.kind == stronger.kind && known.value != stronger.value;
            self.names_of(device).any(same_kind)
        };
        (!stronger.into_iter().any(has_another)).then_some(device)
    }

    fn add_device(
        &mut self,
        environment: Environment,
        platform: Platform,
        arrival: &Arrival,
        fresh: &mut dyn Fresh,
    ) -> DeviceId {
        let id = DeviceId(fresh.id());
        let device = Device {
            id,
            environment,
            app: arrival.app,
            platform,
            held: None,
            source: None,
            transitions: 0,
            os_version: None,
            app_version: None,
            country: None,
            first_seen: arrival.received,
            last_seen: arrival.received,
            nameless_since: None,
            retired: false,
            active_on: None,
            folded: FoldedValues::default(),
        };
        self.devices.insert(id, device);
        id
    }
}

/// The batch's ids as names, those that decide first.
pub(super) fn names_in_order(batch: &Batch, arrival: &Arrival, platform: Platform) -> Vec<Name> {
    let deciding = NameKind::deciding(platform.is_apple());
    let place = |kind: &NameKind| deciding.iter().position(|known| known == kind).unwrap_or(deciding.len());
    let mut ids: Vec<_> = batch.names.iter().collect();
    ids.sort_by_key(|(kind, _)| (place(kind), *kind));
    let name = |(kind, value): &(NameKind, String)| Name {
        environment: batch.environment,
        app: arrival.app,
        kind: *kind,
        value: value.clone(),
    };
    ids.into_iter().map(name).collect()
}
