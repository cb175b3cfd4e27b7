//! The part of the store that batches touch: loaded whole before they are folded, and written back as differences.

mod erase;
mod load;
mod retire;
mod write;

use super::db::{Tx, on};
use crate::domain::att::{Reported, Status};
use crate::domain::count::OverflowValues;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::fold::Population;
use crate::domain::id::{AppId, DeviceId, InputId, ProfileId, WorkspaceId};
use crate::domain::identifier::{Identifier, IdentifierKind};
use crate::domain::identity::IdentityKind;
use crate::domain::platform::Platform;
use crate::domain::profile::Profile;
use crate::domain::time::Millis;
use crate::server::error::Result;
use load::Loader;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many devices or profiles a walk over all of them looks at together.
const PAGE: i64 = 5000;

#[derive(sqlx::FromRow)]
struct StoredDevice {
    environment: Environment,
    id: DeviceId,
    app_id: AppId,
    platform: Platform,
    status: Option<Status>,
    since: Option<Millis>,
    as_of: Option<Millis>,
    source_input: Option<InputId>,
    transitions: i64,
    os_version: Option<String>,
    app_version: Option<String>,
    country: Option<String>,
    first_seen: Millis,
    last_seen: Millis,
    unidentified_since: Option<Millis>,
    retired: bool,
    active_on: Option<i64>,
    overflow: i64,
}

impl From<StoredDevice> for Device {
    fn from(row: StoredDevice) -> Self {
        let reported = match (row.status, row.since, row.as_of) {
            (Some(status), Some(since), Some(as_of)) => Some(Reported { status, since, as_of }),
            _ => None,
        };
        Self {
            id: row.id,
            environment: row.environment,
            app: row.app_id,
            platform: row.platform,
            reported,
            source: row.source_input,
            transitions: row.transitions,
            os_version: row.os_version,
            app_version: row.app_version,
            country: row.country,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            unidentified_since: row.unidentified_since,
            retired: row.retired,
            active_on: row.active_on,
            overflow: OverflowValues(row.overflow),
        }
    }
}

#[derive(sqlx::FromRow)]
struct StoredIdentifier {
    environment: Environment,
    app_id: AppId,
    kind: IdentifierKind,
    value: String,
    device_id: DeviceId,
}

impl StoredIdentifier {
    fn split(self) -> (Identifier, DeviceId) {
        let identifier =
            Identifier { environment: self.environment, app: self.app_id, kind: self.kind, value: self.value };
        (identifier, self.device_id)
    }
}

#[derive(sqlx::FromRow)]
struct StoredProfile {
    environment: Environment,
    id: ProfileId,
    mpid: i64,
    anonymous_on: Option<DeviceId>,
    first_seen: Millis,
    last_seen: Millis,
}

#[derive(sqlx::FromRow)]
struct StoredIdentity {
    environment: Environment,
    kind: IdentityKind,
    value: String,
    profile_id: ProfileId,
}

#[derive(sqlx::FromRow)]
struct StoredUse {
    device_id: DeviceId,
    profile_id: ProfileId,
}

/// The columns of a device or profile, for `concat!`.
macro_rules! columns {
    (device) => {
        "e.environment, e.id, e.app_id, e.platform, e.status, e.since, e.as_of, e.source_input, e.transitions, \
         e.os_version, e.app_version, e.country, e.first_seen, e.last_seen, e.unidentified_since, e.retired, e.active_on, e.overflow"
    };
    (profile) => {
        "e.environment, e.id, e.mpid, e.anonymous_on, e.first_seen, e.last_seen"
    };
}
use columns;

impl Tx {
    /// The next devices in the order of their ids, with what they are counted by; `None` after the last.
    pub(super) async fn devices_after(
        &mut self,
        workspace: WorkspaceId,
        environment: Environment,
        last: Option<DeviceId>,
    ) -> Result<Option<(Population, Vec<DeviceId>)>> {
        const SQL: &str = concat!(
            "select ",
            columns!(device),
            " from devices e where e.workspace_id = $1 and e.environment = $2 and e.id > $3 order by e.id limit $4"
        );
        let rows: Vec<StoredDevice> = on!(&mut *self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(last.map_or(i64::MIN, |last| last.0))
            .bind(PAGE)
            .fetch_all(c)
            .await?);
        let ids: Vec<DeviceId> = rows.iter().map(|row| row.id).collect();
        let mut load = Loader::reading(self, workspace);
        load.population.devices.extend(rows.into_iter().map(|row| (row.id, row.into())));
        load.identifiers(&ids.iter().copied().collect()).await?;
        Ok((!ids.is_empty()).then_some((load.population, ids)))
    }

    /// The next profiles in the order of their ids, with what they are counted by; `None` after the last.
    pub(super) async fn profiles_after(
        &mut self,
        workspace: WorkspaceId,
        environment: Environment,
        last: Option<ProfileId>,
    ) -> Result<Option<(Population, Vec<ProfileId>)>> {
        const SQL: &str = concat!(
            "select ",
            columns!(profile),
            " from profiles e where e.workspace_id = $1 and e.environment = $2 and e.id > $3 order by e.id limit $4"
        );
        let rows: Vec<StoredProfile> = on!(&mut *self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(last.map_or(i64::MIN, |last| last.0))
            .bind(PAGE)
            .fetch_all(c)
            .await?);
        let ids: Vec<ProfileId> = rows.iter().map(|row| row.id).collect();
        let anonymous_on = rows.iter().filter_map(|row| row.anonymous_on).collect();
        let mut load = Loader::reading(self, workspace);
        rows.into_iter().for_each(|row| load.population.add_profile(profile(row)));
        load.devices_of(&ids.iter().copied().collect()).await?;
        load.users(&anonymous_on).await?;
        Ok((!ids.is_empty()).then_some((load.population, ids)))
    }

    /// Devices by their ids.
    pub(super) async fn devices_by_id(
        &mut self,
        workspace: WorkspaceId,
        wanted: BTreeSet<DeviceId>,
    ) -> Result<Vec<Device>> {
        let mut load = Loader::reading(self, workspace);
        load.devices(&wanted).await?;
        Ok(load.population.devices.into_values().collect())
    }

    /// The devices that a profile uses, the one seen last first.
    pub(super) async fn devices_used_by(
        &mut self,
        workspace: WorkspaceId,
        environment: Environment,
        profile: ProfileId,
    ) -> Result<Vec<Device>> {
        const SQL: &str = concat!(
            "select ",
            columns!(device),
            " from uses u join devices e \
            on e.workspace_id = u.workspace_id and e.environment = u.environment and e.id = u.device_id \
            where u.workspace_id = $1 and u.environment = $2 and u.profile_id = $3 order by e.last_seen desc, e.id"
        );
        let rows: Vec<StoredDevice> = on!(self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(profile)
            .fetch_all(c)
            .await?);
        Ok(rows.into_iter().map(Device::from).collect())
    }
}

fn identifier_row(identifier: &Identifier) -> Value {
    json!([identifier.environment.code(), identifier.app.0, identifier.kind.as_str(), identifier.value])
}

fn profile(row: StoredProfile) -> Profile {
    Profile {
        id: row.id,
        environment: row.environment,
        mpid: row.mpid,
        anonymous_on: row.anonymous_on,
        first_seen: row.first_seen,
        last_seen: row.last_seen,
    }
}
