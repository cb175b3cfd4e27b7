//! Loading what a group of batches may touch.

use super::id_row::{
    IdentifierKey, IdentifierRow, IdentityKey, IdentityRow, device_identifiers, identifier_keys, identities,
    identity_keys,
};
use super::load::Loader;
use crate::domain::batch::Batch;
use crate::domain::environment::Environment;
use crate::domain::fold::{Arrival, Population};
use crate::domain::id::{AppId, DeviceId, ProfileId, WorkspaceId};
use crate::domain::identifier::{Identifier, IdentifierKind, identifier_of_profile};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::joins::{Lead, MOST_ON_A_DAY};
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
        let identities = load.profiles_of_batches(batches).await?;
        let mut touched: BTreeSet<DeviceId> = identifiers.values().map(|lead| lead.to).collect();
        let mut pairs = pairs(batches, &identifiers, &identities, &load.population);
        for profile in load.population.profiles().values() {
            // A profile that is named now may have been some device's anonymous user until now.
            touched.extend(profile.anonymous_on);
            pairs.extend(profile.anonymous_on.map(|device| (device, profile.id)));
        }
        load.devices(&touched).await?;
        let anonymous = load.population.devices.values().filter_map(|device| device.anonymous_user).collect();
        load.profiles(&anonymous).await?;
        let without = without_device_id(batches, &identifiers);
        touched.extend(load.devices_without_id(&without, batches, &identities).await?);
        load.identifiers(&touched).await?;
        load.deciding_and(&pairs).await?;
        load.population.identities = identities;
        Ok(load.population)
    }
}

