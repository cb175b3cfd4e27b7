//! The part of the store that batches touch: loaded whole before they are folded, and written back as differences.

mod batches;
mod erase;
mod load;
mod retire;
pub(super) mod row;
mod write;

use super::db::{Tx, on};
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::fold::Population;
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::server::error::Result;
use load::Loader;
use row::{DeviceRow, ProfileRow, devices, profiles};
use std::collections::BTreeSet;

/// How many devices or profiles a walk over all of them looks at together.
const PAGE: i64 = 5000;

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
            devices!(columns),
            " from devices where workspace_id = $1 and environment = $2 and id > $3 order by id limit $4"
        );
        let rows: Vec<DeviceRow> = on!(&mut *self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(last.map_or(i64::MIN, |last| last.0))
            .bind(PAGE)
            .fetch_all(c)
            .await?);
        let ids: Vec<DeviceId> = rows.iter().map(|row| row.id).collect();
        let mut load = Loader::new(self, workspace);
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
            profiles!(columns),
            " from profiles where workspace_id = $1 and environment = $2 and id > $3 order by id limit $4"
        );
        let rows: Vec<ProfileRow> = on!(&mut *self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(last.map_or(i64::MIN, |last| last.0))
            .bind(PAGE)
            .fetch_all(c)
            .await?);
        let ids: Vec<ProfileId> = rows.iter().map(|row| row.id).collect();
        let anonymous_on = rows.iter().filter_map(|row| row.anonymous_on).collect();
        let mut load = Loader::new(self, workspace);
        rows.into_iter().for_each(|row| load.population.add_profile(row.into()));
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
        let mut load = Loader::new(self, workspace);
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
            devices!(qualified),
            " from uses u join devices on devices.workspace_id = u.workspace_id \
            and devices.environment = u.environment and devices.id = u.device_id \
            where u.workspace_id = $1 and u.environment = $2 and u.profile_id = $3 \
            order by devices.last_seen desc, devices.id"
        );
        let rows: Vec<DeviceRow> = on!(self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(profile)
            .fetch_all(c)
            .await?);
        Ok(rows.into_iter().map(Device::from).collect())
    }
}
