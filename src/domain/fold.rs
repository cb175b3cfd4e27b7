//! Folding batches into what is known of devices and profiles: pure, in memory, in arrival order. The store loads what
//! the batches may touch, this changes it, and the store writes what changed.

use super::att::{Outcome, Policy, Report, Status, TimestampFault, Verdict, gate, learn};
use super::batch::Batch;
use super::count::{self, Cells};
use super::device::{Device, Name, NameKind, name_after};
use super::environment::Environment;
use super::id::{AppId, DeviceId, InputId, ProfileId};
use super::input::Note;
use super::platform::Platform;
use super::profile::{Identity, Profile};
use super::time::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// Makes ids; randomness is a parameter.
pub trait Fresh {
    /// A new 63-bit id.
    fn id(&mut self) -> i64;
    /// A new profile id below 2^53.
    fn mpid(&mut self) -> i64;
}

/// How and where a batch arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub input: InputId,
    pub app: AppId,
    pub received: Millis,
    pub policy: Policy,
    pub default: Option<Status>,
}

/// A device's status changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    pub device: DeviceId,
    pub environment: Environment,
    pub app: AppId,
    pub from: Option<Status>,
    pub to: Status,
    pub since: Millis,
    pub as_of: Millis,
    pub received: Millis,
    pub input: InputId,
}

/// What a batch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    pub transition: Option<Transition>,
    pub notes: Vec<Note>,
}

/// The part of the store that a group of batches may touch: the devices and profiles they name, all users of those
/// devices, all devices of those users, and all names of the touched devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population {
    pub devices: BTreeMap<DeviceId, Device>,
    pub names: BTreeMap<Name, DeviceId>,
    pub profiles: BTreeMap<ProfileId, Profile>,
    pub identities: BTreeMap<Identity, ProfileId>,
    pub uses: BTreeSet<(DeviceId, ProfileId)>,
}

impl Population {
    /// The counters that these devices and profiles make up.
    pub fn cells(&self) -> Cells {
        let mut cells = Cells::new();
        for device in self.devices.values() {
            count::add(&mut cells, count::of_device(device), 1);
        }
        let mut devices_of: BTreeMap<ProfileId, Vec<&Device>> = BTreeMap::new();
        let mut identified = BTreeSet::new();
        for (device, profile) in &self.uses {
            let known = self.devices.get(device);
            devices_of.entry(*profile).or_default().extend(known);
            if self.profiles.get(profile).is_some_and(|profile| profile.anonymous_on.is_none()) {
                identified.insert(*device);
            }
        }
        for profile in self.profiles.values() {
            let devices = devices_of.remove(&profile.id).unwrap_or_default();
            let elsewhere = profile.anonymous_on.is_some_and(|device| identified.contains(&device));
            count::add(&mut cells, count::of_profile(profile, devices, elsewhere), 1);
        }
        cells
    }

    /// Folds one batch in.
    pub fn fold(&mut self, batch: &Batch, arrival: &Arrival, fresh: &mut dyn Fresh) -> Folded {
        let mut folded = Folded::default();
        let named = self.named_profile(batch, arrival, fresh);
        let device = self.device(batch, arrival, named, fresh);
        if let Some(device) = device {
            self.describe(device, batch, arrival);
            self.learn(device, batch, arrival, &mut folded);
            self.name(device, batch, arrival, &mut folded);
        } else if batch.status.is_some() && named.is_some() {
            // Only a status elsewhere than on Apple's platforms gets here with a profile.
            folded.notes.push(Note::StatusElsewhere);
        }
        let profile = named.or_else(|| device.map(|device| self.anonymous(device, arrival, fresh)));
        match (profile.and_then(|profile| self.profiles.get_mut(&profile)), profile) {
            (Some(profile), _) => profile.last_seen = profile.last_seen.max(arrival.received),
            (None, _) => folded.notes.push(Note::Nobody),
        }
        if let (Some(device), Some(profile)) = (device, profile) {
            self.uses.insert((device, profile));
        }
        if let Some(profile) = named {
            for (kind, value) in &batch.identities {
                let identity = Identity { environment: batch.environment, kind: *kind, value: value.clone() };
                self.identities.insert(identity, profile);
            }
        }
        folded
    }

