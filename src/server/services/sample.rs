//! Samples of what came through an input: personal data, so that looking leaves a row.

use super::profile::DeviceReader;
use crate::domain::audit::AuditAction;
use crate::domain::data_problem::DataProblem;
use crate::domain::device::Device;
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::id::{DeviceId, InputId};
use crate::domain::permission::Permission;
use crate::domain::sample::with_idfa;
use crate::domain::time::Millis;
use crate::server::error::{Error, Result};
use crate::server::store::sample::Sample;
use crate::server::store::{Act, Actor, Change, Done, Store, View, WorkspaceRef};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the row of a look holds.
#[derive(Clone, Debug, Serialize)]
pub struct SampleViewSnapshot {
    pub input: InputId,
    pub samples: usize,
}

/// Looks at an input's samples.
pub struct SeeSamples;

impl Act for SeeSamples {
    type Snapshot = SampleViewSnapshot;
    const PERMISSION: Permission = Permission::LookUpProfiles;
    const AUDIT: AuditAction = AuditAction::SamplesSeen;
}

/// A sample as it may be shown: its IDFA through the gate.
pub struct GatedSample {
    /// The data problem that it is the newest example of.
    pub example_of: Option<DataProblem>,
    pub environment: Environment,
    /// The app's name.
    pub app: String,
    pub received: Millis,
    pub data_problems: Vec<DataProblem>,
    pub content: Value,
}

/// Reads the samples of an input, after the row is written; with the view that they were read by.
pub async fn samples(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    input: InputId,
) -> Result<(Vec<GatedSample>, View)> {
    let look = move |change| look_once(change, input);
    let ((), mut view) = store.disclose(actor, workspace, look).await?;
    let samples = view.samples(input).await?;
    let devices = view.sampled_devices(&samples).await?.into_iter().map(|device| (device.id, device)).collect();
    let reader = DeviceReader::read(&mut view).await?;
    let known = samples.into_iter().map(|sample| known(sample, &devices, &reader, &view)).collect::<Result<_>>()?;
    Ok((known, view))
}

async fn look_once(mut change: Change<SeeSamples>, input: InputId) -> Result<Done<()>> {
    change.input(input).await?.ok_or(Refusal::NotFound)?;
    let state = SampleViewSnapshot { input, samples: change.samples(input).await?.len() };
    change.commit(input.to_string(), None, Some(state), None, ()).await
}

fn known(
    sample: Sample,
    devices: &BTreeMap<DeviceId, Device>,
    reader: &DeviceReader,
    view: &View,
) -> Result<GatedSample> {
    let content = serde_json::from_str(&sample.content).map_err(Error::internal)?;
    let device = sample.device_id.and_then(|id| devices.get(&id));
    let may_keep = device.is_some_and(|device| device.may_keep_idfa(reader.settings.policy, reader.settings.default));
    Ok(GatedSample {
        example_of: DataProblem::parse(&sample.kind),
        environment: sample.environment,
        app: reader.apps.get(&sample.app_id).map_or_else(String::new, |app| app.name.clone()),
        received: sample.received_at,
        data_problems: sample.data_problems.split(' ').filter_map(DataProblem::parse).collect(),
        content: match sample.idfa.filter(|_| may_keep) {
            Some(idfa) => with_idfa(content, &view.unseal(&idfa)?),
            None => content,
        },
    })
}
