//! Profiles as the look-up page reads them.

use super::db::{Tx, given, on};
use super::handle::{Act, Change};
use super::scope::Scope;
use super::system;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::id::{DeviceId, ProfileId};
use crate::domain::identifier::IdentifierKind;
use crate::domain::identity::IdentityKind;
use crate::domain::profile::Profile;
use crate::domain::time::Millis;
use crate::server::error::Result;
use serde_json::json;

/// A device with the ids it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifiedDevice {
    pub device: Device,
    pub identifiers: Vec<(IdentifierKind, String)>,
}

/// A user of an app: a profile with its identities and devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppUser {
    pub profile: Profile,
    pub identities: Vec<(IdentityKind, String)>,
    /// The device seen last first.
    pub devices: Vec<IdentifiedDevice>,
}

/// By what a profile is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindBy {
    Mpid(i64),
    Identity(IdentityKind),
    /// Any id of a device.
    Device,
}

/// A profile that was found, under the name that the audit log gives it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FoundProfile {
    pub id: ProfileId,
    pub audit_reference: String,
}

impl<A: Act> Change<A> {
    /// The key of the keyed hashes under which look-ups are recorded.
    pub async fn lookup_key(&mut self) -> Result<Vec<u8>> {
        system::lookup_key(&mut self.tx).await
    }
}

impl Scope {
    /// Finds profiles, at most 20; a device id may lead to several.
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
            where i.workspace_id = $1 and i.environment = $2 and i.kind = $3 and i.value = $4";
        const DEVICE: &str = "select distinct p.id, p.audit_reference from device_identifiers n join uses u \
            on u.workspace_id = n.workspace_id and u.environment = n.environment and u.device_id = n.device_id \
            join profiles p on p.workspace_id = u.workspace_id and p.environment = u.environment and p.id = u.profile_id \
            where n.workspace_id = $1 and n.environment = $2 and n.value = $3 \
            and n.kind in (select given.value->>'kind' from jsonb_each($4) as given) order by p.id limit 20";
        let workspace = self.workspace.id;
        let kinds = given(IdentifierKind::sent().map(|kind| json!({"kind": kind.as_str()})));
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
                .fetch_all(c)
                .await?),
            FindBy::Device => on!(tx, c => sqlx::query_as(DEVICE)
                .bind(workspace)
                .bind(environment)
                .bind(value)
                .bind(&kinds)
                .fetch_all(c)
                .await?),
        })
    }

    /// A profile with everything that is known of it.
    pub async fn app_user(&mut self, environment: Environment, id: ProfileId) -> Result<Option<AppUser>> {
        const PROFILE: &str = "select mpid, anonymous_on, first_seen, last_seen from profiles \
            where workspace_id = $1 and environment = $2 and id = $3";
        const IDENTITIES: &str = "select kind, value from identities \
            where workspace_id = $1 and environment = $2 and profile_id = $3 order by kind, value";
        let workspace = self.workspace.id;
        let found: Option<(i64, Option<DeviceId>, Millis, Millis)> = on!(&mut self.tx, c => sqlx::query_as(PROFILE)
            .bind(workspace)
            .bind(environment)
            .bind(id)
            .fetch_optional(c)
            .await?);
        let Some((mpid, anonymous_on, first_seen, last_seen)) = found else { return Ok(None) };
        let profile = Profile { id, environment, mpid, anonymous_on, first_seen, last_seen };
        let identities = on!(&mut self.tx, c => sqlx::query_as(IDENTITIES)
            .bind(workspace)
            .bind(environment)
            .bind(id)
            .fetch_all(c)
            .await?);
        let devices = self.devices_of(environment, id).await?;
        Ok(Some(AppUser { profile, identities, devices }))
    }

    async fn devices_of(&mut self, environment: Environment, profile: ProfileId) -> Result<Vec<IdentifiedDevice>> {
        const NAMES: &str = "select n.device_id, n.kind, n.value from uses u join device_identifiers n \
            on n.workspace_id = u.workspace_id and n.environment = u.environment and n.device_id = u.device_id \
            where u.workspace_id = $1 and u.environment = $2 and u.profile_id = $3 order by n.kind, n.value";
        let workspace = self.workspace.id;
        let devices = self.tx.devices_used_by(workspace, environment, profile).await?;
        let names: Vec<(DeviceId, IdentifierKind, String)> = on!(&mut self.tx, c => sqlx::query_as(NAMES)
            .bind(workspace)
            .bind(environment)
            .bind(profile)
            .fetch_all(c)
            .await?);
        let named = |device: Device| {
            let of_device =
                names.iter().filter(|(id, ..)| *id == device.id).map(|(_, kind, value)| (*kind, value.clone()));
            IdentifiedDevice { identifiers: of_device.collect(), device }
        };
        Ok(devices.into_iter().map(named).collect())
    }
}
