//! Inputs: making, pausing, and giving another secret.

use super::Services;
use crate::domain::audit::AuditAction;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::InputId;
use crate::domain::input::InputSnapshot;
use crate::domain::permission::Permission;
use crate::domain::placeholder::Placeholders;
use crate::domain::text::Name;
use crate::server::auth::key::{Pair, pair};
use crate::server::error::{Error, Result};
use crate::server::rates::HIGHEST;
use crate::server::store::credential::MOST_KEYS;
use crate::server::store::{Act, Actor, Change, Done, InputGrant, Store, WorkspaceRef};
use secrecy::SecretString;

macro_rules! acts {
    ($($(#[$meta:meta])* $name:ident => $audit:ident;)*) => {$(
        $(#[$meta])*
        pub struct $name;

        impl Act for $name {
            type Snapshot = InputSnapshot;
            const PERMISSION: Permission = Permission::ManageInputs;
            const AUDIT: AuditAction = AuditAction::$audit;
        }
    )*};
}

acts! {
    /// Makes an input.
    AddInput => InputAdded;
    /// Refuses its batches from now on.
    PauseInput => InputPaused;
    /// Takes its batches again.
    ResumeInput => InputResumed;
    /// Makes another secret; the old one works for 24 hours more.
    RotateSecret => SecretRotated;
    /// Ends the old secret before its time.
    EndOldSecret => OldSecretEnded;
    /// Sets how many requests it may send in a second.
    LimitInput => InputLimitSet;
    /// Sets whether its placeholders are ids.
    SetInputPlaceholders => InputPlaceholdersSet;
}

/// An input with its secret, which is shown this once.
pub struct Secret {
    pub input: InputSnapshot,
    pub secret: SecretString,
}

/// A new input. Its name must be free, so that a form sent twice makes one input.
#[derive(Clone, Debug)]
pub struct NewInput {
    pub name: String,
    /// The bundle id of the app that batches without one belong to.
    pub bundle: String,
}

/// Makes an input with a key and a secret.
pub async fn add_input(store: &Store, actor: &Actor, workspace: WorkspaceRef, new: NewInput) -> Result<Secret> {
    let name = Name::parse(&new.name).map_err(|problem| Refusal::invalid("name", problem))?;
    let bundle = new.bundle.trim().to_owned();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if bundle.len() > 255 || !bundle.chars().all(allowed) {
        return Err(Error::invalid("bundle", Problem::NotABundleId));
    }
    let Pair { key, secret, secret_hash } = pair(store.ids());
    let work = move |change| add_once(change, name.clone(), bundle.clone(), key.clone(), secret_hash.clone());
    let input = store.change(actor, workspace, work).await?;
    Ok(Secret { input, secret })
}

async fn add_once(
    mut change: Change<AddInput>,
    name: Name,
    bundle: String,
    key: String,
    secret_hash: Vec<u8>,
) -> Result<Done<InputSnapshot>> {
    let inputs = change.inputs().await?;
    if inputs.iter().any(|input| input.name == name.as_str()) {
        return Err(Error::invalid("name", Problem::Taken));
    }
    if inputs.len() >= MOST_KEYS {
        return Err(Error::invalid("name", Problem::TooMany));
    }
    let app = if bundle.is_empty() { None } else { Some(change.app(&bundle).await?) };
    let state = change.add_input(name.as_str(), &key, app).await?;
    change.set_input_secret(state.input, &key, name.as_str(), &secret_hash).await?;
    change.commit(state.input.to_string(), None, Some(state.clone()), None, state).await
}

/// Pauses or resumes an input.
pub async fn set_paused(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    id: InputId,
    paused: bool,
) -> Result<()> {
    if paused {
        store.change(actor, workspace, move |change| pause_once::<PauseInput>(change, id, true)).await
    } else {
        store.change(actor, workspace, move |change| pause_once::<ResumeInput>(change, id, false)).await
    }
}

async fn pause_once<A: Act<Snapshot = InputSnapshot>>(
    mut change: Change<A>,
    id: InputId,
    paused: bool,
) -> Result<Done<()>> {
    let before = change.locked_input(id).await?.ok_or(Refusal::NotFound)?;
    if before.paused == paused {
        return Ok(change.unchanged(()));
    }
    let after = InputSnapshot { paused, ..before.clone() };
    change.update_input(&after).await?;
    change.commit(id.to_string(), Some(before), Some(after), None, ()).await
}

/// Gives an input another secret. `version` is the secret's that was looked at, so that a form sent twice makes one.
pub async fn rotate_secret(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    id: InputId,
    version: i64,
) -> Result<Secret> {
    let Pair { secret, secret_hash, .. } = pair(store.ids());
    let work = move |change| rotate_once(change, id, version, secret_hash.clone());
    let input = store.change(actor, workspace, work).await?;
    Ok(Secret { input, secret })
}

async fn rotate_once(
    mut change: Change<RotateSecret>,
    id: InputId,
    version: i64,
    secret_hash: Vec<u8>,
) -> Result<Done<InputSnapshot>> {
    let before = change.locked_input(id).await?.ok_or(Refusal::NotFound)?;
    if before.secret_version != version {
        return Err(Refusal::Conflict.into());
    }
    // Whichever of the two were to end, senders would be cut off.
    let secrets = change.input_secrets(id).await?;
    if secrets.is_some_and(|secrets| secrets.is_used && secrets.old.is_some_and(|(_, used)| used.is_some())) {
        return Err(Error::invalid("secret", Problem::OldSecretInUse));
    }
    let after = InputSnapshot { secret_version: version + 1, ..before.clone() };
    change.set_input_secret(id, &after.key, &after.name, &secret_hash).await?;
    change.update_input(&after).await?;
    change.commit(id.to_string(), Some(before), Some(after.clone()), None, after).await
}

/// Ends the secret before the present one, which works on for a while after a rotation. `version` is the present one's that
/// was looked at.
///
/// # Errors
/// [`Refusal::Conflict`] where somebody rotated meanwhile.
pub async fn end_old_secret(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    (id, version): (InputId, i64),
) -> Result<()> {
    store.change(actor, workspace, move |change| end_old_once(change, id, version)).await
}

async fn end_old_once(mut change: Change<EndOldSecret>, id: InputId, version: i64) -> Result<Done<()>> {
    let input = change.locked_input(id).await?.ok_or(Refusal::NotFound)?;
    if input.secret_version != version {
        return Err(Refusal::Conflict.into());
    }
    if !change.end_old_secret(id).await? {
        return Ok(change.unchanged(()));
    }
    change.commit(id.to_string(), Some(input.clone()), Some(input), None, ()).await
}

/// Notes, beside the request, that a secret of an input is in use.
pub fn note_secret(services: Services, grant: InputGrant, hash: Vec<u8>) {
    tokio::spawn(async move {
        // A database that cannot be written can still be read.
        if let Err(error) = services.system.touch_secret(grant.workspace(), grant.input(), hash).await {
            tracing::warn!(%error, "a secret's use was not written");
        }
    });
}

/// Sets how many requests an input may send in a second; an empty text takes the limit away.
pub async fn limit_rate(store: &Store, actor: &Actor, workspace: WorkspaceRef, id: InputId, typed: &str) -> Result<()> {
    let typed = typed.trim();
    let rate = match typed {
        "" => None,
        _ => Some(typed.parse().ok().filter(|rate| (1..=HIGHEST).contains(rate))),
    };
    let rate = rate.map(|rate| rate.ok_or(Error::invalid("requests_per_second", Problem::NotARate))).transpose()?;
    store.change(actor, workspace, move |change| limit_once(change, id, rate)).await
}

async fn limit_once(mut change: Change<LimitInput>, id: InputId, rate: Option<i64>) -> Result<Done<()>> {
    let before = change.locked_input(id).await?.ok_or(Refusal::NotFound)?;
    if before.requests_per_second == rate {
        return Ok(change.unchanged(()));
    }
    let after = InputSnapshot { requests_per_second: rate, ..before.clone() };
    change.update_input(&after).await?;
    change.commit(id.to_string(), Some(before), Some(after), None, ()).await
}

/// Sets whether an input's placeholders, such as "null", are ids like any others.
pub async fn set_placeholders(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    id: InputId,
    placeholders: Placeholders,
) -> Result<()> {
    store.change(actor, workspace, move |change| set_placeholders_once(change, id, placeholders)).await
}

async fn set_placeholders_once(
    mut change: Change<SetInputPlaceholders>,
    id: InputId,
    placeholders: Placeholders,
) -> Result<Done<()>> {
    let before = change.locked_input(id).await?.ok_or(Refusal::NotFound)?;
    let after = InputSnapshot { takes_placeholders: placeholders == Placeholders::Ids, ..before.clone() };
    if after == before {
        return Ok(change.unchanged(()));
    }
    change.update_input(&after).await?;
    change.commit(id.to_string(), Some(before), Some(after), None, ()).await
}