    /// The profile that the batch names: by `mpid`, else by the first identity in the order.
    fn named_profile(&mut self, batch: &Batch, arrival: &Arrival, fresh: &mut dyn Fresh) -> Option<ProfileId> {
        let environment = batch.environment;
        let known = match (batch.mpid, batch.identities.first()) {
            (Some(mpid), _) => {
                let same = |profile: &&Profile| profile.environment == environment && profile.mpid == mpid;
                self.profiles.values().find(same).map(|profile| profile.id)
            }
            (None, Some((kind, value))) => {
                self.identities.get(&Identity { environment, kind: *kind, value: value.clone() }).copied()
            }
            (None, None) => return None,
        };
        if let Some(profile) = known.and_then(|id| self.profiles.get_mut(&id)) {
            // Whoever is named is no longer a device's anonymous user.
            profile.anonymous_on = None;
            return Some(profile.id);
        }
        let mpid = batch.mpid.unwrap_or_else(|| fresh.mpid());
        Some(self.add_profile(environment, mpid, None, arrival, fresh))
    }

    fn add_profile(
        &mut self,
        environment: Environment,
        mpid: i64,
        anonymous_on: Option<DeviceId>,
        arrival: &Arrival,
        fresh: &mut dyn Fresh,
    ) -> ProfileId {
        let (id, seen) = (ProfileId(fresh.id()), arrival.received);
        self.profiles.insert(id, Profile { id, environment, mpid, anonymous_on, first_seen: seen, last_seen: seen });
        id
    }

    /// The device's own anonymous profile.
    fn anonymous(&mut self, device: DeviceId, arrival: &Arrival, fresh: &mut dyn Fresh) -> ProfileId {
        let own = self.profiles.values().find(|profile| profile.anonymous_on == Some(device));
        if let Some(profile) = own {
            return profile.id;
        }
        let environment = self.devices[&device].environment;
        self.add_profile(environment, fresh.mpid(), Some(device), arrival, fresh)
    }

    /// The device that the batch is about: the one that the first known of its ids leads to, else a new one.
    fn device(
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
        let apple_devices = |(device, user): &(DeviceId, ProfileId)| {
            let device = self.devices.get(device).filter(|_| *user == profile)?;
            (device.app == arrival.app && device.platform.is_apple() && !device.retired).then_some(device.id)
        };
        let owned: Vec<DeviceId> = self.uses.iter().filter_map(apple_devices).collect();
        if let [only] = owned[..] {
            return Some(only);
        }
        let name = name_after(batch.environment, arrival.app, profile);
        if let Some(known) = self.names.get(&name) {
            return Some(*known);
        }
        let device = self.add_device(batch.environment, platform, arrival, fresh);
        self.names.insert(name, device);
        Some(device)
    }

    /// The device that a name leads to, unless that one has another name of a kind that decides before this: then the
    /// batch is about another device, and this name moves to it.
    fn leads_to(&self, name: &Name, names: &[Name]) -> Option<DeviceId> {
        let device = *self.names.get(name)?;
        let stronger = names.iter().take_while(|stronger| *stronger != name);
        let has_another = |stronger: &Name| {
            let same_kind = |known: &Name| known.kind == stronger.kind && known.value != stronger.value;
            self.names.iter().any(|(known, leads_to)| *leads_to == device && same_kind(known))
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
            os_version: None,
            app_version: None,
            country: None,
            first_seen: arrival.received,
            last_seen: arrival.received,
            nameless_since: None,
            retired: false,
        };
        self.devices.insert(id, device);
        id
    }

