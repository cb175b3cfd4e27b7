//! Loading, step by step, what a group of batches may touch.

use super::{StoredDevice, StoredIdentity, StoredName, StoredProfile, StoredUse, columns, name_row, profile};
use crate::domain::batch::Batch;
use crate::domain::device::{Name, NameKind, name_after};
use crate::domain::fold::{Arrival, Population};
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::domain::profile::Identity;
use crate::server::error::Result;
use crate::server::store::db::{Tx, given, on};
use serde_json::json;
use std::collections::BTreeSet;

/// Loads step by step what a group of batches may touch.
pub(super) struct Loader<'a> {
    pub tx: &'a mut Tx,
    pub workspace: WorkspaceId,
    pub population: Population,
}

impl Tx {
    /// Loads what these batches may touch; the app of each stands beside it.
    pub(in crate::server::store) async fn population(
        &mut self,
        workspace: WorkspaceId,
        batches: &[(Arrival, &Batch)],
    ) -> Result<Population> {
        let mut load = Loader { tx: self, workspace, population: Population::default() };
        let named = load.named_devices(batches).await?;
        let profiles = load.named_profiles(batches).await?;
        let mut touched = named;
        // A status without a device id belongs to the profile's only device.
        let homeless = batches.iter().any(|(_, batch)| batch.names.iter().all(|(kind, _)| *kind == NameKind::Idfa));
        if homeless {
            load.devices_of(&profiles).await?;
            touched.extend(load.population.uses().iter().map(|(device, _)| *device));
            touched.extend(load.devices_named_after(batches, &profiles).await?);
        }
        // Who is named now may have been some device's anonymous user until now.
        touched.extend(load.population.profiles().values().filter_map(|profile| profile.anonymous_on));
        load.complete(&touched).await?;
        let users: BTreeSet<ProfileId> = load.population.profiles().keys().copied().collect();
        load.devices_of(&users).await?;
        Ok(load.population)
    }
}

