//! Loading what a group of batches may touch.

use super::id_row::{IdentifierKey, IdentityKey, device_identifiers, identifier_keys, identities, identity_keys};
use super::load::Loader;
use super::row::{DeviceRow, ProfileRow, devices, profiles};
use crate::domain::batch::Batch;
use crate::domain::environment::Environment;
use crate::domain::fold::{Arrival, Population, is_of_some_device};
use crate::domain::id::{AppId, DeviceId, ProfileId, WorkspaceId};
use crate::domain::identifier::{Identifier, IdentifierKind, identifier_of_profile};
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::joins::{Joins, Lead, MOST_ON_A_DAY};
use crate::domain::time::Day;
use crate::server::error::{Error, Result};
use crate::server::store::db::{NONE, Tx, given, on};
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
        touched.extend(load.devices_without_id(&without, batches, &identifiers, &identities).await?);
        load.identifiers(&touched).await?;
        load.deciding_and(&pairs).await?;
        load.population.identities = identities;
        Ok(load.population)
    }
}

/// The places of those that may be about a device that none of its ids names: an IDFA may be withheld, and another id
/// shared, or be so once all batches before it are folded.
fn without_device_id(batches: &[(Arrival, &Batch)], identifiers: &BTreeMap<Identifier, Lead<DeviceId>>) -> Vec<usize> {
    let mut times: BTreeMap<Identifier, i64> = BTreeMap::new();
    for (arrival, batch) in batches {
        batch.identifiers.iter().for_each(|id| *times.entry(identifier(arrival, batch, id)).or_default() += 1);
    }
    let leads_nowhere = |arrival: &Arrival, batch: &Batch, id: &(IdentifierKind, String)| {
        let identifier = identifier(arrival, batch, id);
        let joins = identifiers.get(&identifier).map_or(0, |lead| lead.joins.n);
        id.0 == IdentifierKind::Idfa || joins + times[&identifier] > MOST_ON_A_DAY
    };
    let is_without = |(_, (arrival, batch)): &(usize, &(Arrival, &Batch))| {
        is_of_some_device(batch) && batch.identifiers.iter().all(|id| leads_nowhere(arrival, batch, id))
    };
    batches.iter().enumerate().filter(is_without).map(|(at, _)| at).collect()
}

/// Pairs of apps and profiles of one commit at most; requests with more are taken one by one.
const MOST_PAIRS: usize = 10_000;

/// What several batches may have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Common<'a> {
    Mpid(Environment, i64),
    Identity(Environment, IdentityKind, &'a str),
    Identifier(Environment, AppId, IdentifierKind, &'a str),
}

/// For each batch its circle: those that it has an id in common with, and those that these have, and so on. Within a circle
/// an id may be handed on from batch to batch, so that the last names whom the first did. A circle is told by its first.
fn circles(batches: &[(Arrival, &Batch)]) -> Vec<usize> {
    fn first(of: &mut [usize], mut at: usize) -> usize {
        while of[at] != at {
            of[at] = of[of[at]];
            at = of[at];
        }
        at
    }
    let mut of: Vec<usize> = (0..batches.len()).collect();
    let mut known: BTreeMap<Common<'_>, usize> = BTreeMap::new();
    for (at, (arrival, batch)) in batches.iter().enumerate() {
        let environment = batch.environment;
        let mpid = batch.mpid.map(|mpid| Common::Mpid(environment, mpid));
        let identities = batch.identities.iter().map(|(kind, value)| Common::Identity(environment, *kind, value));
        let identifiers = batch
            .identifiers
            .iter()
            .map(|(kind, value)| Common::Identifier(environment, arrival.named_by, *kind, value));
        for common in mpid.into_iter().chain(identities).chain(identifiers) {
            let (one, other) = (first(&mut of, *known.entry(common).or_insert(at)), first(&mut of, at));
            of[one.max(other)] = one.min(other);
        }
    }
    (0..batches.len()).map(|at| first(&mut of, at)).collect()
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
        let devices =
            batch.identifiers.iter().filter_map(|id| Some(identifiers.get(&identifier(arrival, batch, id))?.to));
        let profiles: BTreeSet<ProfileId> = profiles_named(batch, identities, population).collect();
        pairs.extend(devices.flat_map(|device| profiles.iter().map(move |profile| (device, *profile))));
    }
    pairs
}

