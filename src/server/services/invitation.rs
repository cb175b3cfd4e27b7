//! Inviting people into a workspace by one-time links.

use super::member::MemberSnapshot;
use super::sign_up::person_added;
use crate::domain::audit::AuditAction;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::{InvitationId, PersonId};
use crate::domain::permission::{Permission, may_give};
use crate::domain::role::Role;
use crate::domain::text::{Email, Name};
use crate::domain::time::Millis;
use crate::server::auth::key::{LINK_LASTS, hash, link_token};
use crate::server::auth::password::{Passwords, acceptable};
use crate::server::error::{Error, Result};
use crate::server::store::invitation::Offer;
use crate::server::store::person::Person;
use crate::server::store::system::Record;
use crate::server::store::{Act, Actor, Change, Done, Event, Store, SystemTx, Who, WorkspaceRef};
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

/// Invites an e-mail with a role; answers the token of its link, which is shown this once. Only people invite, for the
/// invitation stands and falls with their right.
pub async fn invite(store: &Store, actor: &Actor, workspace: WorkspaceRef, email: &str, role: Role) -> Result<String> {
    let Who::Person { id: maker, .. } = actor.who else { return Err(Refusal::Forbidden.into()) };
    let email = Email::parse(email).map_err(|problem| Refusal::invalid("email", problem))?;
    let (token, token_hash) = link_token(store.ids());
    let work = move |change| invite_once(change, maker, email.clone(), role, token_hash.clone());
    store.change::<Invite, _, _, _>(actor, workspace, work).await?;
    Ok(token)
}

async fn invite_once(
    mut change: Change<Invite>,
    maker: PersonId,
    email: Email,
    role: Role,
    token_hash: Vec<u8>,
) -> Result<Done<()>> {
    if !change.role.is_some_and(|giver| may_give(giver, role)) {
        return Err(Refusal::Forbidden.into());
    }
    if change.members().await?.iter().any(|member| member.email == email.as_str()) {
        return Err(Error::invalid("email", Problem::AlreadyMember));
    }
    let expires_ms = change.now.plus(LINK_LASTS);
    change.add_invitation(&token_hash, &email, role, maker, expires_ms).await?;
    let state = InvitationSnapshot { email: email.to_string(), role, expires_ms };
    change.commit(email.to_string(), None, Some(state), None, ()).await
}

/// Takes an open invitation back.
pub async fn revoke_invitation(store: &Store, actor: &Actor, workspace: WorkspaceRef, id: InvitationId) -> Result<()> {
    let work = move |change| revoke_once(change, id);
    store.change::<RevokeInvitation, _, _, _>(actor, workspace, work).await
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

/// What stands behind a token, and whether its e-mail has an account. Looking never uses it up.
pub async fn look_at_offer(store: &Store, token: &str) -> Result<Option<(Offer, bool)>> {
    let mut system = store.system_view().await?;
    let Some(offer) = system.offer(&hash(token)).await? else { return Ok(None) };
    let Ok(email) = Email::parse(&offer.email) else { return Ok(None) };
    let has_account = system.person_by_email(&email).await?.is_some();
    Ok(Some((offer, has_account)))
}

/// Accepts as the person who is signed in, whose e-mail it must be. A password is never touched.
pub async fn accept(store: &Store, actor: &Actor, person: &Person, token: &str) -> Result<Offer> {
    let (token_hash, person, actor) = (hash(token), person.clone(), actor.clone());
    let work = move |mut system: SystemTx| {
        let (token_hash, person, actor) = (token_hash.clone(), person.clone(), actor.clone());
        async move {
            let offer = standing(&mut system, &token_hash).await?;
            if offer.email != person.email {
                return Err(Refusal::NotFound.into());
            }
            let rows = add(&mut system, &actor, &offer, person.id, &person.name).await?;
            system.commit(Event::Audit(rows)).await?;
            Ok(offer)
        }
    };
    store.system(work).await
}

/// Who joins without an account.
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub token: String,
    pub name: String,
    pub password: SecretString,
}

/// Makes the account that an invitation is for, and accepts it.
pub async fn join(store: &Store, passwords: &Passwords, actor: &Actor, new: NewPerson) -> Result<()> {
    let email = look_at_offer(store, &new.token).await?.map(|(offer, _)| offer.email).unwrap_or_default();
    let mut faults = Vec::new();
    let name = Name::parse(&new.name).map_err(|problem| faults.push(Fault::new("name", problem))).ok();
    if let Err(problem) = acceptable(&new.password, &[&new.name, &email]) {
        faults.push(Fault::new("password", problem));
    }
    let (Some(name), true) = (name, faults.is_empty()) else { return Err(Refusal::Invalid(faults).into()) };
    let (password_hash, token_hash) = (passwords.hash(new.password).await?, hash(&new.token));
    let actor = actor.clone();
    let work = move |mut system: SystemTx| {
        let (token_hash, password_hash) = (token_hash.clone(), password_hash.clone());
        let (name, actor) = (name.clone(), actor.clone());
        async move {
            let offer = standing(&mut system, &token_hash).await?;
            let email = Email::parse(&offer.email).map_err(|_| Refusal::NotFound)?;
            // An account that came into being meanwhile has a password already: it signs in.
            if system.person_by_email(&email).await?.is_some() {
                return Err(Refusal::Conflict.into());
            }
            let person = system.add_person(&email, &name, Some(&password_hash), false).await?;
            let actor = Actor { who: Who::Person { id: person, name: name.to_string() }, ..actor };
            let mut rows = add(&mut system, &actor, &offer, person, name.as_str()).await?;
            rows.push(person_added(&actor, person, &name, false));
            system.commit(Event::Audit(rows)).await
        }
    };
    store.system(work).await
}

/// The offer, while it is open and its maker still has the right to make it.
async fn standing(system: &mut SystemTx, token_hash: &[u8]) -> Result<Offer> {
    let offer = system.offer(token_hash).await?.ok_or(Refusal::NotFound)?;
    let giver = system.locked_role(offer.workspace_id, offer.maker_id).await?;
    let stands = giver.is_some_and(|giver| may_give(giver, offer.role));
    if !stands || !system.accept_offer(token_hash).await? {
        return Err(Refusal::NotFound.into());
    }
    Ok(offer)
}

/// Adds the membership, unless there is one: nobody's role is changed by an invitation.
async fn add(system: &mut SystemTx, actor: &Actor, offer: &Offer, person: PersonId, name: &str) -> Result<Vec<Record>> {
    if system.locked_role(offer.workspace_id, person).await?.is_some() {
        return Ok(Vec::new());
    }
    system.add_member(offer.workspace_id, person, offer.role).await?;
    let after = MemberSnapshot { person: person.to_string(), name: name.to_owned(), role: offer.role };
    let after: Value = serde_json::to_value(after).map_err(Error::internal)?;
    let row = Record {
        reason: Some(format!("Invited by {}", offer.maker_name)),
        ..Record::installation(actor, AuditAction::MemberRoleSet, person.to_string(), after)
    };
    Ok(vec![system.row_of(offer.workspace_id, row).await?])
}
