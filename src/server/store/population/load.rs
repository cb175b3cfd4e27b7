//! Loading, step by step, what a group of batches may touch.

use super::{
    StoredDevice, StoredIdentifier, StoredIdentity, StoredProfile, StoredUse, columns, identifier_row, profile,
};
use crate::domain::batch::Batch;
use crate::domain::fold::{Arrival, Population};
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::domain::identifier::{Identifier, IdentifierKind, identifier_of_profile};
use crate::domain::identity::Identity;
use crate::server::error::{Error, Result};
use crate::server::store::db::{Tx, given, on};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Loads step by step.
pub(super) struct Loader<'a> {
    tx: &'a mut Tx,
    workspace: WorkspaceId,
    /// Whether devices and profiles are locked until the transaction's end, for they will be written.
    locks: bool,
    pub population: Population,
}

/// The text of a question for devices or profiles by their ids, which locks them or does not.
macro_rules! by_ids {
    ($columns:ident $table:literal) => {
        [by_ids!($columns $table ""), by_ids!($columns $table " order by e.id for update of e")]
    };
    ($columns:ident $table:literal $rest:literal) => {
        concat!(
            "select ",
            columns!($columns),
            " from ",
            $table,
            " e where e.workspace_id = $1 and e.environment in (0, 1) and e.id in \
             (select cast(given.value->>0 as bigint) from jsonb_each($2) as given)",
            $rest
        )
    };
}

impl Tx {
    /// Loads what these batches may touch, and locks it.
    ///
    /// Several processes may work on one workspace. Every row that tells of a device or of a profile (its identifiers, its
    /// users, its identities) is only written by who locked that device or profile, so that what is read after they are
    /// locked stays true until the transaction's end. What was found by an identifier or an identity is looked at again then; new
    /// identifiers and identities are refused by their keys when somebody else was faster.
    pub(in crate::server::store) async fn population(
        &mut self,
        workspace: WorkspaceId,
        batches: &[(Arrival, &Batch)],
    ) -> Result<Population> {
        let mut load = Loader::locking(self, workspace);
        let identifiers = load.devices_of_batches(batches).await?;
        let (identities, profiles) = load.profiles_of_batches(batches).await?;
        let mut touched: BTreeSet<DeviceId> = identifiers.values().copied().collect();
        let mut found = identifiers;
        // A status without a device id belongs to the profile's only device.
        let homeless =
            batches.iter().any(|(_, batch)| batch.identifiers.iter().all(|(kind, _)| *kind == IdentifierKind::Idfa));
        if homeless {
            load.devices_of(&profiles).await?;
            touched.extend(load.population.uses().iter().map(|(device, _)| *device));
            let named_after = load.devices_of_profiles_only(batches, &profiles).await?;
            touched.extend(named_after.values());
            found.extend(named_after);
        }
        // Who is named now may have been some device's anonymous user until now.
        touched.extend(load.population.profiles().values().filter_map(|profile| profile.anonymous_on));
        load.complete(&touched).await?;
        let users: BTreeSet<ProfileId> = load.population.profiles().keys().copied().collect();
        load.devices_of(&users).await?;
        let moved =
            found.iter().any(|(identifier, device)| load.population.identifiers().get(identifier) != Some(device));
        if moved || (load.locks_rows() && load.identified(batches).await? != identities) {
            return Err(Error::Again("an identifier or an identity was moved meanwhile".to_owned()));
        }
        load.population.identities = identities;
        Ok(load.population)
    }
}

impl<'a> Loader<'a> {
    /// For writing.
    pub fn locking(tx: &'a mut Tx, workspace: WorkspaceId) -> Self {
        Self { tx, workspace, locks: true, population: Population::default() }
    }

    /// For reading only.
    pub fn reading(tx: &'a mut Tx, workspace: WorkspaceId) -> Self {
        Self { tx, workspace, locks: false, population: Population::default() }
    }

    /// Whether others may write what is not locked. SQLite has one writer at a time, who locks everything.
    fn locks_rows(&self) -> bool {
        self.locks && matches!(self.tx, Tx::Postgres(_))
    }

