//! The part of the store that batches touch: loaded whole before they are folded, and written back as differences.

mod batches;
mod erase;
pub(super) mod id_row;
mod load;
mod remove;
pub mod repeated;
mod retire;
pub(super) mod row;
mod settle;
mod write;

use super::db::{Tx, on};
use crate::domain::deciding::deciding_device;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::fold::{Population, Transition};
use crate::domain::id::{DeviceId, ProfileId, WorkspaceId};
use crate::domain::identifier::Identifier;
use crate::domain::profile::Profile;
use crate::domain::time::Day;
use crate::server::error::Result;
use load::Loader;
use row::{DeviceRow, ProfileRow, TransitionRow, devices, profiles, transitions};
use std::collections::BTreeSet;

/// How many devices or profiles a walk over all of them looks at together.
const PAGE: i64 = 5000;

/// Transitions, with the key of the last.
type TransitionPage = ((Environment, DeviceId, i64), Vec<Transition>);

/// A transition with the day of its device's install, which it is counted by and which the device's row has.
#[derive(sqlx::FromRow)]
struct CheckedTransition {
    #[sqlx(flatten)]
    row: TransitionRow,
    installed_on: Option<Day>,
}

impl From<CheckedTransition> for Transition {
    fn from(CheckedTransition { row, installed_on }: CheckedTransition) -> Self {
        Self { installed_on, ..Self::from(row) }
    }
}

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
        load.users(&ids.iter().copied().collect()).await?;
        Ok((!ids.is_empty()).then_some((load.population, ids)))
    }

    /// The next transitions in the order of their keys, with the last of these keys; `None` after the last.
    pub(super) async fn transitions_after(
        &mut self,
        workspace: WorkspaceId,
        last: Option<(Environment, DeviceId, i64)>,
    ) -> Result<Option<TransitionPage>> {
        const SQL: &str = concat!(
            "select ",
            transitions!(columns),
            ", (select d.installed_on from devices d where d.workspace_id = $1 \
            and d.environment = transitions.environment and d.id = transitions.device_id) as installed_on \
            from transitions where workspace_id = $1 and (environment, device_id, seq) > ($2, $3, $4) \
            order by environment, device_id, seq limit $5"
        );
        let (environment, device, seq) = last
            .map_or((i64::MIN, i64::MIN, i64::MIN), |(environment, device, seq)| (environment.code(), device.0, seq));
        let rows: Vec<CheckedTransition> = on!(self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(device)
            .bind(seq)
            .bind(PAGE)
            .fetch_all(c)
            .await?);
        let last = rows.last().map(|CheckedTransition { row, .. }| (row.environment, row.device_id, row.seq));
        Ok(last.map(|last| (last, rows.into_iter().map(Transition::from).collect())))
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
        let mut load = Loader::new(self, workspace);
        rows.into_iter().for_each(|row| load.population.add_profile(row.into()));
        load.devices_of(&ids.iter().copied().collect()).await?;
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

    /// A profile by its id.
    pub(super) async fn profile_by_id(&mut self, workspace: WorkspaceId, id: ProfileId) -> Result<Option<Profile>> {
        let mut load = Loader::new(self, workspace);
        load.profiles(&BTreeSet::from([id])).await?;
        Ok(load.population.profiles().get(&id).cloned())
    }

    /// The device that decides a profile's status in all, with its identifiers; of an anonymous one that is not counted its
    /// only one.
    pub(super) async fn deciding_device(
        &mut self,
        workspace: WorkspaceId,
        profile: &Profile,
    ) -> Result<Option<(Device, Vec<Identifier>)>> {
        let mut load = Loader::new(self, workspace);
        load.profiles(&BTreeSet::from([profile.id])).await?;
        load.devices(&profile.anonymous_on.into_iter().collect()).await?;
        load.deciding().await?;
        let Some(device) = deciding_device(load.population.devices.values()).cloned() else { return Ok(None) };
        load.identifiers(&BTreeSet::from([device.id])).await?;
        let identifiers = load.population.identifiers_of(device.id).cloned().collect();
        Ok(Some((device, identifiers)))
    }

    /// The profile's devices, the newest first, after one of them or from the first on; with their identifiers. Their order
    /// never changes: one that is seen meanwhile is not passed over.
    pub(super) async fn devices_used_by(
        &mut self,
        workspace: WorkspaceId,
        environment: Environment,
        profile: ProfileId,
        after: Option<DeviceId>,
        most: i64,
    ) -> Result<Vec<(Device, Vec<Identifier>)>> {
        const SQL: &str = concat!(
            "select ",
            devices!(qualified),
            " from uses u join devices on devices.workspace_id = u.workspace_id \
            and devices.environment = u.environment and devices.id = u.device_id \
            where u.workspace_id = $1 and u.environment = $2 and u.profile_id = $3 \
            and u.device_id < $4 order by u.device_id desc limit $5"
        );
        let rows: Vec<DeviceRow> = on!(&mut *self, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(environment)
            .bind(profile)
            .bind(after.unwrap_or(DeviceId(i64::MAX)))
            .bind(most)
            .fetch_all(c)
            .await?);
        let mut load = Loader::new(self, workspace);
        load.identifiers(&rows.iter().map(|row| row.id).collect()).await?;
        let of = |id| load.population.identifiers_of(id).cloned().collect();
        Ok(rows.into_iter().map(|row| (Device::from(row.clone()), of(row.id))).collect())
    }
}
