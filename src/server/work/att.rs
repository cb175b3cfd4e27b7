//! Changing the workspace's default ATT status and its IDFA policy, and what a change would do.

use crate::domain::att::{Policy, State, Status};
use crate::domain::audit::AuditAction;
use crate::domain::count::{Cell, Cells, Unit};
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::AppId;
use crate::domain::policy::Action;
use crate::domain::settings::{DefaultState, PolicyState, Settings};
use crate::domain::text::Reason;
use crate::server::error::{Error, Result};
use crate::server::store::{Act, Actor, Change, Done, Place, Scope, Store};

/// Sets the status of Apple devices that never reported one.
pub struct SetAttDefault;

impl Act for SetAttDefault {
    type State = DefaultState;
    const ACTION: Action = Action::ChangeSettings;
    const AUDIT: AuditAction = AuditAction::DefaultChanged;
}

/// Sets what happens to an IDFA without permission.
pub struct SetIdfaPolicy;

impl Act for SetIdfaPolicy {
    type State = PolicyState;
    const ACTION: Action = Action::ChangeSettings;
    const AUDIT: AuditAction = AuditAction::PolicyChanged;
}

/// What somebody asks for. The version is the one they looked at.
#[derive(Clone, Debug)]
pub struct Wanted<T> {
    pub value: T,
    pub reason: String,
    pub version: i64,
    /// The workspace's name as typed, where the door asks for it: a page does, for Authorized.
    pub typed_name: Option<String>,
}

/// Compares the version first, then asks for the reason.
fn next<T>(settings: Settings, wanted: &Wanted<T>, by: &str, at: crate::domain::time::Millis) -> Result<(Settings, Reason)> {
    let reason = Reason::parse(&wanted.reason).map_err(|problem| Refusal::invalid("reason", problem))?;
    let next = Settings {
        version: settings.version + 1,
        changed_at: at,
        changed_by: by.to_owned(),
        reason: reason.to_string(),
        ..settings
    };
    Ok((next, reason))
}

async fn in_force<A: Act>(change: &mut Change<A>, version: i64) -> Result<Settings> {
    let settings = change.settings().await?;
    if settings.version == version { Ok(settings) } else { Err(Refusal::Conflict.into()) }
}

/// Sets the default. Equal values make no new version. Answers the settings then in force.
pub async fn set_default(
    store: &Store,
    actor: &Actor,
    place: Place,
    wanted: Wanted<Option<Status>>,
) -> Result<Settings> {
    let work = move |change| set_default_once(change, wanted.clone());
    settled(store.change::<SetAttDefault, _, _, _>(actor, place, work).await)
}

async fn set_default_once(
    mut change: Change<SetAttDefault>,
    wanted: Wanted<Option<Status>>,
) -> Result<Done<Settings>> {
    let before = in_force(&mut change, wanted.version).await?;
    let by = change.actor().name.clone();
    let (next, reason) = next(before.clone(), &wanted, &by, change.now)?;
    if before.default == wanted.value {
        return Ok(change.unchanged(before));
    }
    if wanted.typed_name.as_ref().is_some_and(|typed| typed.trim() != change.workspace.name) {
        return Err(Error::invalid("confirm", Problem::NotTheName));
    }
    let next = Settings { default: wanted.value, ..next };
    let cells = change.counts(Environment::Production, Unit::Profiles).await?;
    let moved = decided_by_default(&cells, Unit::Profiles, None);
    change.add_settings(next.clone(), moved).await?;
    let state = |default| DefaultState { default_att_status: default };
    let (from, to) = (state(before.default), state(next.default));
    change.commit("att_default", Some(from), Some(to), Some(reason), next).await
}

/// Sets the policy, like [`set_default`].
pub async fn set_policy(store: &Store, actor: &Actor, place: Place, wanted: Wanted<Policy>) -> Result<Settings> {
    let work = move |change| set_policy_once(change, wanted.clone());
    settled(store.change::<SetIdfaPolicy, _, _, _>(actor, place, work).await)
}

async fn set_policy_once(mut change: Change<SetIdfaPolicy>, wanted: Wanted<Policy>) -> Result<Done<Settings>> {
    let before = in_force(&mut change, wanted.version).await?;
    let by = change.actor().name.clone();
    let (next, reason) = next(before.clone(), &wanted, &by, change.now)?;
    if wanted.value == Policy::RequireStatus {
        return Err(Error::invalid("idfa_policy", Problem::NotOffered));
    }
    if before.policy == wanted.value {
        return Ok(change.unchanged(before));
    }
    let next = Settings { policy: wanted.value, ..next };
    change.add_settings(next.clone(), 0).await?;
    let state = |policy| PolicyState { idfa_policy: policy };
    let (from, to) = (state(before.policy), state(next.policy));
    change.commit("idfa_policy", Some(from), Some(to), Some(reason), next).await
}

/// Whoever was slower every time has a conflict.
fn settled(ended: Result<Settings>) -> Result<Settings> {
    match ended {
        Err(Error::Again(_)) => Err(Refusal::Conflict.into()),
        ended => ended,
    }
}

/// How many units the default decides, in the workspace or in one app.
pub fn decided_by_default(cells: &Cells, unit: Unit, app: Option<AppId>) -> i64 {
    let unknown = |(cell, n): (&Cell, &i64)| {
        let here = cell.unit == unit && cell.app == app && cell.platform.is_none() && cell.state == State::Unknown;
        if here { *n } else { 0 }
    };
    cells.iter().map(unknown).sum()
}

/// What the settings page is read from, in one moment.
pub struct Reading {
    pub settings: Settings,
    pub profiles: Cells,
    pub devices: Cells,
    pub development_profiles: i64,
    pub development_devices: i64,
}

/// Reads the settings and what the default decides.
pub async fn read(scope: &mut Scope) -> Result<Reading> {
    let settings = scope.settings().await?;
    let profiles = scope.counts(Environment::Production, Unit::Profiles).await?;
    let devices = scope.counts(Environment::Production, Unit::Devices).await?;
    let development = scope.counts(Environment::Development, Unit::Profiles).await?;
    let development_profiles = decided_by_default(&development, Unit::Profiles, None);
    let development = scope.counts(Environment::Development, Unit::Devices).await?;
    let development_devices = decided_by_default(&development, Unit::Devices, None);
    Ok(Reading { settings, profiles, devices, development_profiles, development_devices })
}