/// Those whose status may be about a device that none of its ids names: an IDFA may be withheld, and another id shared,
/// or be so once all batches before it are folded.
fn without_device_id<'a>(
    batches: &[(Arrival, &'a Batch)],
    identifiers: &BTreeMap<Identifier, Lead<DeviceId>>,
) -> Vec<(Arrival, &'a Batch)> {
    let of = |arrival: &Arrival, batch: &Batch, (kind, value): &(IdentifierKind, String)| Identifier {
        environment: batch.environment,
        app: arrival.app,
        kind: *kind,
        value: value.clone(),
    };
    let mut times: BTreeMap<Identifier, i64> = BTreeMap::new();
    for (arrival, batch) in batches {
        batch.identifiers.iter().for_each(|id| *times.entry(of(arrival, batch, id)).or_default() += 1);
    }
    let leads_nowhere = |arrival: &Arrival, batch: &Batch, id: &(IdentifierKind, String)| {
        let identifier = of(arrival, batch, id);
        let joins = identifiers.get(&identifier).map_or(0, |lead| lead.joins.n);
        id.0 == IdentifierKind::Idfa || joins + times[&identifier] > MOST_ON_A_DAY
    };
    let is_without = |(arrival, batch): &&(Arrival, &Batch)| {
        batch.status.is_some() && batch.identifiers.iter().all(|id| leads_nowhere(arrival, batch, id))
    };
    batches.iter().filter(is_without).copied().collect()
}

/// The devices and profiles that each batch names together.
fn pairs(
    batches: &[(Arrival, &Batch)],
    identifiers: &BTreeMap<Identifier, Lead<DeviceId>>,
    identities: &BTreeMap<Identity, Lead<ProfileId>>,
    population: &Population,
) -> BTreeSet<(DeviceId, ProfileId)> {
    let mut pairs = BTreeSet::new();
    for (arrival, batch) in batches {
        let (environment, app) = (batch.environment, arrival.app);
        let identifier = |(kind, value): &(IdentifierKind, String)| Identifier {
            environment,
            app,
            kind: *kind,
            value: value.clone(),
        };
        let identity =
            |(kind, value): &(IdentityKind, String)| Identity { environment, kind: *kind, value: value.clone() };
        let devices = batch.identifiers.iter().filter_map(|id| Some(identifiers.get(&identifier(id))?.to));
        let by_mpid = batch.mpid.and_then(|mpid| population.profile_by_mpid(environment, mpid));
        let by_identity = batch.identities.iter().filter_map(|id| Some(identities.get(&identity(id))?.to));
        let profiles: BTreeSet<ProfileId> = by_mpid.into_iter().chain(by_identity).collect();
        pairs.extend(devices.flat_map(|device| profiles.iter().map(move |profile| (device, *profile))));
    }
    pairs
}

impl Loader<'_> {
    /// Where the batches' ids of devices lead.
    async fn devices_of_batches(
        &mut self,
        batches: &[(Arrival, &Batch)],
    ) -> Result<BTreeMap<Identifier, Lead<DeviceId>>> {
        let keys = batches.iter().flat_map(|(arrival, batch)| {
            let (environment, app) = (batch.environment, arrival.app);
            batch.identifiers.iter().map(move |(kind, value)| IdentifierKey::new(environment, app, *kind, value))
        });
        self.leads(given(keys)).await
    }

    /// The devices that statuses without an id may be about: the only one that a profile has in an app, or the one that
    /// is named after the profile.
    async fn devices_without_id(
        &mut self,
        without: &[(Arrival, &Batch)],
        batches: &[(Arrival, &Batch)],
        identities: &BTreeMap<Identity, Lead<ProfileId>>,
    ) -> Result<BTreeSet<DeviceId>> {
        if without.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut each: BTreeSet<(Environment, AppId, ProfileId)> = BTreeSet::new();
        for (arrival, batch) in without {
            let named = self.may_name(batch, batches, identities);
            each.extend(named.into_iter().map(|profile| (batch.environment, arrival.app, profile)));
        }
        let wanted: BTreeSet<ProfileId> = each.iter().map(|(_, _, profile)| *profile).collect();
        self.devices_of(|profile| wanted.contains(profile)).await?;
        let named = each.iter().map(|(environment, app, profile)| identifier_of_profile(*environment, *app, *profile));
        let keys = given(named.map(|identifier| IdentifierKey::from(&identifier)));
        let named = self.leads(keys).await?;
        let only = each.iter().filter_map(|(_, app, profile)| self.population.only_apple_device(*profile, *app));
        let found = only.chain(named.values().map(|lead| lead.to)).collect();
        self.devices(&found).await?;
        Ok(found)
    }

    /// The profiles that a batch may name: by its own ids, or by those of batches that may make an identity of its lead
    /// elsewhere before it.
    fn may_name(
        &self,
        batch: &Batch,
        batches: &[(Arrival, &Batch)],
        identities: &BTreeMap<Identity, Lead<ProfileId>>,
    ) -> BTreeSet<ProfileId> {
        let meets = |other: &Batch| {
            other.environment == batch.environment && other.identities.iter().any(|id| batch.identities.contains(id))
        };
        let related = batches.iter().map(|(_, other)| *other).filter(|other| meets(other)).chain([batch]);
        let mut named = BTreeSet::new();
        for other in related {
            let environment = other.environment;
            named.extend(other.mpid.and_then(|mpid| self.population.profile_by_mpid(environment, mpid)));
            named.extend(other.identities.iter().filter_map(|(kind, value)| {
                Some(identities.get(&Identity { environment, kind: *kind, value: value.clone() })?.to)
            }));
        }
        named
    }

    async fn leads(&mut self, keys: String) -> Result<BTreeMap<Identifier, Lead<DeviceId>>> {
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

    /// Loads the profiles that the batches name, by `mpid` or by identity; returns where the identities lead.
    async fn profiles_of_batches(
        &mut self,
        batches: &[(Arrival, &Batch)],
    ) -> Result<BTreeMap<Identity, Lead<ProfileId>>> {
        const BY_MPID: &str = "select p.id from profiles p where p.workspace_id = $1 and (p.environment, p.mpid) in \
            (select cast(given.value->>'environment' as bigint), cast(given.value->>'mpid' as bigint) \
            from jsonb_each($2) as given)";
        let identities = self.identified(batches).await?;
        let mut found: BTreeSet<ProfileId> = identities.values().map(|lead| lead.to).collect();
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
        Ok(identities)
    }

    /// Whom the batches' identities name.
    async fn identified(&mut self, batches: &[(Arrival, &Batch)]) -> Result<BTreeMap<Identity, Lead<ProfileId>>> {
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