    /// Takes over what the batch says of the device itself; what it does not say stays.
    fn describe(&mut self, device: DeviceId, batch: &Batch, arrival: &Arrival) {
        let Some(device) = self.devices.get_mut(&device) else { return };
        device.platform = batch.platform.unwrap_or(device.platform);
        device.last_seen = device.last_seen.max(arrival.received);
        device.retired = false;
        for (said, kept) in [
            (&batch.os_version, &mut device.os_version),
            (&batch.app_version, &mut device.app_version),
            (&batch.country, &mut device.country),
        ] {
            if said.is_some() {
                kept.clone_from(said);
            }
        }
    }

    fn learn(&mut self, id: DeviceId, batch: &Batch, arrival: &Arrival, folded: &mut Folded) {
        let Some(device) = self.devices.get_mut(&id) else { return };
        if batch.status.is_some() && !device.platform.is_apple() {
            folded.notes.push(Note::StatusElsewhere);
            return;
        }
        let report = Report {
            status: batch.status,
            att_ms: batch.att_ms,
            batch_ms: batch.batch_ms,
            event_ms: batch.event_ms,
            received: arrival.received,
            historical: false,
        };
        let before = device.held;
        let reported = learn(before, &report);
        device.held = reported.held;
        folded.notes.extend(reported.faults.into_iter().map(|fault| match fault {
            TimestampFault::Bad => Note::BadTimestamp,
            TimestampFault::Seconds => Note::SecondsTimestamp,
            TimestampFault::Future => Note::FutureTimestamp,
        }));
        if reported.outcome == Outcome::Stale {
            folded.notes.push(Note::Stale);
        }
        let (Outcome::First | Outcome::Changed, Some(held)) = (reported.outcome, reported.held) else { return };
        device.source = Some(arrival.input);
        folded.transition = Some(Transition {
            device: id,
            environment: device.environment,
            app: device.app,
            from: before.map(|held| held.status),
            to: held.status,
            since: held.since,
            as_of: held.as_of,
            received: arrival.received,
            input: arrival.input,
        });
        if held.status != Status::Authorized && arrival.policy != Policy::Observe {
            self.names.retain(|name, leads_to| name.kind != NameKind::Idfa || *leads_to != id);
            self.note_nameless(id, arrival.received);
        }
    }

    /// Makes the batch's ids names of the device; those that led elsewhere move.
    fn name(&mut self, id: DeviceId, batch: &Batch, arrival: &Arrival, folded: &mut Folded) {
        let Some(device) = self.devices.get(&id) else { return };
        let explicit = device.held.map(|held| held.status);
        let present = batch.name(NameKind::Idfa).is_some();
        let os = device.os_version.as_deref();
        let verdict = gate(arrival.policy, device.platform, explicit, arrival.default, os, present);
        let unpermitted = gate(Policy::Withhold, device.platform, explicit, arrival.default, os, present);
        if verdict == Verdict::Kept && unpermitted == Verdict::Removed {
            folded.notes.push(Note::IdfaUnpermitted);
        }
        for name in names_in_order(batch, arrival, device.platform) {
            if name.kind == NameKind::Idfa && verdict != Verdict::Kept {
                continue;
            }
            if let Some(other) = self.names.insert(name, id).filter(|other| *other != id) {
                self.note_nameless(other, arrival.received);
            }
        }
        self.note_nameless(id, arrival.received);
    }

    /// Notes since when no name leads to the device, or that one does.
    fn note_nameless(&mut self, id: DeviceId, now: Millis) {
        let named = self.names.values().any(|leads_to| *leads_to == id);
        if let Some(device) = self.devices.get_mut(&id) {
            device.nameless_since = if named { None } else { device.nameless_since.or(Some(now)) };
        }
    }
}

/// The batch's ids as names, those that decide first.
fn names_in_order(batch: &Batch, arrival: &Arrival, platform: Platform) -> Vec<Name> {
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
