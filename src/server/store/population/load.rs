//! Loading devices and profiles by their ids, step by step.

use super::id_row::{IdentifierRow, device_identifiers};
use super::row::{DeviceRow, ProfileRow, UseRow, devices, profiles, uses};
use crate::domain::fold::Population;
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::server::error::Result;
use crate::server::store::columns::known;
use crate::server::store::db::{NONE, Tx, given, on};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;

/// Every environment, spelt out: keys begin with the workspace and the environment, and an index is only entered by
/// columns that are given.
macro_rules! any_environment {
    () => {
        "environment in (0, 1)"
    };
}
pub(super) use any_environment;

/// The devices of uses.
macro_rules! their_devices {
    () => {
        " as uses join devices on devices.workspace_id = $1 and devices.environment = uses.environment \
         and devices.id = uses.device_id"
    };
}

/// Those of the profiles given.
macro_rules! of_profiles {
    () => {
        " and profile_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)"
    };
}

/// Loads step by step.
pub(super) struct Loader<'a> {
    pub tx: &'a mut Tx,
    pub workspace: WorkspaceId,
    /// What was loaded before, each profile with the devices that decide it: none of it is loaded again.
    known: Option<&'a Population>,
    pub population: Population,
}

impl<'a> Loader<'a> {
    pub fn new(tx: &'a mut Tx, workspace: WorkspaceId) -> Self {
        Self { tx, workspace, known: None, population: Population::default() }
    }

    /// Loads what is not known yet.
    pub fn beside(known: &'a Population, tx: &'a mut Tx, workspace: WorkspaceId) -> Self {
        Self { known: Some(known), ..Self::new(tx, workspace) }
    }

    fn knows_device(&self, id: DeviceId) -> bool {
        self.population.devices.contains_key(&id) || self.known.is_some_and(|known| known.devices.contains_key(&id))
    }

    fn knows_profile(&self, id: ProfileId) -> bool {
        self.population.profiles().contains_key(&id)
            || self.known.is_some_and(|known| known.profiles().contains_key(&id))
    }
}

