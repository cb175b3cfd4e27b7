//! Writing the differences between two populations, one statement per table.

use super::id_row::{IdentifierKey, IdentifierRow, IdentityRow, device_identifiers, identifier_keys, identities};
use super::row::{DeviceRow, ProfileRow, TransitionRow, UseRow, devices, profiles, transitions, uses};
use crate::domain::decides::Decides;
use crate::domain::device::Device;
use crate::domain::fold::{Population, Transition};
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::domain::identifier::Identifier;
use crate::domain::identity::Identity;
use crate::domain::joins::Lead;
use crate::domain::profile::Profile;
use crate::server::clock::Ids;
use crate::server::error::Result;
use crate::server::hex::hex;
use crate::server::store::db::{NONE, Tx, given, on};

impl Tx {
    /// Writes what differs between two populations.
    pub(in crate::server::store) async fn write_population(
        &mut self,
        workspace: WorkspaceId,
        before: &Population,
        after: &Population,
        ids: &Ids,
    ) -> Result<()> {
        let new = after.devices.values().filter(|device| !before.devices.contains_key(&device.id));
        self.add_devices(workspace, new).await?;
        let changed = |device: &&Device| before.devices.get(&device.id).is_some_and(|was| was != *device);
        self.change_devices(workspace, after.devices.values().filter(changed)).await?;
        let new = after.profiles().values().filter(|profile| !before.profiles().contains_key(&profile.id));
        self.add_profiles(workspace, new, ids).await?;
        let changed = |profile: &&Profile| before.profiles().get(&profile.id).is_some_and(|was| was != *profile);
        self.change_profiles(workspace, after.profiles().values().filter(changed)).await?;
        let gone = before.identifiers().keys().filter(|identifier| !after.identifiers().contains_key(identifier));
        self.delete_identifiers(workspace, gone).await?;
        let new = after.identifiers().iter().filter(|(identifier, _)| !before.identifiers().contains_key(identifier));
        self.add_identifiers(workspace, new).await?;
        let moved = |(identifier, lead): &(&Identifier, &Lead<DeviceId>)| {
            before.identifiers().get(identifier).is_some_and(|was| was != *lead)
        };
        self.move_identifiers(workspace, after.identifiers().iter().filter(moved)).await?;
        let new = after.identities.iter().filter(|(identity, _)| !before.identities.contains_key(identity));
        self.add_identities(workspace, new).await?;
        let moved = |(identity, lead): &(&Identity, &Lead<ProfileId>)| {
            before.identities.get(identity).is_some_and(|was| was != *lead)
        };
        self.move_identities(workspace, after.identities.iter().filter(moved)).await?;
        let new = after.uses().iter().filter(|(of, _)| !before.uses().contains_key(of));
        self.add_uses(workspace, after, new).await?;
        let changed = |(of, decides): &(&(DeviceId, ProfileId), &Decides)| {
            before.uses().get(of).is_some_and(|was| was != *decides)
        };
        self.change_uses(workspace, after, after.uses().iter().filter(changed)).await
    }

    async fn write_rows(&mut self, workspace: WorkspaceId, sql: &'static str, rows: String) -> Result<()> {
        if rows == NONE {
            return Ok(());
        }
        on!(self, c => { sqlx::query(sql).bind(workspace).bind(rows).execute(c).await?; });
        Ok(())
    }

    /// Fails when another process has made one of the same id.
    async fn add_devices(&mut self, workspace: WorkspaceId, devices: impl Iterator<Item = &Device>) -> Result<()> {
        const SQL: &str = concat!(
            "insert into devices (workspace_id, ",
            devices!(columns),
            ") select $1, ",
            devices!(given),
            " from jsonb_each($2) as given"
        );
        self.write_rows(workspace, SQL, given(devices.map(DeviceRow::from))).await
    }

    async fn change_devices(&mut self, workspace: WorkspaceId, devices: impl Iterator<Item = &Device>) -> Result<()> {
        const SQL: &str = concat!(
            "update devices set ",
            devices!(assigned),
            " from (select ",
            devices!(given),
            " from jsonb_each($2) as given) as changed where devices.workspace_id = $1 \
            and devices.environment = changed.environment and devices.id = changed.id"
        );
        self.write_rows(workspace, SQL, given(devices.map(DeviceRow::from))).await
    }

