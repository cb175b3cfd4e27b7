//! What differs between two populations, one statement for each table.

use super::id_row::{IdentifierKey, IdentifierRow, IdentityRow, device_identifiers, identifier_keys, identities};
use super::row::{DeviceRow, ProfileRow, TransitionRow, UseRow, devices, profiles, transitions, uses};
use crate::domain::decides::Decides;
use crate::domain::device::Device;
use crate::domain::fold::{Population, Transition};
use crate::domain::id::{DeviceId, ProfileId};
use crate::domain::identifier::Identifier;
use crate::domain::identity::Identity;
use crate::domain::joins::Lead;
use crate::domain::profile::Profile;
use crate::server::clock::Ids;
use crate::server::hex::hex;
use crate::server::store::db::given;
use crate::server::store::writes::Writes;

impl Writes {
    /// What differs between two populations.
    pub fn population(&mut self, before: &Population, after: &Population, ids: &Ids) {
        let new = after.devices.values().filter(|device| !before.devices.contains_key(&device.id));
        self.add_devices(new);
        let changed = |device: &&Device| before.devices.get(&device.id).is_some_and(|was| was != *device);
        self.change_devices(after.devices.values().filter(changed));
        let new = after.profiles().values().filter(|profile| !before.profiles().contains_key(&profile.id));
        self.add_profiles(new, ids);
        let changed = |profile: &&Profile| before.profiles().get(&profile.id).is_some_and(|was| was != *profile);
        self.change_profiles(after.profiles().values().filter(changed));
        let gone = before.identifiers().keys().filter(|identifier| !after.identifiers().contains_key(identifier));
        self.delete_identifiers(gone);
        let new = after.identifiers().iter().filter(|(identifier, _)| !before.identifiers().contains_key(identifier));
        self.add_identifiers(new);
        let moved = |(identifier, lead): &(&Identifier, &Lead<DeviceId>)| {
            before.identifiers().get(identifier).is_some_and(|was| was != *lead)
        };
        self.move_identifiers(after.identifiers().iter().filter(moved));
        let new = after.identities.iter().filter(|(identity, _)| !before.identities.contains_key(identity));
        self.add_identities(new);
        let moved = |(identity, lead): &(&Identity, &Lead<ProfileId>)| {
            before.identities.get(identity).is_some_and(|was| was != *lead)
        };
        self.move_identities(after.identities.iter().filter(moved));
        let new = after.uses().iter().filter(|(of, _)| !before.uses().contains_key(of));
        self.add_uses(after, new);
        let changed = |(of, decides): &(&(DeviceId, ProfileId), &Decides)| {
            before.uses().get(of).is_some_and(|was| was != *decides)
        };
        self.change_uses(after, after.uses().iter().filter(changed));
    }

