//! Loading devices and profiles by their ids, step by step.

use super::row::{DeviceRow, IdentifierRow, ProfileRow, UseRow, device_identifiers, devices, profiles, uses};
use crate::domain::fold::Population;
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::server::error::Result;
use crate::server::store::db::{Tx, given, on};
use serde::Serialize;
use std::collections::BTreeSet;

/// Every environment, spelt out: keys begin with the workspace and the environment, and an index is only entered by
/// columns that are given.
macro_rules! any_environment {
    () => {
        "environment in (0, 1)"
    };
}

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

    /// Loads these devices with all their identifiers and all their users.
    pub async fn complete(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        self.devices(devices).await?;
        self.identifiers(devices).await?;
        self.users(devices).await
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
        for (identifier, device) in rows.into_iter().map(IdentifierRow::into) {
            self.population.add_identifier(identifier, device);
        }
        Ok(())
    }

    /// Loads all users of these devices.
    pub async fn users(&mut self, devices: &BTreeSet<DeviceId>) -> Result<()> {
        const SQL: &str = concat!(
            "select ",
            uses!(columns),
            " from uses where workspace_id = $1 and ",
            any_environment!(),
            " and device_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)"
        );
        if devices.is_empty() {
            return Ok(());
        }
        let (workspace, wanted) = (self.workspace, ids(devices.iter().map(|id| id.0)));
        let rows: Vec<UseRow> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(wanted).fetch_all(c).await?);
        rows.iter().for_each(|row| self.population.add_use(row.device_id, row.profile_id));
        self.profiles(&rows.into_iter().map(|row| row.profile_id).collect()).await
    }

    /// Loads all devices of these profiles.
    pub async fn devices_of(&mut self, profiles: &BTreeSet<ProfileId>) -> Result<()> {
        const SQL: &str = concat!(
            "select ",
            uses!(columns),
            " from uses where workspace_id = $1 and ",
            any_environment!(),
            " and profile_id in (select cast(given.value->>'id' as bigint) from jsonb_each($2) as given)"
        );
        let (workspace, wanted) = (self.workspace, ids(profiles.iter().map(|id| id.0)));
        let rows: Vec<UseRow> =
            on!(&mut *self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(wanted).fetch_all(c).await?);
        rows.iter().for_each(|row| self.population.add_use(row.device_id, row.profile_id));
        self.devices(&rows.into_iter().map(|row| row.device_id).collect()).await
    }
}

/// Rows that look for ids.
fn ids(ids: impl IntoIterator<Item = i64>) -> String {
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
