//! Profiles as the look-up page reads them.

use super::columns::known;
use super::db::{Tx, given, on};
use super::scope::Scope;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::id::{DeviceId, ProfileId};
use crate::domain::identifier::{Identifier, IdentifierKind, normalized};
use crate::domain::identity::IdentityKind;
use crate::domain::privacy::Settings;
use crate::domain::profile::Profile;
use crate::server::error::Result;
use serde_json::json;
use std::collections::BTreeSet;

/// How many devices a profile is answered with at a time.
pub const DEVICES_OF_A_PAGE: usize = 50;
/// How many profiles are found at once.
pub const MOST_FOUND: i64 = 20;
/// How many devices are looked at that one id leads to.
const MOST_DEVICES_CALLED: i64 = 200;
/// How many identities a profile is answered with.
const MOST_IDENTITIES: i64 = 200;

/// A device with the ids it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifiedDevice {
    pub device: Device,
    pub identifiers: Vec<(IdentifierKind, String)>,
}

impl From<(Device, Vec<Identifier>)> for IdentifiedDevice {
    fn from((device, identifiers): (Device, Vec<Identifier>)) -> Self {
        let identifiers = identifiers.into_iter().map(|identifier| (identifier.kind, identifier.value)).collect();
        Self { device, identifiers }
    }
}

/// A user of an app: a profile with its identities and devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppUser {
    pub profile: Profile,
    pub identities: Vec<(IdentityKind, String)>,
    /// The device whose status it has.
    pub decides: Option<IdentifiedDevice>,
    /// A page of its devices, the newest first.
    pub devices: Vec<IdentifiedDevice>,
    /// The last of them, when there are more.
    pub next: Option<DeviceId>,
}

/// By what a profile is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindBy {
    Mpid(i64),
    Identity(IdentityKind),
    /// An id of a device, of this kind or of any.
    Device(Option<IdentifierKind>),
}

/// A profile that was found, under the name that the audit log gives it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FoundProfile {
    pub id: ProfileId,
    pub audit_reference: String,
}

impl Scope {
    /// Finds profiles, at most [`MOST_FOUND`]; a device id may lead to several: identified users come before anonymous
    /// ones, and then the one seen last. An IDFA that is withheld finds nobody.
    pub async fn find_profiles(
        &mut self,
        environment: Environment,
        by: FindBy,
        value: &str,
    ) -> Result<Vec<FoundProfile>> {
        const MPID: &str = "select p.id, p.audit_reference from profiles p \
            where p.workspace_id = $1 and p.environment = $2 and p.mpid = $3";
        const IDENTITY: &str = "select p.id, p.audit_reference from identities i join profiles p \
            on p.workspace_id = i.workspace_id and p.environment = i.environment and p.id = i.profile_id \
            where i.workspace_id = $1 and i.environment = $2 and i.kind = $3 and i.value in ($4, $5)";
        let workspace = self.workspace.id;
        let tx: &mut Tx = &mut self.tx;
        Ok(match by {
            FindBy::Mpid(mpid) => on!(tx, c => sqlx::query_as(MPID)
                .bind(workspace)
                .bind(environment)
                .bind(mpid)
                .fetch_all(c)
                .await?),
            FindBy::Identity(kind) => on!(tx, c => sqlx::query_as(IDENTITY)
                .bind(workspace)
                .bind(environment)
                .bind(kind)
                .bind(value)
                // One that repeats an IDFA is kept in its spelling.
                .bind(normalized(value).unwrap_or_else(|| value.to_owned()))
                .fetch_all(c)
                .await?),
            FindBy::Device(kind) => {
                let devices = self.devices_called(environment, kind, value).await?;
                self.users_of_devices(environment, &devices).await?
            }
        })
    }