    /// Fails when another process has made one of the same id.
    async fn add_profiles(
        &mut self,
        workspace: WorkspaceId,
        profiles: impl Iterator<Item = &Profile>,
        ids: &Ids,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "insert into profiles (workspace_id, ",
            profiles!(columns),
            ") select $1, ",
            profiles!(given),
            " from jsonb_each($2) as given"
        );
        let row = |profile: &Profile| ProfileRow::of(profile, hex(&ids.random::<8>()));
        self.write_rows(workspace, SQL, given(profiles.map(row))).await
    }

    async fn change_profiles(
        &mut self,
        workspace: WorkspaceId,
        profiles: impl Iterator<Item = &Profile>,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "update profiles set ",
            profiles!(assigned),
            " from (select ",
            profiles!(given),
            " from jsonb_each($2) as given) as changed where profiles.workspace_id = $1 \
            and profiles.environment = changed.environment and profiles.id = changed.id"
        );
        // What the log calls them stays.
        self.write_rows(workspace, SQL, given(profiles.map(|profile| ProfileRow::of(profile, String::new())))).await
    }

    async fn delete_identifiers(
        &mut self,
        workspace: WorkspaceId,
        identifiers: impl Iterator<Item = &Identifier>,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "delete from device_identifiers where workspace_id = $1 and (",
            identifier_keys!(columns),
            ") in (select ",
            identifier_keys!(given),
            " from jsonb_each($2) as given)"
        );
        self.write_rows(workspace, SQL, given(identifiers.map(IdentifierKey::from))).await
    }

    /// Fails when another process has added one meanwhile.
    async fn add_identifiers<'a>(
        &mut self,
        workspace: WorkspaceId,
        identifiers: impl Iterator<Item = (&'a Identifier, &'a Lead<DeviceId>)>,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "insert into device_identifiers (workspace_id, ",
            device_identifiers!(columns),
            ") select $1, ",
            device_identifiers!(given),
            " from jsonb_each($2) as given"
        );
        self.write_rows(workspace, SQL, given(identifiers.map(IdentifierRow::from))).await
    }

    async fn move_identifiers<'a>(
        &mut self,
        workspace: WorkspaceId,
        identifiers: impl Iterator<Item = (&'a Identifier, &'a Lead<DeviceId>)>,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "update device_identifiers set ",
            device_identifiers!(assigned),
            " from (select ",
            device_identifiers!(given),
            " from jsonb_each($2) as given) as changed where device_identifiers.workspace_id = $1 \
            and device_identifiers.environment = changed.environment and device_identifiers.app_id = changed.app_id \
            and device_identifiers.kind = changed.kind and device_identifiers.value = changed.value"
        );
        self.write_rows(workspace, SQL, given(identifiers.map(IdentifierRow::from))).await
    }

    /// Fails when another process has added one meanwhile.
    async fn add_identities<'a>(
        &mut self,
        workspace: WorkspaceId,
        identities: impl Iterator<Item = (&'a Identity, &'a Lead<ProfileId>)>,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "insert into identities (workspace_id, ",
            identities!(columns),
            ") select $1, ",
            identities!(given),
            " from jsonb_each($2) as given"
        );
        self.write_rows(workspace, SQL, given(identities.map(IdentityRow::from))).await
    }

    async fn move_identities<'a>(
        &mut self,
        workspace: WorkspaceId,
        identities: impl Iterator<Item = (&'a Identity, &'a Lead<ProfileId>)>,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "update identities set ",
            identities!(assigned),
            " from (select ",
            identities!(given),
            " from jsonb_each($2) as given) as changed \
            where identities.workspace_id = $1 and identities.environment = changed.environment \
            and identities.kind = changed.kind and identities.value = changed.value"
        );
        self.write_rows(workspace, SQL, given(identities.map(IdentityRow::from))).await
    }

    /// Fails when another process has added one meanwhile.
    async fn add_uses<'a>(
        &mut self,
        workspace: WorkspaceId,
        population: &Population,
        uses: impl Iterator<Item = (&'a (DeviceId, ProfileId), &'a Decides)>,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "insert into uses (workspace_id, ",
            uses!(columns),
            ") select $1, ",
            uses!(given),
            " from jsonb_each($2) as given"
        );
        self.write_rows(workspace, SQL, given(uses.map(|of| use_row(population, of)))).await
    }

    async fn change_uses<'a>(
        &mut self,
        workspace: WorkspaceId,
        population: &Population,
        uses: impl Iterator<Item = (&'a (DeviceId, ProfileId), &'a Decides)>,
    ) -> Result<()> {
        const SQL: &str = concat!(
            "update uses set ",
            uses!(assigned),
            " from (select ",
            uses!(given),
            " from jsonb_each($2) as given) as changed where uses.workspace_id = $1 \
            and uses.environment = changed.environment and uses.device_id = changed.device_id \
            and uses.profile_id = changed.profile_id"
        );
        self.write_rows(workspace, SQL, given(uses.map(|of| use_row(population, of)))).await
    }

    pub(in crate::server::store) async fn write_transitions(
        &mut self,
        workspace: WorkspaceId,
        transitions: &[Transition],
    ) -> Result<()> {
        const SQL: &str = concat!(
            "insert into transitions (workspace_id, ",
            transitions!(columns),
            ") select $1, ",
            transitions!(given),
            " from jsonb_each($2) as given"
        );
        self.write_rows(workspace, SQL, given(transitions.iter().map(TransitionRow::from))).await
    }
}

fn use_row(population: &Population, (of, decides): (&(DeviceId, ProfileId), &Decides)) -> UseRow {
    let (device_id, profile_id) = *of;
    UseRow { environment: population.devices[&device_id].environment, device_id, profile_id, decides: *decides }
}