    fn pick(&self, [plain, locking]: [&'static str; 2]) -> &'static str {
        if self.locks_rows() { locking } else { plain }
    }
}

impl Loader<'_> {
    /// The devices that the batches' ids lead to.
    async fn devices_of_batches(&mut self, batches: &[(Arrival, &Batch)]) -> Result<BTreeMap<Identifier, DeviceId>> {
        let identifiers = batches.iter().flat_map(|(arrival, batch)| {
            let app = arrival.app.0;
            batch
                .identifiers
                .iter()
                .map(move |(kind, value)| json!([batch.environment.code(), app, kind.as_str(), value]))
        });
        self.devices_by_identifiers(given(identifiers)).await
    }

    async fn devices_of_profiles_only(
        &mut self,
        batches: &[(Arrival, &Batch)],
        profiles: &BTreeSet<ProfileId>,
    ) -> Result<BTreeMap<Identifier, DeviceId>> {
        let identifiers = batches.iter().flat_map(|(arrival, batch)| {
            profiles
                .iter()
                .map(|profile| identifier_row(&identifier_of_profile(batch.environment, arrival.app, *profile)))
        });
        self.devices_by_identifiers(given(identifiers)).await
    }

    async fn devices_by_identifiers(&mut self, identifiers: String) -> Result<BTreeMap<Identifier, DeviceId>> {
        const SQL: &str = "select n.environment, n.app_id, n.kind, n.value, n.device_id from device_identifiers n \
            where n.workspace_id = $1 and (n.environment, n.app_id, n.kind, n.value) in \
            (select cast(given.value->>0 as bigint), cast(given.value->>1 as bigint), given.value->>2, given.value->>3 \
            from jsonb_each($2) as given)";
        let workspace = self.workspace;
        let rows: Vec<StoredIdentifier> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(identifiers).fetch_all(c).await?);
        Ok(rows.into_iter().map(StoredIdentifier::split).collect())
    }

    /// The profiles that the batches name, by `mpid` or by identity.
    async fn profiles_of_batches(
        &mut self,
        batches: &[(Arrival, &Batch)],
    ) -> Result<(BTreeMap<Identity, ProfileId>, BTreeSet<ProfileId>)> {
        const BY_MPID: &str = "select p.id from profiles p where p.workspace_id = $1 and (p.environment, p.mpid) in \
            (select cast(given.value->>0 as bigint), cast(given.value->>1 as bigint) from jsonb_each($2) as given)";
        let identities = self.identified(batches).await?;
        let mut found: BTreeSet<ProfileId> = identities.values().copied().collect();
        let mpids: BTreeSet<(i64, i64)> =
            batches.iter().filter_map(|(_, batch)| Some((batch.environment.code(), batch.mpid?))).collect();
        if !mpids.is_empty() {
            let (workspace, mpids) = (self.workspace, given(mpids.into_iter().map(|mpid| json!(mpid))));
            let ids: Vec<ProfileId> =
                on!(&mut *self.tx, c => sqlx::query_scalar(BY_MPID).bind(workspace).bind(mpids).fetch_all(c).await?);
            found.extend(ids);
        }
        self.profiles(&found).await?;
        Ok((identities, found))
    }

