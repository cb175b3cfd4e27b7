//! Setting up a second factor, taking it away, and demanding it.

use super::Services;
use super::person::operators_only;
use crate::domain::audit::AuditAction;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::permission::{Permission, may_give};
use crate::domain::role::Role;
use crate::domain::time::{DAY, Millis};
use crate::server::auth::one_time_code::CodeSecret;
use crate::server::auth::recovery_code::{recovery_codes, recovery_hash};
use crate::server::error::{Error, Result};
use crate::server::store::member::Member;
use crate::server::store::notice::NewNotice;
use crate::server::store::person::Person;
use crate::server::store::second_factor::SealedSecret;
use crate::server::store::{Act, Actor, Change, Done, Record, Store, SystemTx, SystemView, Trail, WorkspaceRef};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

/// A secret for somebody's app, which counts once they give its first code. Their form carries it sealed, so that nothing
/// is kept of what nobody goes on with.
pub struct Offer {
    pub secret: CodeSecret,
    sealed: SealedSecret,
}

impl Offer {
    /// As a form carries it.
    pub fn sealed_text(&self) -> String {
        format!("{}.{}", self.sealed.generation, BASE64_URL_SAFE_NO_PAD.encode(&self.sealed.sealed))
    }
}

/// Makes a secret for a person, who must have proved that it is them.
pub async fn offer(services: &Services, actor: &Actor, person: &Person) -> Result<Offer> {
    actor.assert_confirmed(services.system.system_view().await?.now)?;
    let secret = CodeSecret::from(services.system.ids().random());
    let sealed = secret.sealed(&services.system.keyring().now(), person.id)?;
    Ok(Offer { secret, sealed })
}

/// The offer that a form carries.
///
/// # Errors
/// [`Refusal::BadRequest`] for what was not made for this person.
pub fn read_offer(services: &Services, person: &Person, sealed: &str) -> Result<Offer> {
    let sealed = parse(sealed).ok_or(Refusal::BadRequest(vec![]))?;
    let keys = services.system.keyring().now();
    let secret = CodeSecret::unsealed(&keys, person.id, &sealed).map_err(|_| Refusal::BadRequest(vec![]))?;
    Ok(Offer { secret, sealed })
}

fn parse(sealed: &str) -> Option<SealedSecret> {
    let (generation, sealed) = sealed.split_once('.')?;
    Some(SealedSecret { generation: generation.parse().ok()?, sealed: BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()? })
}

/// New recovery codes, and the hashes that are kept of them.
fn new_codes(services: &Services, person: PersonId) -> Result<(Vec<String>, Vec<Vec<u8>>)> {
    let codes = recovery_codes(services.system.ids());
    let keys = services.system.keyring().now();
    let key = keys.recovery_codes().next().ok_or_else(|| Error::Internal("there is no key".to_owned()))?;
    let hashes: Vec<Option<Vec<u8>>> =
        codes.iter().map(|code| recovery_hash(&key, person, code)).collect::<Result<_>>()?;
    Ok((codes, hashes.into_iter().flatten().collect()))
}

/// Sets up the offered second factor, in place of one before, once its first `code` is right. Ends the person's other
/// sessions, which were made without it. Returns their recovery codes, which are shown this once, and since when it is there,
/// which the session that goes on keeps.
///
/// # Errors
/// [`Problem::NotTheCode`] at `code`.
pub async fn set_up_factor(
    services: &Services,
    actor: &Actor,
    person: &Person,
    (offer, code): (&Offer, &str),
    session: Vec<u8>,
) -> Result<(Vec<String>, Millis)> {
    let now = services.system.system_view().await?.now;
    let step = offer.secret.step_of(code, now, 0).ok_or_else(|| Error::invalid("code", Problem::NotTheCode))?;
    let (codes, hashes) = new_codes(services, person.id)?;
    let (id, actor, secret) = (person.id, actor.clone(), offer.sealed.clone());
    let work = move |tx| set_up_once(tx, actor.clone(), id, (secret.clone(), step), hashes.clone(), session.clone());
    let since = services.system.transaction(work).await?;
    Ok((codes, since))
}

