//! Writing the differences between two populations, one statement per table.

use super::identifier_row;
use crate::domain::att::Status;
use crate::domain::device::Device;
use crate::domain::fold::{Population, Transition};
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::domain::identifier::Identifier;
use crate::domain::identity::Identity;
use crate::domain::profile::Profile;
use crate::domain::time::Millis;
use crate::server::clock::Ids;
use crate::server::error::Result;
use crate::server::hex::hex;
use crate::server::store::db::{NONE, Tx, given, on};
use serde::Serialize;

impl Tx {
    /// Writes what differs between two populations.
    pub(in crate::server::store) async fn write_population(
        &mut self,
        workspace: WorkspaceId,
        before: &Population,
        after: &Population,
        ids: &Ids,
    ) -> Result<()> {
        let changed = after.devices.values().filter(|device| before.devices.get(&device.id) != Some(device));
        self.write_devices(workspace, changed).await?;
        let changed = after.profiles().values().filter(|profile| before.profiles().get(&profile.id) != Some(profile));
        self.write_profiles(workspace, changed, ids).await?;
        let gone = before.identifiers().keys().filter(|identifier| !after.identifiers().contains_key(identifier));
        self.delete_identifiers(workspace, gone).await?;
        let fresh = after.identifiers().iter().filter(|(identifier, _)| !before.identifiers().contains_key(identifier));
        self.add_identifiers(workspace, fresh).await?;
        let moved = |(identifier, device): &(&Identifier, &DeviceId)| {
            before.identifiers().get(identifier).is_some_and(|was| was != *device)
        };
        self.move_identifiers(workspace, after.identifiers().iter().filter(moved)).await?;
        let fresh = after.identities.iter().filter(|(identity, _)| !before.identities.contains_key(identity));
        self.add_identities(workspace, fresh).await?;
        let moved =
            |(identity, to): &(&Identity, &ProfileId)| before.identities.get(identity).is_some_and(|was| was != *to);
        self.move_identities(workspace, after.identities.iter().filter(moved)).await?;
        self.write_uses(workspace, after, after.uses().difference(before.uses())).await
    }

    async fn write_rows(&mut self, workspace: WorkspaceId, sql: &'static str, rows: String) -> Result<()> {
        if rows == NONE {
            return Ok(());
        }
        on!(self, c => { sqlx::query(sql).bind(workspace).bind(rows).execute(c).await?; });
        Ok(())
    }

    async fn write_devices(&mut self, workspace: WorkspaceId, devices: impl Iterator<Item = &Device>) -> Result<()> {
        const SQL: &str = "insert into devices (workspace_id, environment, id, app_id, platform, status, since, as_of, \
            source_input, transitions, os_version, app_version, country, first_seen, last_seen, unidentified_since, retired, active_on, overflow) \
            select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), cast(given.value->>2 as bigint), \
            given.value->>3, cast(given.value->>4 as bigint), cast(given.value->>5 as bigint), \
            cast(given.value->>6 as bigint), cast(given.value->>7 as bigint), cast(given.value->>8 as bigint), \
            given.value->>9, given.value->>10, given.value->>11, cast(given.value->>12 as bigint), \
            cast(given.value->>13 as bigint), cast(given.value->>14 as bigint), cast(given.value->>15 as boolean), \
            cast(given.value->>16 as bigint), cast(given.value->>17 as bigint) from jsonb_each($2) as given where true \
            on conflict (workspace_id, environment, id) do update set platform = excluded.platform, \
            status = excluded.status, since = excluded.since, as_of = excluded.as_of, \
            source_input = excluded.source_input, transitions = excluded.transitions, os_version = excluded.os_version, \
            app_version = excluded.app_version, country = excluded.country, last_seen = excluded.last_seen, \
            unidentified_since = excluded.unidentified_since, retired = excluded.retired, active_on = excluded.active_on, overflow = excluded.overflow";
        self.write_rows(workspace, SQL, given(devices.map(DeviceRow::of))).await
    }