impl Loader<'_> {
    pub async fn profiles(&mut self, wanted: &BTreeSet<ProfileId>) -> Result<()> {
        const SQL: &str = concat!(
            "select ",
            profiles!(columns),
            " from profiles where workspace_id = $1 and ",
            any_environment!(),
            " and id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)"
        );
        let missing: Vec<i64> = wanted.iter().filter(|id| !self.knows_profile(**id)).map(|id| id.0).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (workspace, missing) = (self.workspace, ids(missing));
        let rows: Vec<ProfileRow> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(missing).fetch_all(c).await?);
        rows.into_iter().for_each(|row| self.population.add_profile(row.into()));
        Ok(())
    }

    pub async fn devices(&mut self, wanted: &BTreeSet<DeviceId>) -> Result<()> {
        const SQL: &str = concat!(
            "select ",
            devices!(columns),
            " from devices where workspace_id = $1 and ",
            any_environment!(),
            " and id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)"
        );
        let missing: Vec<i64> = wanted.iter().filter(|id| !self.knows_device(**id)).map(|id| id.0).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (workspace, missing) = (self.workspace, ids(missing));
        let rows: Vec<DeviceRow> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(missing).fetch_all(c).await?);
        self.population.devices.extend(rows.into_iter().map(|row| (row.id, row.into())));
        Ok(())
    }

    /// Loads all identifiers of these devices.
    pub async fn identifiers(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        const SQL: &str = concat!(
            "select ",
            device_identifiers!(columns),
            " from device_identifiers where workspace_id = $1 and ",
            any_environment!(),
            " and device_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)"
        );
        if devices.is_empty() {
            return Ok(());
        }
        let (workspace, wanted) = (self.workspace, ids(devices.iter().map(|id| id.0)));
        let rows: Vec<IdentifierRow> =
            on!(&mut *self.tx, c => known(sqlx::query(SQL).bind(workspace).bind(wanted).fetch_all(c).await?)?);
        for (identifier, lead) in rows.into_iter().map(IdentifierRow::into) {
            self.population.add_identifier(identifier, lead);
        }
        Ok(())
    }

    /// Loads the devices that decide the statuses of the profiles that are here.
    pub async fn deciding(&mut self) -> Result<()> {
        self.deciding_and(&BTreeSet::new()).await
    }

    /// The same, and whether these devices are used by these profiles.
    pub async fn deciding_and(&mut self, pairs: &BTreeSet<(DeviceId, ProfileId)>) -> Result<()> {
        let pairs = given(pairs.iter().map(|(device, profile)| json!({"device": device.0, "profile": profile.0})));
        let (workspace, profiles) = (self.workspace, self.profiles_here());
        if profiles == NONE && pairs == NONE {
            return Ok(());
        }
        let rows: Vec<UseOfDevice> = on!(&mut *self.tx, c => sqlx::query_as(DECIDING_AND)
            .bind(workspace)
            .bind(profiles)
            .bind(pairs)
            .fetch_all(c)
            .await?);
        self.add_uses(rows);
        Ok(())
    }

    /// Loads all devices of these profiles.
    pub async fn devices_of(&mut self, profiles: &BTreeSet<ProfileId>) -> Result<()> {
        let (workspace, profiles) = (self.workspace, ids(profiles.iter().map(|id| id.0)));
        if profiles == NONE {
            return Ok(());
        }
        let rows: Vec<UseOfDevice> =
            on!(&mut *self.tx, c => sqlx::query_as(OF_PROFILES).bind(workspace).bind(profiles).fetch_all(c).await?);
        self.add_uses(rows);
        Ok(())
    }

    /// Loads all users of these devices, and not the devices.
    pub async fn users(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        #[derive(sqlx::FromRow)]
        struct UseByProfile {
            #[sqlx(flatten)]
            of: UseRow,
            #[sqlx(flatten)]
            profile: ProfileRow,
        }
        const SQL: &str = concat!(
            "select ",
            uses!(qualified),
            ", ",
            profiles!(qualified),
            " from (select ",
            uses!(columns),
            " from uses where workspace_id = $1 and ",
            any_environment!(),
            " and device_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)) as uses \
            join profiles on profiles.workspace_id = $1 and profiles.environment = uses.environment \
            and profiles.id = uses.profile_id"
        );
        if devices.is_empty() {
            return Ok(());
        }
        let (workspace, devices) = (self.workspace, ids(devices.iter().map(|id| id.0)));
        let rows: Vec<UseByProfile> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(devices).fetch_all(c).await?);
        for UseByProfile { of, profile } in rows {
            self.population.add_use(of.device_id, of.profile_id, of.decides);
            if !self.knows_profile(profile.id) {
                self.population.add_profile(profile.into());
            }
        }
        Ok(())
    }

    fn profiles_here(&self) -> String {
        ids(self.population.profiles().keys().map(|id| id.0))
    }

    fn add_uses(&mut self, rows: Vec<UseOfDevice>) {
        for UseOfDevice { of, device } in rows {
            self.population.add_use(of.device_id, of.profile_id, of.decides);
            self.add_device(device);
        }
    }

    pub fn add_device(&mut self, device: DeviceRow) {
        if !self.knows_device(device.id) {
            self.population.devices.insert(device.id, device.into());
        }
    }
}

/// A use with its device.
#[derive(sqlx::FromRow)]
struct UseOfDevice {
    #[sqlx(flatten)]
    of: UseRow,
    #[sqlx(flatten)]
    device: DeviceRow,
}

const OF_PROFILES: &str = concat!(
    "select ",
    uses!(qualified),
    ", ",
    devices!(qualified),
    " from (select ",
    uses!(columns),
    " from uses where workspace_id = $1 and ",
    any_environment!(),
    of_profiles!(),
    ")",
    their_devices!()
);

// A use may be found by both; it is taken in twice.
const DECIDING_AND: &str = concat!(
    "select ",
    uses!(qualified),
    ", ",
    devices!(qualified),
    " from (select ",
    uses!(columns),
    " from uses where workspace_id = $1 and ",
    any_environment!(),
    of_profiles!(),
    " and decides in (1, 2))",
    their_devices!(),
    " union all select ",
    uses!(qualified),
    ", ",
    devices!(qualified),
    " from (select ",
    uses!(columns),
    " from uses where workspace_id = $1 and ",
    any_environment!(),
    " and (device_id, profile_id) in (select cast(given.value->>'device' as bigint), \
    cast(given.value->>'profile' as bigint) from jsonb_each($3) as given))",
    their_devices!()
);

/// Rows that look for ids.
pub(super) fn ids(ids: impl IntoIterator<Item = i64>) -> String {
    #[derive(Serialize)]
    struct Id {
        id: i64,
    }
    given(ids.into_iter().map(|id| Id { id }))
}

#[cfg(test)]
mod tests {
    use crate::domain::environment::Environment;

    #[test]
    fn no_environment_is_left_out() {
        let codes = Environment::ALL.map(|environment| environment.code().to_string());
        assert_eq!(any_environment!(), format!("environment in ({})", codes.join(", ")));
    }
}