/// The profiles that a batch names by its own ids.
fn profiles_named<'a>(
    batch: &'a Batch,
    identities: &'a BTreeMap<Identity, Lead<ProfileId>>,
    population: &Population,
) -> impl Iterator<Item = ProfileId> {
    let environment = batch.environment;
    let by_mpid = batch.mpid.and_then(|mpid| population.profile_by_mpid(environment, mpid));
    let by_identity = batch.identities.iter().filter_map(move |(kind, value)| {
        Some(identities.get(&Identity { environment, kind: *kind, value: value.clone() })?.to)
    });
    by_mpid.into_iter().chain(by_identity)
}

fn identifier(arrival: &Arrival, batch: &Batch, (kind, value): &(IdentifierKind, String)) -> Identifier {
    Identifier { environment: batch.environment, app: arrival.named_by, kind: *kind, value: value.clone() }
}

impl Loader<'_> {
    /// Where the batches' ids of devices lead.
    async fn devices_of_batches(
        &mut self,
        batches: &[(Arrival, &Batch)],
    ) -> Result<BTreeMap<Identifier, Lead<DeviceId>>> {
        let keys = batches.iter().flat_map(|(arrival, batch)| {
            let (environment, app) = (batch.environment, arrival.named_by);
            batch.identifiers.iter().map(move |(kind, value)| IdentifierKey::new(environment, app, *kind, value))
        });
        self.leads(given(keys)).await
    }

    /// The devices that statuses without an id may be about: the only one that a profile has in an app, or the one that
    /// is named after the profile.
    async fn devices_without_id(
        &mut self,
        without: &[usize],
        batches: &[(Arrival, &Batch)],
        identifiers: &BTreeMap<Identifier, Lead<DeviceId>>,
        identities: &BTreeMap<Identity, Lead<ProfileId>>,
    ) -> Result<BTreeSet<DeviceId>> {
        if without.is_empty() {
            return Ok(BTreeSet::new());
        }
        let circles = circles(batches);
        let mut named: BTreeMap<usize, BTreeSet<ProfileId>> = BTreeMap::new();
        for ((arrival, batch), circle) in batches.iter().zip(&circles) {
            // A batch also names the anonymous user of its device.
            let anonymous = batch.identifiers.iter().filter_map(|id| {
                let lead = identifiers.get(&identifier(arrival, batch, id))?;
                self.population.devices.get(&lead.to)?.anonymous_user
            });
            let its = profiles_named(batch, identities, &self.population).chain(anonymous);
            named.entry(*circle).or_default().extend(its);
        }
        let mut each: BTreeSet<(Environment, AppId, ProfileId)> = BTreeSet::new();
        for at in without {
            let (arrival, batch) = &batches[*at];
            each.extend(named[&circles[*at]].iter().map(|profile| (batch.environment, arrival.named_by, *profile)));
            if each.len() > MOST_PAIRS {
                return Err(Error::Internal("requests that are too entangled to be taken together".to_owned()));
            }
        }
        let wanted: BTreeSet<ProfileId> = each.iter().map(|(_, _, profile)| *profile).collect();
        self.devices_of(&wanted).await?;
        let named = each.iter().map(|(environment, app, profile)| identifier_of_profile(*environment, *app, *profile));
        let keys = given(named.map(|identifier| IdentifierKey::from(&identifier)));
        let named = self.leads(keys).await?;
        // Of the devices that the batches name, which are here with their ids, the platforms may change meanwhile.
        let of_batches: BTreeSet<DeviceId> = identifiers.values().map(|lead| lead.to).collect();
        let only = each
            .iter()
            .filter_map(|(_, app, profile)| self.population.only_apple_device_beside(*profile, *app, &of_batches));
        Ok(only.chain(named.values().map(|lead| lead.to)).collect())
    }

    /// Where these identifiers lead, to devices that are loaded with it.
    async fn leads(&mut self, keys: String) -> Result<BTreeMap<Identifier, Lead<DeviceId>>> {
        #[derive(sqlx::FromRow)]
        struct LeadToDevice {
            lead_app_id: AppId,
            kind: IdentifierKind,
            value: String,
            lead_joined_on: Day,
            lead_joined: i64,
            #[sqlx(flatten)]
            device: DeviceRow,
        }
        const SQL: &str = concat!(
            "select lead.app_id as lead_app_id, lead.kind, lead.value, lead.joined_on as lead_joined_on, lead.joined as lead_joined, ",
            devices!(qualified),
            " from (select ",
            device_identifiers!(columns),
            " from device_identifiers where workspace_id = $1 and (",
            identifier_keys!(columns),
            ") in (select ",
            identifier_keys!(given),
            " from jsonb_each($2) as given)) as lead join devices on devices.workspace_id = $1 \
            and devices.environment = lead.environment and devices.id = lead.device_id"
        );
        if keys == NONE {
            return Ok(BTreeMap::new());
        }
        let workspace = self.workspace;
        let rows: Vec<LeadToDevice> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(keys).fetch_all(c).await?);
        let mut leads = BTreeMap::new();
        for LeadToDevice { lead_app_id: app, kind, value, lead_joined_on, lead_joined, device } in rows {
            let environment = device.environment;
            let lead = Lead { to: device.id, joins: Joins { on: lead_joined_on, n: lead_joined } };
            leads.insert(Identifier { environment, app, kind, value }, lead);
            self.add_device(device);
        }
        Ok(leads)
    }

    /// Loads the profiles that the batches name, by `mpid` or by identity; returns where the identities lead.
    async fn profiles_of_batches(
        &mut self,
        batches: &[(Arrival, &Batch)],
    ) -> Result<BTreeMap<Identity, Lead<ProfileId>>> {
        const BY_MPID: &str = concat!(
            "select ",
            profiles!(columns),
            " from profiles where workspace_id = $1 and (environment, mpid) in \
            (select cast(given.value->>'environment' as bigint), cast(given.value->>'mpid' as bigint) \
            from jsonb_each($2) as given)"
        );
        let identities = self.identified(batches).await?;
        let mpids: BTreeSet<(Environment, i64)> =
            batches.iter().filter_map(|(_, batch)| Some((batch.environment, batch.mpid?))).collect();
        if !mpids.is_empty() {
            let key =
                |(environment, mpid): (Environment, i64)| json!({"environment": environment.code(), "mpid": mpid});
            let (workspace, mpids) = (self.workspace, given(mpids.into_iter().map(key)));
            let rows: Vec<ProfileRow> =
                on!(&mut *self.tx, c => sqlx::query_as(BY_MPID).bind(workspace).bind(mpids).fetch_all(c).await?);
            rows.into_iter().for_each(|row| self.population.add_profile(row.into()));
        }
        Ok(identities)
    }

    /// Whom the batches' identities name, profiles that are loaded with it.
    async fn identified(&mut self, batches: &[(Arrival, &Batch)]) -> Result<BTreeMap<Identity, Lead<ProfileId>>> {
        #[derive(sqlx::FromRow)]
        struct LeadToProfile {
            kind: IdentityKind,
            value: String,
            lead_joined_on: Day,
            lead_joined: i64,
            #[sqlx(flatten)]
            profile: ProfileRow,
        }
        const SQL: &str = concat!(
            "select lead.kind, lead.value, lead.joined_on as lead_joined_on, lead.joined as lead_joined, ",
            profiles!(qualified),
            " from (select ",
            identities!(columns),
            " from identities where workspace_id = $1 and (",
            identity_keys!(columns),
            ") in (select ",
            identity_keys!(given),
            " from jsonb_each($2) as given)) as lead join profiles on profiles.workspace_id = $1 \
            and profiles.environment = lead.environment and profiles.id = lead.profile_id"
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
        if keys == NONE {
            return Ok(BTreeMap::new());
        }
        let rows: Vec<LeadToProfile> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(keys).fetch_all(c).await?);
        let mut leads = BTreeMap::new();
        for LeadToProfile { kind, value, lead_joined_on, lead_joined, profile } in rows {
            let lead = Lead { to: profile.id, joins: Joins { on: lead_joined_on, n: lead_joined } };
            leads.insert(Identity { environment: profile.environment, kind, value }, lead);
            self.population.add_profile(profile.into());
        }
        Ok(leads)
    }
}