    async fn write_profiles(
        &mut self,
        workspace: WorkspaceId,
        profiles: impl Iterator<Item = &Profile>,
        ids: &Ids,
    ) -> Result<()> {
        const SQL: &str = "insert into profiles (workspace_id, environment, id, mpid, anonymous_on, audit_reference, \
            first_seen, last_seen) select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), \
            cast(given.value->>2 as bigint), cast(given.value->>3 as bigint), given.value->>4, \
            cast(given.value->>5 as bigint), cast(given.value->>6 as bigint) from jsonb_each($2) as given where true \
            on conflict (workspace_id, environment, id) do update set anonymous_on = excluded.anonymous_on, \
            last_seen = excluded.last_seen";
        let row = |profile: &Profile| {
            (
                profile.environment.code(),
                profile.id.0,
                profile.mpid,
                profile.anonymous_on.map(|device| device.0),
                // Kept by those that have one already.
                hex(&ids.random::<8>()),
                profile.first_seen,
                profile.last_seen,
            )
        };
        self.write_rows(workspace, SQL, given(profiles.map(row))).await
    }

    async fn delete_identifiers(
        &mut self,
        workspace: WorkspaceId,
        identifiers: impl Iterator<Item = &Identifier>,
    ) -> Result<()> {
        const SQL: &str = "delete from device_identifiers where workspace_id = $1 and (environment, app_id, kind, value) in \
            (select cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), given.value->>2, given.value->>3 \
            from jsonb_each($2) as given)";
        self.write_rows(workspace, SQL, given(identifiers.map(identifier_row))).await
    }

