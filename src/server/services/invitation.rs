//! Inviting people into a workspace by one-time links.

use super::Services;
use super::mail::{LinkFor, MAIL_LASTS, invitation};
use super::member::MemberSnapshot;
use super::person::{assert_theirs, person_added};
use super::second_factor::demand_notice;
use crate::domain::audit::AuditAction;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::{InvitationId, PersonId};
use crate::domain::permission::{Permission, may_give};
use crate::domain::role::Role;
use crate::domain::text::{Email, Name};
use crate::domain::time::{HOUR, Millis};
use crate::server::auth::key::{LINK_LASTS, hash, link_token};
use crate::server::auth::password::acceptable;
use crate::server::error::{Error, Result};
use crate::server::store::audit::Entry;
use crate::server::store::invitation::Offer;
use crate::server::store::person::Person;
use crate::server::store::{Act, Actor, Change, Done, Record, Store, SystemTx, Trail, Who, WorkspaceRef};
use crate::ui::words;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

/// An invitation as the audit rows hold it.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationSnapshot {
    pub email: String,
    pub role: Role,
    pub expires_ms: Millis,
}

/// How many are made in a workspace within an hour, and how many of them for one e-mail: each may be a mail.
const MOST_IN_AN_HOUR: i64 = 200;
const MOST_TO_ONE: i64 = 5;
/// How many are open in a workspace at a time.
const MOST_INVITATIONS: usize = 200;

/// Invites somebody.
pub struct Invite;

impl Act for Invite {
    type Snapshot = InvitationSnapshot;
    const PERMISSION: Permission = Permission::ManageMembers;
    const AUDIT: AuditAction = AuditAction::MemberInvited;
}

/// Takes an invitation back.
pub struct RevokeInvitation;

impl Act for RevokeInvitation {
    type Snapshot = InvitationSnapshot;
    const PERMISSION: Permission = Permission::ManageMembers;
    const AUDIT: AuditAction = AuditAction::InvitationRevoked;
}

/// Who is invited.
#[derive(Clone, Debug)]
pub struct Asked {
    pub email: String,
    pub role: Role,
    /// That an account of this e-mail is theirs, though somebody else was shown its first link.
    pub confirmed: bool,
}

/// Invites an e-mail with a role; returns who gets its link. Only people invite, for the invitation stands and falls with
/// their right.
pub async fn invite(services: &Services, actor: &Actor, workspace: WorkspaceRef, asked: Asked) -> Result<LinkFor> {
    let Who::Person { id: maker, .. } = actor.who else { return Err(Refusal::Forbidden.into()) };
    let email = Email::parse(&asked.email).map_err(|problem| Refusal::invalid("email", problem))?;
    let (token, token_hash) = link_token(services.system.ids());
    let mailed = services.mailed("/invitation", &token);
    let asked = Invited { email, role: asked.role, confirmed: asked.confirmed, token_hash, mailed };
    let work = move |change| invite_once(change, maker, asked.clone());
    services.store().change(actor, workspace, work).await?;
    Ok(services.link_for(token))
}

/// What was asked for, as it was understood.
#[derive(Clone)]
struct Invited {
    email: Email,
    role: Role,
    confirmed: bool,
    token_hash: Vec<u8>,
    /// The link, where it is mailed.
    mailed: Option<String>,
}

async fn invite_once(
    mut change: Change<Invite>,
    maker: PersonId,
    Invited { email, role, confirmed, token_hash, mailed }: Invited,
) -> Result<Done<()>> {
    if !change.role.is_some_and(|giver| may_give(giver, role)) {
        return Err(Refusal::Forbidden.into());
    }
    if role.is_powerful() {
        change.assert_confirmed()?;
    }
    if change.members().await?.iter().any(|member| member.email == email.as_str()) {
        return Err(Error::invalid("email", Problem::AlreadyMember));
    }
    if let Some(person) = change.person(&email).await? {
        assert_theirs(Some(maker), &person, confirmed, "email")?;
    }
    let (all, to_them) = change.recent_invitations(&email, HOUR).await?;
    if all >= MOST_IN_AN_HOUR || to_them >= MOST_TO_ONE {
        return Err(Error::invalid("email", Problem::TooManyForNow));
    }
    if change.invitations().await?.len() >= MOST_INVITATIONS {
        return Err(Error::invalid("email", Problem::TooMany));
    }
    let expires_ms = change.now.plus(LINK_LASTS);
    change.add_invitation(&token_hash, &email, role, (maker, mailed.is_some()), expires_ms).await?;
    if let Some(link) = mailed {
        let by = change.actor().name.clone();
        let mail = invitation(email.as_str(), &by, (&change.workspace.name, words::role(role)), &link);
        change.add_mail(&mail, change.now.plus(MAIL_LASTS)).await?;
    }
    let state = InvitationSnapshot { email: email.to_string(), role, expires_ms };
    change.commit(email.to_string(), None, Some(state), None, ()).await
}

/// Takes an open invitation back.
pub async fn revoke_invitation(store: &Store, actor: &Actor, workspace: WorkspaceRef, id: InvitationId) -> Result<()> {
    let work = move |change| revoke_once(change, id);
    store.change(actor, workspace, work).await
}

async fn revoke_once(mut change: Change<RevokeInvitation>, id: InvitationId) -> Result<Done<()>> {
    let open = change.invitations().await?.into_iter().find(|open| open.id == id).ok_or(Refusal::NotFound)?;
    if !change.role.is_some_and(|giver| may_give(giver, open.role)) {
        return Err(Refusal::Forbidden.into());
    }
    if !change.end_invitation(id).await? {
        return Err(Refusal::NotFound.into());
    }
    let state = InvitationSnapshot { email: open.email.clone(), role: open.role, expires_ms: open.expires_at };
    change.commit(open.email, Some(state), None, None, ()).await
}