async fn set_up_once(
    mut tx: SystemTx,
    actor: Actor,
    id: PersonId,
    (secret, step): (SealedSecret, i64),
    hashes: Vec<Vec<u8>>,
    session: Vec<u8>,
) -> Result<Millis> {
    actor.assert_confirmed(tx.now)?;
    tx.take_form(&actor).await?;
    // One that was ended meanwhile sets up nothing.
    if !tx.is_session_of(id, &session).await? {
        return Err(Refusal::SignedOut.into());
    }
    tx.set_second_factor(id, &secret, step).await?;
    tx.set_recovery_codes(id, &hashes).await?;
    let ended = tx.end_sessions_but(id, Some(&session)).await?;
    tx.notify(&NewNotice::new(id, NoticeKind::SecondFactorSetUp, NoticeState::default())).await?;
    let row = Record::installation(
        &actor,
        AuditAction::SecondFactorSetUp,
        id.to_string(),
        json!({"person": id, "sessions_ended": ended}),
    );
    let since = tx.now;
    tx.commit(Trail::Audited(vec![row])).await?;
    Ok(since)
}

/// Other recovery codes in place of those before, which are shown this once.
///
/// # Errors
/// [`Refusal::NotFound`] where there is no second factor.
pub async fn renew_codes(services: &Services, actor: &Actor, person: &Person) -> Result<Vec<String>> {
    let (codes, hashes) = new_codes(services, person.id)?;
    let (id, actor) = (person.id, actor.clone());
    services.system.transaction(move |tx| renew_codes_once(tx, actor.clone(), id, hashes.clone())).await?;
    Ok(codes)
}

async fn renew_codes_once(mut tx: SystemTx, actor: Actor, id: PersonId, hashes: Vec<Vec<u8>>) -> Result<()> {
    actor.assert_confirmed(tx.now)?;
    tx.take_form(&actor).await?;
    if !tx.locked_second_factor(id).await? {
        return Err(Refusal::NotFound.into());
    }
    tx.set_recovery_codes(id, &hashes).await?;
    tx.notify(&NewNotice::new(id, NoticeKind::RecoveryCodesMade, NoticeState::default())).await?;
    let row = Record::installation(&actor, AuditAction::RecoveryCodesMade, id.to_string(), Value::Null);
    tx.commit(Trail::Audited(vec![row])).await
}

/// Takes one's own second factor away.
///
/// # Errors
/// [`Problem::SecondFactorDemanded`] while a workspace or the installation demands it of them.
pub async fn remove_own_factor(services: &Services, actor: &Actor, person: &Person) -> Result<()> {
    let (id, actor) = (person.id, actor.clone());
    services.system.transaction(move |tx| remove_own_once(tx, actor.clone(), id)).await
}

async fn remove_own_once(mut tx: SystemTx, actor: Actor, id: PersonId) -> Result<()> {
    actor.assert_confirmed(tx.now)?;
    if demanded_by(&mut tx, id).await?.is_some() {
        return Err(Error::invalid("second_factor", Problem::SecondFactorDemanded));
    }
    remove(tx, actor, id, Vec::new()).await
}

/// Who demands a second factor of a person, in words; `None` where nobody does.
pub async fn demanded_by(view: &mut SystemView, person: PersonId) -> Result<Option<String>> {
    let mut by = view.demanding_workspaces(person).await?;
    let is_operator = view.person(person).await?.is_some_and(|person| person.operator);
    if is_operator && view.operators_need_second_factor().await? {
        by.push("this installation, of its operators".to_owned());
    }
    Ok((!by.is_empty()).then(|| by.join(", ")))
}

/// Takes the second factor of somebody away who lost it: operators and the command line may. Their sessions end.
pub async fn remove_factor_of(services: &Services, actor: &Actor, person: PersonId) -> Result<()> {
    let actor = actor.clone();
    services.system.transaction(move |tx| remove_of_once(tx, actor.clone(), person)).await
}

async fn remove_of_once(mut tx: SystemTx, actor: Actor, id: PersonId) -> Result<()> {
    operators_only(&mut tx, &actor).await?;
    actor.assert_confirmed(tx.now)?;
    tx.take_form(&actor).await?;
    if actor.person() == Some(id) {
        return Err(Refusal::Forbidden.into());
    }
    let workspaces = tx.workspaces_of(id).await?;
    tx.end_sessions_but(id, None).await?;
    remove(tx, actor, id, workspaces).await
}

/// What is not there stays so without a row.
async fn remove(mut tx: SystemTx, actor: Actor, id: PersonId, workspaces: Vec<WorkspaceId>) -> Result<()> {
    if !tx.remove_second_factor(id).await? {
        return Ok(());
    }
    let told = NoticeState { who: actor.told(), ..NoticeState::default() };
    tx.notify(&NewNotice::new(id, NoticeKind::SecondFactorRemoved, told)).await?;
    let row = Record::installation(&actor, AuditAction::SecondFactorRemoved, id.to_string(), json!({"person": id}));
    let rows = tx.rows_of(&workspaces, row).await?;
    tx.commit(Trail::Audited(rows)).await
}