    /// Whom the batches' identities name.
    async fn identified(&mut self, batches: &[(Arrival, &Batch)]) -> Result<BTreeMap<Identity, ProfileId>> {
        const SQL: &str = "select i.environment, i.kind, i.value, i.profile_id from identities i \
            where i.workspace_id = $1 and (i.environment, i.kind, i.value) in \
            (select cast(given.value->>0 as bigint), given.value->>1, given.value->>2 from jsonb_each($2) as given)";
        let identities = batches.iter().flat_map(|(_, batch)| {
            batch.identities.iter().map(|(kind, value)| json!([batch.environment.code(), kind.as_str(), value]))
        });
        let (workspace, identities) = (self.workspace, given(identities));
        let rows: Vec<StoredIdentity> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(identities).fetch_all(c).await?);
        let split = |row: StoredIdentity| {
            (Identity { environment: row.environment, kind: row.kind, value: row.value }, row.profile_id)
        };
        Ok(rows.into_iter().map(split).collect())
    }

    async fn profiles(&mut self, wanted: &BTreeSet<ProfileId>) -> Result<()> {
        const SQL: [&str; 2] = by_ids!(profile "profiles");
        let known = self.population.profiles();
        let missing: Vec<_> = wanted.iter().filter(|id| !known.contains_key(id)).map(|id| json!([id.0])).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (workspace, missing, sql) = (self.workspace, given(missing), self.pick(SQL));
        let rows: Vec<StoredProfile> =
            on!(&mut *self.tx, c => sqlx::query_as(sql).bind(workspace).bind(missing).fetch_all(c).await?);
        rows.into_iter().for_each(|row| self.population.add_profile(profile(row)));
        Ok(())
    }

    pub async fn devices(&mut self, wanted: &BTreeSet<DeviceId>) -> Result<()> {
        const SQL: [&str; 2] = by_ids!(device "devices");
        let known = &self.population.devices;
        let missing: Vec<_> = wanted.iter().filter(|id| !known.contains_key(id)).map(|id| json!([id.0])).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (workspace, missing, sql) = (self.workspace, given(missing), self.pick(SQL));
        let rows: Vec<StoredDevice> =
            on!(&mut *self.tx, c => sqlx::query_as(sql).bind(workspace).bind(missing).fetch_all(c).await?);
        self.population.devices.extend(rows.into_iter().map(|row| (row.id, row.into())));
        Ok(())
    }

    /// Loads these devices with all their identifiers and all their users.
    pub async fn complete(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        self.devices(devices).await?;
        self.identifiers(devices).await?;
        self.users(devices).await
    }

    /// Loads all identifiers of these devices.
    pub async fn identifiers(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        const SQL: &str = "select n.environment, n.app_id, n.kind, n.value, n.device_id from device_identifiers n \
            where n.workspace_id = $1 and n.environment in (0, 1) and n.device_id in \
            (select cast(given.value->>0 as bigint) from jsonb_each($2) as given)";
        if devices.is_empty() {
            return Ok(());
        }
        let (workspace, wanted) = (self.workspace, given(devices.iter().map(|id| json!([id.0]))));
        let identifiers: Vec<StoredIdentifier> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(wanted).fetch_all(c).await?);
        for (identifier, device) in identifiers.into_iter().map(StoredIdentifier::split) {
            self.population.add_identifier(identifier, device);
        }
        Ok(())
    }

    /// Loads all users of these devices.
    pub async fn users(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        const SQL: &str = "select u.device_id, u.profile_id from uses u where u.workspace_id = $1 and u.environment in (0, 1) \
            and u.device_id in (select cast(given.value->>0 as bigint) from jsonb_each($2) as given)";
        if devices.is_empty() {
            return Ok(());
        }
        let (workspace, wanted) = (self.workspace, given(devices.iter().map(|id| json!([id.0]))));
        let users: Vec<StoredUse> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(wanted).fetch_all(c).await?);
        users.iter().for_each(|row| self.population.add_use(row.device_id, row.profile_id));
        self.profiles(&users.into_iter().map(|row| row.profile_id).collect()).await
    }

    /// Loads all devices of these profiles.
    pub async fn devices_of(&mut self, profiles: &BTreeSet<ProfileId>) -> Result<()> {
        const SQL: &str = "select u.device_id, u.profile_id from uses u where u.workspace_id = $1 and u.environment in (0, 1) \
            and u.profile_id in (select cast(given.value->>0 as bigint) from jsonb_each($2) as given)";
        let (workspace, wanted) = (self.workspace, given(profiles.iter().map(|id| json!([id.0]))));
        let uses: Vec<StoredUse> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(wanted).fetch_all(c).await?);
        uses.iter().for_each(|row| self.population.add_use(row.device_id, row.profile_id));
        self.devices(&uses.into_iter().map(|row| row.device_id).collect()).await
    }
}