    /// Fails when somebody else has added one meanwhile.
    async fn add_identifiers<'a>(
        &mut self,
        workspace: WorkspaceId,
        identifiers: impl Iterator<Item = (&'a Identifier, &'a DeviceId)>,
    ) -> Result<()> {
        const SQL: &str = "insert into device_identifiers (workspace_id, environment, app_id, kind, value, device_id) \
            select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), given.value->>2, \
            given.value->>3, cast(given.value->>4 as bigint) from jsonb_each($2) as given";
        self.write_rows(workspace, SQL, given(identifiers.map(leading))).await
    }

    async fn move_identifiers<'a>(
        &mut self,
        workspace: WorkspaceId,
        identifiers: impl Iterator<Item = (&'a Identifier, &'a DeviceId)>,
    ) -> Result<()> {
        const SQL: &str = "update device_identifiers set device_id = moved.device_id from \
            (select cast(given.value->>0 as bigint) as environment, cast(given.value->>1 as bigint) as app_id, \
            given.value->>2 as kind, given.value->>3 as value, cast(given.value->>4 as bigint) as device_id \
            from jsonb_each($2) as given) as moved where device_identifiers.workspace_id = $1 \
            and device_identifiers.environment = moved.environment and device_identifiers.app_id = moved.app_id \
            and device_identifiers.kind = moved.kind and device_identifiers.value = moved.value";
        self.write_rows(workspace, SQL, given(identifiers.map(leading))).await
    }

    /// Fails when somebody else has added one meanwhile.
    async fn add_identities<'a>(
        &mut self,
        workspace: WorkspaceId,
        identities: impl Iterator<Item = (&'a Identity, &'a ProfileId)>,
    ) -> Result<()> {
        const SQL: &str = "insert into identities (workspace_id, environment, kind, value, profile_id) \
            select $1, cast(given.value->>0 as bigint), given.value->>1, given.value->>2, \
            cast(given.value->>3 as bigint) from jsonb_each($2) as given";
        self.write_rows(workspace, SQL, given(identities.map(naming))).await
    }

    async fn move_identities<'a>(
        &mut self,
        workspace: WorkspaceId,
        identities: impl Iterator<Item = (&'a Identity, &'a ProfileId)>,
    ) -> Result<()> {
        const SQL: &str = "update identities set profile_id = moved.profile_id from \
            (select cast(given.value->>0 as bigint) as environment, given.value->>1 as kind, given.value->>2 as value, \
            cast(given.value->>3 as bigint) as profile_id from jsonb_each($2) as given) as moved \
            where identities.workspace_id = $1 and identities.environment = moved.environment \
            and identities.kind = moved.kind and identities.value = moved.value";
        self.write_rows(workspace, SQL, given(identities.map(naming))).await
    }

    async fn write_uses<'a>(
        &mut self,
        workspace: WorkspaceId,
        population: &Population,
        uses: impl Iterator<Item = &'a (DeviceId, ProfileId)>,
    ) -> Result<()> {
        const SQL: &str = "insert into uses (workspace_id, environment, device_id, profile_id) \
            select $1, cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), \
            cast(given.value->>2 as bigint) from jsonb_each($2) as given where true on conflict do nothing";
        let row = |(device, profile): &(DeviceId, ProfileId)| {
            (population.devices[device].environment.code(), device.0, profile.0)
        };
        self.write_rows(workspace, SQL, given(uses.map(row))).await
    }

    pub(in crate::server::store) async fn write_transitions(
        &mut self,
        workspace: WorkspaceId,
        transitions: &[Transition],
    ) -> Result<()> {
        const SQL: &str = "insert into transitions (workspace_id, environment, device_id, seq, app_id, from_status, \
            to_status, since, as_of, received_at, input_id) select $1, cast(given.value->>0 as bigint), \
            cast(given.value->>1 as bigint), cast(given.value->>2 as bigint), cast(given.value->>3 as bigint), \
            cast(given.value->>4 as bigint), cast(given.value->>5 as bigint), cast(given.value->>6 as bigint), \
            cast(given.value->>7 as bigint), cast(given.value->>8 as bigint), cast(given.value->>9 as bigint) \
            from jsonb_each($2) as given where true";
        let row = |transition: &Transition| {
            (
                transition.environment.code(),
                transition.device.0,
                transition.seq,
                transition.app.0,
                transition.from.map(Status::code),
                transition.to.code(),
                transition.since,
                transition.as_of,
                transition.received,
                transition.input.0,
            )
        };
        self.write_rows(workspace, SQL, given(transitions.iter().map(row))).await
    }
}

fn leading<'a>((identifier, device): (&'a Identifier, &DeviceId)) -> impl Serialize + use<'a> {
    (identifier.environment.code(), identifier.app.0, identifier.kind.as_str(), &identifier.value, device.0)
}

fn naming<'a>((identity, profile): (&'a Identity, &ProfileId)) -> impl Serialize + use<'a> {
    (identity.environment.code(), identity.kind.as_str(), &identity.value, profile.0)
}

/// In the order of the statement's columns.
#[derive(Serialize)]
struct DeviceRow<'a>(
    i64,
    i64,
    i64,
    &'static str,
    Option<i64>,
    Option<Millis>,
    Option<Millis>,
    Option<i64>,
    i64,
    &'a Option<String>,
    &'a Option<String>,
    &'a Option<String>,
    Millis,
    Millis,
    Option<Millis>,
    bool,
    Option<i64>,
    i64,
);

impl<'a> DeviceRow<'a> {
    fn of(device: &'a Device) -> Self {
        let reported = device.reported;
        Self(
            device.environment.code(),
            device.id.0,
            device.app.0,
            device.platform.as_str(),
            reported.map(|reported| reported.status.code()),
            reported.map(|reported| reported.since),
            reported.map(|reported| reported.as_of),
            device.source.map(|input| input.0),
            device.transitions,
            &device.os_version,
            &device.app_version,
            &device.country,
            device.first_seen,
            device.last_seen,
            device.unidentified_since,
            device.retired,
            device.active_on,
            device.overflow.0,
        )
    }
}