impl Loader<'_> {
    /// The devices that the batches' ids lead to.
    async fn named_devices(&mut self, batches: &[(Arrival, &Batch)]) -> Result<BTreeSet<DeviceId>> {
        let names = batches.iter().flat_map(|(arrival, batch)| {
            let app = arrival.app.0;
            batch.names.iter().map(move |(kind, value)| json!([batch.environment.code(), app, kind.as_str(), value]))
        });
        self.devices_named(given(names)).await
    }

    async fn devices_named_after(
        &mut self,
        batches: &[(Arrival, &Batch)],
        profiles: &BTreeSet<ProfileId>,
    ) -> Result<BTreeSet<DeviceId>> {
        let names = batches.iter().flat_map(|(arrival, batch)| {
            profiles.iter().map(|profile| name_row(&name_after(batch.environment, arrival.app, *profile)))
        });
        self.devices_named(given(names)).await
    }

    async fn devices_named(&mut self, names: String) -> Result<BTreeSet<DeviceId>> {
        const SQL: &str = "select n.environment, n.app_id, n.kind, n.value, n.device_id from device_names n \
            where n.workspace_id = $1 and (n.environment, n.app_id, n.kind, n.value) in \
            (select cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), given.value->>2, given.value->>3 \
            from json_each($2) as given)";
        let workspace = self.workspace;
        let rows: Vec<StoredName> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(names).fetch_all(c).await?);
        let devices = rows.iter().map(|row| row.device_id).collect();
        self.keep_names(rows);
        Ok(devices)
    }

    fn keep_names(&mut self, rows: Vec<StoredName>) {
        for row in rows {
            let name = Name { environment: row.environment, app: row.app_id, kind: row.kind, value: row.value };
            self.population.add_name(name, row.device_id);
        }
    }

    /// The profiles that the batches name, by `mpid` or by identity.
    async fn named_profiles(&mut self, batches: &[(Arrival, &Batch)]) -> Result<BTreeSet<ProfileId>> {
        const BY_IDENTITY: &str = "select i.environment, i.kind, i.value, i.profile_id from identities i \
            where i.workspace_id = $1 and (i.environment, i.kind, i.value) in \
            (select cast(given.value->>0 as bigint), given.value->>1, given.value->>2 from json_each($2) as given)";
        const BY_MPID: &str = concat!(
            "select ",
            columns!(profile),
            " from profiles p where p.workspace_id = $1 and (p.environment, p.mpid) in \
            (select cast(given.value->>0 as bigint), cast(given.value->>1 as bigint) from json_each($2) as given)"
        );
        let workspace = self.workspace;
        let identities = given(batches.iter().flat_map(|(_, batch)| {
            batch.identities.iter().map(|(kind, value)| json!([batch.environment.code(), kind.as_str(), value]))
        }));
        let rows: Vec<StoredIdentity> =
            on!(&mut *self.tx, c => sqlx::query_as(BY_IDENTITY).bind(workspace).bind(identities).fetch_all(c).await?);
        let mut found: BTreeSet<ProfileId> = rows.iter().map(|row| row.profile_id).collect();
        self.population.identities.extend(
            rows.into_iter().map(|row| {
                (Identity { environment: row.environment, kind: row.kind, value: row.value }, row.profile_id)
            }),
        );
        let mpids = given(batches.iter().filter_map(|(_, batch)| Some(json!([batch.environment.code(), batch.mpid?]))));
        let rows: Vec<StoredProfile> =
            on!(&mut *self.tx, c => sqlx::query_as(BY_MPID).bind(workspace).bind(mpids).fetch_all(c).await?);
        found.extend(rows.iter().map(|row| row.id));
        rows.into_iter().for_each(|row| self.population.add_profile(profile(row)));
        self.profiles(&found).await?;
        Ok(found)
    }

    async fn profiles(&mut self, wanted: &BTreeSet<ProfileId>) -> Result<()> {
        const SQL: &str = concat!(
            "select ",
            columns!(profile),
            " from profiles p where p.workspace_id = $1 and p.environment in (0, 1) and p.id in \
            (select cast(given.value->>0 as bigint) from json_each($2) as given)"
        );
        let missing = wanted.iter().filter(|id| !self.population.profiles().contains_key(id)).map(|id| json!([id.0]));
        let (workspace, missing) = (self.workspace, given(missing));
        let rows: Vec<StoredProfile> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(missing).fetch_all(c).await?);
        rows.into_iter().for_each(|row| self.population.add_profile(profile(row)));
        Ok(())
    }

    pub async fn devices(&mut self, wanted: &BTreeSet<DeviceId>) -> Result<()> {
        const SQL: &str = concat!(
            "select ",
            columns!(device),
            " from devices d where d.workspace_id = $1 and d.environment in (0, 1) and d.id in \
            (select cast(given.value->>0 as bigint) from json_each($2) as given)"
        );
        let missing = wanted.iter().filter(|id| !self.population.devices.contains_key(id)).map(|id| json!([id.0]));
        let (workspace, missing) = (self.workspace, given(missing));
        let rows: Vec<StoredDevice> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(missing).fetch_all(c).await?);
        self.population.devices.extend(rows.into_iter().map(|row| (row.id, row.into())));
        Ok(())
    }

    /// Loads these devices with all their names and all their users.
    pub async fn complete(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        self.devices(devices).await?;
        self.names(devices).await?;
        self.users(devices).await
    }

    /// Loads all names of these devices.
    pub async fn names(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        const SQL: &str = "select n.environment, n.app_id, n.kind, n.value, n.device_id from device_names n \
            where n.workspace_id = $1 and n.environment in (0, 1) and n.device_id in \
            (select cast(given.value->>0 as bigint) from json_each($2) as given)";
        let (workspace, wanted) = (self.workspace, given(devices.iter().map(|id| json!([id.0]))));
        let names: Vec<StoredName> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(wanted).fetch_all(c).await?);
        self.keep_names(names);
        Ok(())
    }

    /// Loads all users of these devices.
    pub async fn users(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        const SQL: &str = "select u.device_id, u.profile_id from uses u where u.workspace_id = $1 and u.environment in (0, 1) \
            and u.device_id in (select cast(given.value->>0 as bigint) from json_each($2) as given)";
        let (workspace, wanted) = (self.workspace, given(devices.iter().map(|id| json!([id.0]))));
        let users: Vec<StoredUse> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(wanted).fetch_all(c).await?);
        users.iter().for_each(|row| self.population.add_use(row.device_id, row.profile_id));
        self.profiles(&users.into_iter().map(|row| row.profile_id).collect()).await
    }

    /// Loads all devices of these profiles.
    pub async fn devices_of(&mut self, profiles: &BTreeSet<ProfileId>) -> Result<()> {
        const SQL: &str = "select u.device_id, u.profile_id from uses u where u.workspace_id = $1 and u.environment in (0, 1) \
            and u.profile_id in (select cast(given.value->>0 as bigint) from json_each($2) as given)";
        let (workspace, wanted) = (self.workspace, given(profiles.iter().map(|id| json!([id.0]))));
        let uses: Vec<StoredUse> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(wanted).fetch_all(c).await?);
        uses.iter().for_each(|row| self.population.add_use(row.device_id, row.profile_id));
        self.devices(&uses.into_iter().map(|row| row.device_id).collect()).await
    }
}