    /// The devices that an id leads to, of which each app may have one; by an IDFA only those that may have one.
    async fn devices_called(
        &mut self,
        environment: Environment,
        kind: Option<IdentifierKind>,
        value: &str,
    ) -> Result<Vec<DeviceId>> {
        const SQL: &str = "select device_id, kind from device_identifiers \
            where workspace_id = $1 and environment = $2 and (kind, value) in \
            (select given.value->>'kind', given.value->>'value' from jsonb_each($3) as given) order by device_id limit $4";
        let workspace = self.workspace.id;
        let sealed = self.keyring.now().sealer().seal(workspace, value)?;
        let kinds = IdentifierKind::sent().filter(|sent| kind.is_none_or(|kind| kind == *sent));
        let names = given(kinds.map(|kind| {
            let value = if kind == IdentifierKind::Idfa { &sealed } else { value };
            json!({"kind": kind.as_str(), "value": value})
        }));
        let called: Vec<(DeviceId, IdentifierKind)> = on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(&names)
            .bind(MOST_DEVICES_CALLED)
            .fetch_all(c)
            .await?);
        let by_idfa = called.iter().filter(|(_, kind)| *kind == IdentifierKind::Idfa).map(|(device, _)| *device);
        let by_idfa = self.tx.devices_by_id(workspace, by_idfa.collect()).await?;
        let Settings { policy, default, .. } = self.settings().await?;
        let withheld: BTreeSet<DeviceId> =
            by_idfa.iter().filter(|device| !device.may_keep_idfa(policy, default)).map(|device| device.id).collect();
        let may_find =
            |(device, kind): &(DeviceId, IdentifierKind)| *kind != IdentifierKind::Idfa || !withheld.contains(device);
        Ok(called.into_iter().filter(may_find).map(|(device, _)| device).collect())
    }

    /// Who uses these devices.
    async fn users_of_devices(&mut self, environment: Environment, devices: &[DeviceId]) -> Result<Vec<FoundProfile>> {
        const SQL: &str = "select distinct p.id, p.audit_reference, p.anonymous_on is not null as is_anonymous, p.last_seen \
            from uses u join profiles p \
            on p.workspace_id = u.workspace_id and p.environment = u.environment and p.id = u.profile_id \
            where u.workspace_id = $1 and u.environment = $2 and u.device_id in \
            (select cast(given.value->>'id' as bigint) from jsonb_each($3) as given) \
            order by is_anonymous, p.last_seen desc, p.id limit $4";
        let workspace = self.workspace.id;
        let devices = given(devices.iter().map(|device| json!({"id": device.0})));
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(&devices)
            .bind(MOST_FOUND)
            .fetch_all(c)
            .await?))
    }

    /// A profile with what is known of it: of its devices `most`, after one of them or from the newest on.
    pub async fn app_user(
        &mut self,
        environment: Environment,
        id: ProfileId,
        after: Option<DeviceId>,
        most: usize,
    ) -> Result<Option<AppUser>> {
        const IDENTITIES: &str = "select kind, value from identities \
            where workspace_id = $1 and environment = $2 and profile_id = $3 order by kind, value limit $4";
        let workspace = self.workspace.id;
        let tx: &mut Tx = &mut self.tx;
        let found = tx.profile_by_id(workspace, id).await?.filter(|profile| profile.environment == environment);
        let Some(profile) = found else { return Ok(None) };
        let identities = on!(&mut *tx, c => known(sqlx::query(IDENTITIES)
            .bind(workspace)
            .bind(environment)
            .bind(id)
            .bind(MOST_IDENTITIES)
            .fetch_all(c)
            .await?)?);
        let decides = tx.deciding_device(workspace, &profile).await?.map(IdentifiedDevice::from);
        let mut devices = tx.devices_used_by(workspace, environment, id, after, most as i64 + 1).await?;
        let is_more = devices.len() > most;
        devices.truncate(most);
        let next = devices.last().filter(|_| is_more).map(|(device, _)| device.id);
        let devices = devices.into_iter().map(IdentifiedDevice::from).collect();
        Ok(Some(AppUser { profile, identities, decides, devices, next }))
    }
}