/// What belongs to a token, and whether its e-mail has an account. Looking never uses it up.
pub async fn look_at_offer(store: &Store, token: &str) -> Result<Option<(Offer, bool)>> {
    let mut view = store.system_view().await?;
    let Some(offer) = view.offer(&hash(token)).await? else { return Ok(None) };
    let Ok(email) = Email::parse(&offer.email) else { return Ok(None) };
    let has_account = view.person_by_email(&email).await?.is_some();
    Ok(Some((offer, has_account)))
}

/// Accepts as the person who is signed in, whose e-mail it must be. A password is never touched.
pub async fn accept(services: &Services, actor: &Actor, person: &Person, token: &str) -> Result<Offer> {
    let (token_hash, person, actor) = (hash(token), person.clone(), actor.clone());
    let work = move |tx| accept_once(tx, actor.clone(), person.clone(), token_hash.clone());
    services.system.transaction(work).await
}

async fn accept_once(mut tx: SystemTx, actor: Actor, person: Person, token_hash: Vec<u8>) -> Result<Offer> {
    let offer = use_up(&mut tx, &token_hash).await?;
    if offer.email != person.email {
        return Err(Refusal::NotFound.into());
    }
    let rows = add_member(&mut tx, &actor, &offer, person.id, &person.name).await?;
    tx.commit(Trail::Audited(rows)).await?;
    Ok(offer)
}

/// Who joins without an account.
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub token: String,
    pub name: String,
    pub password: SecretString,
}

/// Makes the account that an invitation is for, and accepts it.
pub async fn join(services: &Services, actor: &Actor, new: NewPerson) -> Result<()> {
    let offer = look_at_offer(services.store(), &new.token).await?;
    let email = offer.map(|(offer, _)| offer.email).unwrap_or_default();
    let mut faults = Vec::new();
    let name = Name::parse(&new.name).map_err(|problem| faults.push(Fault::new("name", problem))).ok();
    if let Err(problem) = acceptable(&new.password, &[&new.name, &email]) {
        faults.push(Fault::new("password", problem));
    }
    let (Some(name), true) = (name, faults.is_empty()) else { return Err(Refusal::Invalid(faults).into()) };
    let (password_hash, token_hash) = (services.passwords.hash(new.password).await?, hash(&new.token));
    let actor = actor.clone();
    let work = move |tx| join_once(tx, actor.clone(), name.clone(), password_hash.clone(), token_hash.clone());
    services.system.transaction(work).await
}

async fn join_once(
    mut tx: SystemTx,
    actor: Actor,
    name: Name,
    password_hash: String,
    token_hash: Vec<u8>,
) -> Result<()> {
    let offer = use_up(&mut tx, &token_hash).await?;
    let email = Email::parse(&offer.email).map_err(|_| Refusal::NotFound)?;
    // An account that came into being meanwhile has a password already: it signs in.
    if tx.person_by_email(&email).await?.is_some() {
        return Err(Refusal::Conflict.into());
    }
    let shown_to = Some(offer.maker_id).filter(|_| !offer.mailed);
    let person = tx.add_person(&email, &name, Some(&password_hash), false, shown_to).await?;
    let actor = Actor { who: Who::Person { id: person, name: name.to_string() }, ..actor };
    let mut rows = add_member(&mut tx, &actor, &offer, person, name.as_str()).await?;
    rows.push(person_added(&actor, person, &name, false));
    tx.commit(Trail::Audited(rows)).await
}

/// Uses the offer up, while it is open and its maker still has the right to make it.
async fn use_up(tx: &mut SystemTx, token_hash: &[u8]) -> Result<Offer> {
    let offer = tx.offer(token_hash).await?.ok_or(Refusal::NotFound)?;
    let giver = tx.locked_role(offer.workspace_id, offer.maker_id).await?;
    // Whoever may do nothing here for want of a second factor lets nobody in either.
    let demands = tx.demands_second_factor(offer.workspace_id).await?;
    let lacks = demands && !tx.locked_second_factor(offer.maker_id).await?;
    let stands = giver.is_some_and(|giver| may_give(giver, offer.role)) && !lacks;
    if !stands || !tx.accept_offer(token_hash).await? {
        return Err(Refusal::NotFound.into());
    }
    Ok(offer)
}

/// Adds the membership, unless there is one: nobody's role is changed by an invitation.
async fn add_member(
    tx: &mut SystemTx,
    actor: &Actor,
    offer: &Offer,
    person: PersonId,
    name: &str,
) -> Result<Vec<Record>> {
    if tx.locked_role(offer.workspace_id, person).await?.is_some() {
        return Ok(Vec::new());
    }
    tx.assert_name_free_in(offer.workspace_id, person, name).await?;
    tx.add_member(offer.workspace_id, person, offer.role).await?;
    let demands = offer.role.is_powerful() && tx.demands_second_factor(offer.workspace_id).await?;
    if demands && !tx.locked_second_factor(person).await? {
        let workspace = (offer.workspace_id, offer.workspace.clone());
        tx.notify(&demand_notice(person, Some(workspace), Some(offer.maker_name.clone()), tx.now)).await?;
    }
    let after = MemberSnapshot { person: person.to_string(), name: name.to_owned(), role: offer.role };
    let after: Value = serde_json::to_value(after).map_err(Error::internal)?;
    let row = Record::installation(actor, AuditAction::MemberRoleSet, person.to_string(), after);
    let entry = Entry { reason: Some(format!("Invited by {}", offer.maker_name)), ..row.entry };
    Ok(vec![tx.row_of(offer.workspace_id, Record { entry, ..row }).await?])
}