    /// Fails when another process has made one of the same id.
    fn add_devices<'a>(&mut self, devices: impl Iterator<Item = &'a Device>) {
        const SQL: &str = concat!(
            "insert into devices (workspace_id, ",
            devices!(columns),
            ") select $1, ",
            devices!(given),
            " from jsonb_each($2) as given"
        );
        self.rows(SQL, given(devices.map(DeviceRow::from)));
    }

    fn change_devices<'a>(&mut self, devices: impl Iterator<Item = &'a Device>) {
        const SQL: &str = concat!(
            "update devices set ",
            devices!(assigned),
            " from (select ",
            devices!(given),
            " from jsonb_each($2) as given) as changed where devices.workspace_id = $1 \
            and devices.environment = changed.environment and devices.id = changed.id"
        );
        self.rows(SQL, given(devices.map(DeviceRow::from)));
    }

    /// Fails when another process has made one of the same id.
    fn add_profiles<'a>(&mut self, profiles: impl Iterator<Item = &'a Profile>, ids: &Ids) {
        const SQL: &str = concat!(
            "insert into profiles (workspace_id, ",
            profiles!(columns),
            ") select $1, ",
            profiles!(given),
            " from jsonb_each($2) as given"
        );
        let row = |profile: &Profile| ProfileRow::of(profile, hex(&ids.random::<8>()));
        self.rows(SQL, given(profiles.map(row)));
    }

    fn change_profiles<'a>(&mut self, profiles: impl Iterator<Item = &'a Profile>) {
        const SQL: &str = concat!(
            "update profiles set ",
            profiles!(assigned),
            " from (select ",
            profiles!(given),
            " from jsonb_each($2) as given) as changed where profiles.workspace_id = $1 \
            and profiles.environment = changed.environment and profiles.id = changed.id"
        );
        // What the log calls them stays.
        self.rows(SQL, given(profiles.map(|profile| ProfileRow::of(profile, String::new()))));
    }

    fn delete_identifiers<'a>(&mut self, identifiers: impl Iterator<Item = &'a Identifier>) {
        const SQL: &str = concat!(
            "delete from device_identifiers where workspace_id = $1 and (",
            identifier_keys!(columns),
            ") in (select ",
            identifier_keys!(given),
            " from jsonb_each($2) as given)"
        );
        self.rows(SQL, given(identifiers.map(IdentifierKey::from)));
    }

    /// Fails when another process has added one meanwhile.
    fn add_identifiers<'a>(&mut self, identifiers: impl Iterator<Item = (&'a Identifier, &'a Lead<DeviceId>)>) {
        const SQL: &str = concat!(
            "insert into device_identifiers (workspace_id, ",
            device_identifiers!(columns),
            ") select $1, ",
            device_identifiers!(given),
            " from jsonb_each($2) as given"
        );
        self.rows(SQL, given(identifiers.map(IdentifierRow::from)));
    }

    fn move_identifiers<'a>(&mut self, identifiers: impl Iterator<Item = (&'a Identifier, &'a Lead<DeviceId>)>) {
        const SQL: &str = concat!(
            "update device_identifiers set ",
            device_identifiers!(assigned),
            " from (select ",
            device_identifiers!(given),
            " from jsonb_each($2) as given) as changed where device_identifiers.workspace_id = $1 \
            and device_identifiers.environment = changed.environment and device_identifiers.app_id = changed.app_id \
            and device_identifiers.kind = changed.kind and device_identifiers.value = changed.value"
        );
        self.rows(SQL, given(identifiers.map(IdentifierRow::from)));
    }

    /// Fails when another process has added one meanwhile.
    fn add_identities<'a>(&mut self, identities: impl Iterator<Item = (&'a Identity, &'a Lead<ProfileId>)>) {
        const SQL: &str = concat!(
            "insert into identities (workspace_id, ",
            identities!(columns),
            ") select $1, ",
            identities!(given),
            " from jsonb_each($2) as given"
        );
        self.rows(SQL, given(identities.map(IdentityRow::from)));
    }

    fn move_identities<'a>(&mut self, identities: impl Iterator<Item = (&'a Identity, &'a Lead<ProfileId>)>) {
        const SQL: &str = concat!(
            "update identities set ",
            identities!(assigned),
            " from (select ",
            identities!(given),
            " from jsonb_each($2) as given) as changed \
            where identities.workspace_id = $1 and identities.environment = changed.environment \
            and identities.kind = changed.kind and identities.value = changed.value"
        );
        self.rows(SQL, given(identities.map(IdentityRow::from)));
    }

    /// Fails when another process has added one meanwhile.
    fn add_uses<'a>(
        &mut self,
        population: &Population,
        uses: impl Iterator<Item = (&'a (DeviceId, ProfileId), &'a Decides)>,
    ) {
        const SQL: &str = concat!(
            "insert into uses (workspace_id, ",
            uses!(columns),
            ") select $1, ",
            uses!(given),
            " from jsonb_each($2) as given"
        );
        self.rows(SQL, given(uses.map(|of| use_row(population, of))));
    }

    fn change_uses<'a>(
        &mut self,
        population: &Population,
        uses: impl Iterator<Item = (&'a (DeviceId, ProfileId), &'a Decides)>,
    ) {
        const SQL: &str = concat!(
            "update uses set ",
            uses!(assigned),
            " from (select ",
            uses!(given),
            " from jsonb_each($2) as given) as changed where uses.workspace_id = $1 \
            and uses.environment = changed.environment and uses.device_id = changed.device_id \
            and uses.profile_id = changed.profile_id"
        );
        self.rows(SQL, given(uses.map(|of| use_row(population, of))));
    }

    pub fn transitions(&mut self, transitions: &[Transition]) {
        const SQL: &str = concat!(
            "insert into transitions (workspace_id, ",
            transitions!(columns),
            ") select $1, ",
            transitions!(given),
            " from jsonb_each($2) as given"
        );
        self.rows(SQL, given(transitions.iter().map(TransitionRow::from)));
    }
}

fn use_row(population: &Population, (of, decides): (&(DeviceId, ProfileId), &Decides)) -> UseRow {
    let (device_id, profile_id) = *of;
    UseRow { environment: population.devices[&device_id].environment, device_id, profile_id, decides: *decides }
}
