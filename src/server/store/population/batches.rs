//! Loading what a group of batches may touch.

use super::load::Loader;
use super::row::{
    IdentifierKey, IdentifierRow, IdentityKey, IdentityRow, device_identifiers, identifier_keys, identities,
    identity_keys,
};
use crate::domain::batch::Batch;
use crate::domain::environment::Environment;
use crate::domain::fold::{Arrival, Population};
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::domain::identifier::{Identifier, IdentifierKind, identifier_of_profile};
use crate::domain::identity::{Identity, IdentityKind};
use crate::server::error::Result;
use crate::server::store::db::{Tx, given, on};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

impl Tx {
    /// Loads what these batches may touch. Whoever asks has the workspace's lane, so that what is read stays true until
    /// they write.
    pub(in crate::server::store) async fn population(
        &mut self,
        workspace: WorkspaceId,
        batches: &[(Arrival, &Batch)],
    ) -> Result<Population> {
        let mut load = Loader::new(self, workspace);
        let identifiers = load.devices_of_batches(batches).await?;
        let (identities, profiles) = load.profiles_of_batches(batches).await?;
        let mut touched: BTreeSet<DeviceId> = identifiers.values().copied().collect();
        // A status without a device id belongs to the profile's only device.
        let without_device_id =
            batches.iter().any(|(_, batch)| batch.identifiers.iter().all(|(kind, _)| *kind == IdentifierKind::Idfa));
        if without_device_id {
            load.devices_of(&profiles).await?;
            touched.extend(load.population.uses().iter().map(|(device, _)| *device));
            let by_profile = load.devices_of_profiles_only(batches, &profiles).await?;
            touched.extend(by_profile.values());
        }
        // A profile that is named now may have been some device's anonymous user until now.
        touched.extend(load.population.profiles().values().filter_map(|profile| profile.anonymous_on));
        load.complete(&touched).await?;
        let users: BTreeSet<ProfileId> = load.population.profiles().keys().copied().collect();
        load.devices_of(&users).await?;
        load.population.identities = identities;
        Ok(load.population)
    }
}

impl Loader<'_> {
    /// The devices that the batches' ids lead to.
    async fn devices_of_batches(&mut self, batches: &[(Arrival, &Batch)]) -> Result<BTreeMap<Identifier, DeviceId>> {
        let keys = batches.iter().flat_map(|(arrival, batch)| {
            let (environment, app) = (batch.environment, arrival.app);
            batch.identifiers.iter().map(move |(kind, value)| IdentifierKey::new(environment, app, *kind, value))
        });
        self.devices_by_identifiers(given(keys)).await
    }

    async fn devices_of_profiles_only(
        &mut self,
        batches: &[(Arrival, &Batch)],
        profiles: &BTreeSet<ProfileId>,
    ) -> Result<BTreeMap<Identifier, DeviceId>> {
        let identifiers: Vec<Identifier> = batches
            .iter()
            .flat_map(|(arrival, batch)| {
                profiles.iter().map(|profile| identifier_of_profile(batch.environment, arrival.app, *profile))
            })
            .collect();
        self.devices_by_identifiers(given(identifiers.iter().map(IdentifierKey::from))).await
    }

    async fn devices_by_identifiers(&mut self, keys: String) -> Result<BTreeMap<Identifier, DeviceId>> {
        const SQL: &str = concat!(
            "select ",
            device_identifiers!(columns),
            " from device_identifiers where workspace_id = $1 and (",
            identifier_keys!(columns),
            ") in (select ",
            identifier_keys!(given),
            " from jsonb_each($2) as given)"
        );
        let workspace = self.workspace;
        let rows: Vec<IdentifierRow> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(keys).fetch_all(c).await?);
        Ok(rows.into_iter().map(IdentifierRow::into).collect())
    }

    /// The profiles that the batches name, by `mpid` or by identity.
    async fn profiles_of_batches(
        &mut self,
        batches: &[(Arrival, &Batch)],
    ) -> Result<(BTreeMap<Identity, ProfileId>, BTreeSet<ProfileId>)> {
        const BY_MPID: &str = "select p.id from profiles p where p.workspace_id = $1 and (p.environment, p.mpid) in \
            (select cast(given.value->>'environment' as bigint), cast(given.value->>'mpid' as bigint) \
            from jsonb_each($2) as given)";
        let identities = self.identified(batches).await?;
        let mut found: BTreeSet<ProfileId> = identities.values().copied().collect();
        let mpids: BTreeSet<(Environment, i64)> =
            batches.iter().filter_map(|(_, batch)| Some((batch.environment, batch.mpid?))).collect();
        if !mpids.is_empty() {
            let key =
                |(environment, mpid): (Environment, i64)| json!({"environment": environment.code(), "mpid": mpid});
            let (workspace, mpids) = (self.workspace, given(mpids.into_iter().map(key)));
            let ids: Vec<ProfileId> =
                on!(&mut *self.tx, c => sqlx::query_scalar(BY_MPID).bind(workspace).bind(mpids).fetch_all(c).await?);
            found.extend(ids);
        }
        self.profiles(&found).await?;
        Ok((identities, found))
    }

    /// Whom the batches' identities name.
    async fn identified(&mut self, batches: &[(Arrival, &Batch)]) -> Result<BTreeMap<Identity, ProfileId>> {
        const SQL: &str = concat!(
            "select ",
            identities!(columns),
            " from identities where workspace_id = $1 and (",
            identity_keys!(columns),
            ") in (select ",
            identity_keys!(given),
            " from jsonb_each($2) as given)"
        );
        let keys = batches.iter().flat_map(|(_, batch)| {
            let environment = batch.environment;
            let key = move |(kind, value): &(IdentityKind, String)| IdentityKey {
                environment,
                kind: *kind,
                value: value.clone(),
            };
            batch.identities.iter().map(key)
        });
        let (workspace, keys) = (self.workspace, given(keys));
        let rows: Vec<IdentityRow> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(keys).fetch_all(c).await?);
        Ok(rows.into_iter().map(IdentityRow::into).collect())
    }
}
