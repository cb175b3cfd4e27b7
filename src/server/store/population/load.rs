//! Loading devices and profiles by their ids, step by step.

use super::id_row::{IdentifierRow, device_identifiers};
use super::row::{DeviceRow, ProfileRow, UseRow, devices, profiles, uses};
use crate::domain::fold::Population;
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::server::error::Result;
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

/// Loads step by step.
pub(super) struct Loader<'a> {
    pub tx: &'a mut Tx,
    pub workspace: WorkspaceId,
    pub population: Population,
}

impl<'a> Loader<'a> {
    pub fn new(tx: &'a mut Tx, workspace: WorkspaceId) -> Self {
        Self { tx, workspace, population: Population::default() }
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
        let known = self.population.profiles();
        let missing: Vec<i64> = wanted.iter().filter(|id| !known.contains_key(id)).map(|id| id.0).collect();
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
        let known = &self.population.devices;
        let missing: Vec<i64> = wanted.iter().filter(|id| !known.contains_key(id)).map(|id| id.0).collect();
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
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(wanted).fetch_all(c).await?);
        for (identifier, lead) in rows.into_iter().map(IdentifierRow::into) {
            self.population.add_identifier(identifier, lead);
        }
        Ok(())
    }

    /// Loads the devices that decide the statuses of the profiles that are here.
    pub async fn deciding(&mut self) -> Result<()> {
        self.uses_and_devices(DECIDING, self.of_profiles(|_| true)).await
    }

    /// The same, and whether these devices are used by these profiles.
    pub async fn deciding_and(&mut self, pairs: &BTreeSet<(DeviceId, ProfileId)>) -> Result<()> {
        let pairs = given(pairs.iter().map(|(device, profile)| json!({"device": device.0, "profile": profile.0})));
        if pairs == NONE {
            return self.deciding().await;
        }
        let (workspace, profiles) = (self.workspace, self.of_profiles(|_| true));
        let rows: Vec<UseRow> = on!(&mut *self.tx, c => sqlx::query_as(DECIDING_AND)
            .bind(workspace)
            .bind(profiles)
            .bind(pairs)
            .fetch_all(c)
            .await?);
        self.add_uses(rows).await
    }

    /// Loads all devices of those profiles that are here and wanted.
    pub async fn devices_of(&mut self, wanted: impl Fn(&ProfileId) -> bool) -> Result<()> {
        self.uses_and_devices(OF_PROFILES, self.of_profiles(wanted)).await
    }

    /// Loads all users of these devices.
    pub async fn users(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        let devices = ids(devices.iter().map(|id| id.0));
        self.uses_and_devices(OF_DEVICES, devices).await?;
        let users = self.population.uses().keys().map(|(_, profile)| *profile).collect();
        self.profiles(&users).await
    }

    fn of_profiles(&self, wanted: impl Fn(&ProfileId) -> bool) -> String {
        ids(self.population.profiles().keys().filter(|id| wanted(id)).map(|id| id.0))
    }

    /// Loads the uses that a statement finds by ids, with their devices.
    async fn uses_and_devices(&mut self, sql: &'static str, ids: String) -> Result<()> {
        if ids == NONE {
            return Ok(());
        }
        let workspace = self.workspace;
        let rows: Vec<UseRow> =
            on!(&mut *self.tx, c => sqlx::query_as(sql).bind(workspace).bind(ids).fetch_all(c).await?);
        self.add_uses(rows).await
    }

    async fn add_uses(&mut self, rows: Vec<UseRow>) -> Result<()> {
        rows.iter().for_each(|row| self.population.add_use(row.device_id, row.profile_id, row.decides));
        self.devices(&rows.into_iter().map(|row| row.device_id).collect()).await
    }
}

const OF_DEVICES: &str = concat!(
    "select ",
    uses!(columns),
    " from uses where workspace_id = $1 and ",
    any_environment!(),
    " and device_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)"
);

const OF_PROFILES: &str = concat!(
    "select ",
    uses!(columns),
    " from uses where workspace_id = $1 and ",
    any_environment!(),
    " and profile_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)"
);

const DECIDING: &str = concat!(
    "select ",
    uses!(columns),
    " from uses where workspace_id = $1 and ",
    any_environment!(),
    " and profile_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given) and decides in (1, 2)"
);

const DECIDING_AND: &str = concat!(
    "select ",
    uses!(columns),
    " from uses where workspace_id = $1 and ",
    any_environment!(),
    " and profile_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given) and decides in (1, 2)",
    " union select ",
    uses!(columns),
    " from uses where workspace_id = $1 and ",
    any_environment!(),
    " and (device_id, profile_id) in (select cast(given.value->>'device' as bigint), \
    cast(given.value->>'profile' as bigint) from jsonb_each($3) as given)"
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
