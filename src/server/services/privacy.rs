//! Changing the workspace's default ATT status and its IDFA policy, and what a change would do.

use crate::domain::att::{CountedState, Policy, Status, Terms, has_withheld_more};
use crate::domain::audit::AuditAction;
use crate::domain::count::{Counts, Unit};
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::permission::Permission;
use crate::domain::privacy::{PrivacySnapshot, Settings};
use crate::domain::text::Reason;
use crate::domain::time::DAY;
use crate::server::error::{Error, Result};
use crate::server::store::{Act, Actor, Change, CounterSelection, Done, Scope, Store, WorkspaceRef};

/// Sets the status of Apple devices that never reported one.
pub struct SetAttDefault;

impl Act for SetAttDefault {
    type Snapshot = PrivacySnapshot;
    const PERMISSION: Permission = Permission::ChangePrivacySettings;
    const AUDIT: AuditAction = AuditAction::DefaultChanged;
}

/// Sets what happens to an IDFA that no status permits.
pub struct SetIdfaPolicy;

impl Act for SetIdfaPolicy {
    type Snapshot = PrivacySnapshot;
    const PERMISSION: Permission = Permission::ChangePrivacySettings;
    const AUDIT: AuditAction = AuditAction::PolicyChanged;
}

/// What somebody asks for. The version is the one they looked at.
#[derive(Clone, Debug)]
pub struct NewSettings {
    /// The default to set, or to leave as it is. The inner `None` means that nothing is assumed.
    pub default: Option<Option<Status>>,
    /// The policy to set, or to leave as it is.
    pub policy: Option<Policy>,
    pub reason: String,
    pub version: i64,
    /// The workspace's name as typed, where it is asked for: a page does, for Authorized and for Observe.
    pub typed_name: Option<String>,
}

/// How many changes of each kind one person or token may make in a day: whoever shows figures of days reads all that were in
/// force.
const MOST_IN_A_DAY: i64 = 100;

/// Changes the settings, and returns those then in force. The version is compared first; equal values make no new one.
pub async fn change_settings(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    asked: NewSettings,
) -> Result<Settings> {
    let (changes_default, erase_after) = (asked.default.is_some(), store.erases_after());
    if changes_default {
        store
            .change(actor, workspace, move |change| change_once::<SetAttDefault>(change, asked.clone(), erase_after))
            .await
    } else {
        store
            .change(actor, workspace, move |change| change_once::<SetIdfaPolicy>(change, asked.clone(), erase_after))
            .await
    }
}

async fn change_once<A: Act<Snapshot = PrivacySnapshot>>(
    mut change: Change<A>,
    asked: NewSettings,
    erase_after: i64,
) -> Result<Done<Settings>> {
    let before = change.settings().await?;
    if before.version != asked.version {
        return Err(Refusal::Conflict.into());
    }
    let reason = Reason::parse(&asked.reason).map_err(|problem| Refusal::invalid("reason", problem))?;
    let after = Settings {
        version: before.version + 1,
        default: asked.default.unwrap_or(before.default),
        policy: asked.policy.unwrap_or(before.policy),
        // Never before the version that it follows, though the clock was set back.
        changed_at: change.now.max(before.changed_at),
        changed_by: change.actor().name.clone(),
        reason: reason.to_string(),
    };
    if (after.default, after.policy) == (before.default, before.policy) {
        return Ok(change.unchanged(before));
    }
    if asked.typed_name.as_ref().is_some_and(|typed| typed.trim() != change.workspace.name) {
        return Err(Error::invalid("confirm", Problem::NotTheName));
    }
    // What lets advertising ids through that no user permitted.
    let permits = (after.default == Some(Status::Authorized) && after.default != before.default)
        || (after.policy == Policy::Observe && after.policy != before.policy);
    if permits {
        change.assert_confirmed()?;
    }
    if change.done_since(A::AUDIT, change.now.minus(DAY), MOST_IN_A_DAY).await? >= MOST_IN_A_DAY {
        return Err(Error::invalid("reason", Problem::TooManyForNow));
    }
    let moved = if after.default == before.default {
        0
    } else {
        totals(&mut change, Environment::Production, Unit::Profiles).await?.of(CountedState::Unknown)
    };
    change.add_settings(after.clone(), moved).await?;
    follow_with_erasing(&mut change, &before, &after, erase_after).await?;
    let (from, to) = (PrivacySnapshot::from(&before), PrivacySnapshot::from(&after));
    change.commit("settings", Some(from), Some(to), Some(reason), after).await
}

/// Asks for the erasing of stored IDFAs that a change withholds, and cancels those that have nothing left to erase. Each
/// keeps the time from which on it was asked for.
async fn follow_with_erasing<A: Act>(
    change: &mut Change<A>,
    before: &Settings,
    after: &Settings,
    erase_after: i64,
) -> Result<()> {
    for open in change.open_erasures().await? {
        let since = change.terms_since(open.version).await?;
        if !has_withheld_more(open.base.into(), &since) {
            change.cancel_erasure(&open).await?;
        }
    }
    let terms = |settings: &Settings| Terms { policy: settings.policy, default: settings.default };
    if has_withheld_more(terms(before), &[terms(after)]) {
        change.ask_erasure(after.version, terms(before), erase_after).await?;
    }
    Ok(())
}

/// How many profiles and devices never answered, so that the default decides what they count as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    pub profiles: i64,
    pub devices: i64,
}

/// What the settings page is read from, in one moment.
pub struct SettingsWithCounts {
    pub settings: Settings,
    /// All profiles in production.
    pub profiles: Counts,
    /// All devices in production.
    pub devices: Counts,
    /// In production, in the whole workspace.
    pub decided: Decided,
    pub in_development: Decided,
}

/// Reads the settings and what the default decides.
pub async fn read(scope: &mut Scope) -> Result<SettingsWithCounts> {
    let settings = scope.settings().await?;
    let [production, development] = [Environment::Production, Environment::Development];
    let (profiles, devices) =
        (totals(scope, production, Unit::Profiles).await?, totals(scope, production, Unit::Devices).await?);
    let in_development = Decided {
        profiles: totals(scope, development, Unit::Profiles).await?.of(CountedState::Unknown),
        devices: totals(scope, development, Unit::Devices).await?.of(CountedState::Unknown),
    };
    let decided = Decided { profiles: profiles.of(CountedState::Unknown), devices: devices.of(CountedState::Unknown) };
    Ok(SettingsWithCounts { settings, profiles, devices, decided, in_development })
}

/// How many units of an environment have each state.
async fn totals(scope: &mut Scope, environment: Environment, unit: Unit) -> Result<Counts> {
    scope.counts_of(CounterSelection { environment, unit, app: None, slice: None }).await
}