/// Whether a second factor is demanded, as the audit rows hold it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DemandSnapshot {
    pub second_factor_required: bool,
}

/// Demands a second factor of a workspace's Compliance Admins and Admins, or no longer.
pub struct SetDemand;

impl Act for SetDemand {
    type Snapshot = DemandSnapshot;
    const PERMISSION: Permission = Permission::ManageMembers;
    const AUDIT: AuditAction = AuditAction::SecondFactorDemandSet;
}

/// Demands it, or no longer. Only Compliance Admins may, who have one themselves.
///
/// # Errors
/// [`Problem::NoSecondFactor`] at `second_factor`.
pub async fn demand_in(store: &Store, actor: &Actor, workspace: WorkspaceRef, required: bool) -> Result<()> {
    store.change(actor, workspace, move |change| demand_once(change, required)).await
}

async fn demand_once(mut change: Change<SetDemand>, required: bool) -> Result<Done<()>> {
    if change.role.is_some_and(|role| !may_give(role, Role::ComplianceAdmin)) {
        return Err(Refusal::Forbidden.into());
    }
    change.assert_confirmed()?;
    let before = change.workspace.demands_second_factor;
    if before == required {
        return Ok(change.unchanged(()));
    }
    if required && !change.actor_has_second_factor().await? {
        return Err(Error::invalid("second_factor", Problem::NoSecondFactor));
    }
    change.set_second_factor_demand(required).await?;
    if required {
        for member in change.members().await?.into_iter().filter(Member::lacks_demanded_factor) {
            tell_of_demand(&mut change, member.person_id).await?;
        }
    }
    let state = |second_factor_required| Some(DemandSnapshot { second_factor_required });
    change.commit("second factor", state(before), state(required), None, ()).await
}

/// The notice to somebody who has no second factor that a workspace demands one of them, or, where none is named, the installation of
/// its operators. Off and on again within a day is told once.
pub(super) fn demand_notice(
    person: PersonId,
    workspace: Option<(WorkspaceId, String)>,
    who: Option<String>,
    now: Millis,
) -> NewNotice {
    let (id, workspace) = workspace.map(|(id, name)| (id.to_string(), name)).unzip();
    let about = format!("{} {}", id.as_deref().unwrap_or("operators"), now.0.div_euclid(DAY));
    let state = NoticeState { who, workspace, ..NoticeState::default() };
    NewNotice { person, kind: NoticeKind::SecondFactorDemanded, about, state }
}

/// Tells a member that the workspace demands a second factor of them.
pub(super) async fn tell_of_demand<A: Act>(change: &mut Change<A>, person: PersonId) -> Result<()> {
    let workspace = (change.workspace.id, change.workspace.name.clone());
    change.notify(&demand_notice(person, Some(workspace), change.asker().told(), change.now)).await
}

/// Demands a second factor of operators, or no longer. Only operators may, who have one themselves, and the command line.
///
/// # Errors
/// [`Problem::NoSecondFactor`] at `second_factor`.
pub async fn demand_of_operators(services: &Services, actor: &Actor, required: bool) -> Result<()> {
    let actor = actor.clone();
    services.system.transaction(move |tx| demand_of_operators_once(tx, actor.clone(), required)).await
}

async fn demand_of_operators_once(mut tx: SystemTx, actor: Actor, required: bool) -> Result<()> {
    operators_only(&mut tx, &actor).await?;
    actor.assert_confirmed(tx.now)?;
    let before = tx.operators_need_second_factor().await?;
    if before == required {
        return Ok(());
    }
    if let Some(person) = actor.person().filter(|_| required)
        && !tx.locked_second_factor(person).await?
    {
        return Err(Error::invalid("second_factor", Problem::NoSecondFactor));
    }
    tx.set_operators_need_second_factor(required).await?;
    if required {
        for person in tx.locked_operators().await? {
            if !tx.locked_second_factor(person).await? {
                tx.notify(&demand_notice(person, None, actor.told(), tx.now)).await?;
            }
        }
    }
    let state = |second_factor_required| json!(DemandSnapshot { second_factor_required });
    let row = Record::installation(&actor, AuditAction::SecondFactorDemandSet, "operators", state(required));
    tx.commit(Trail::Audited(vec![row.from_before(state(before))])).await
}
