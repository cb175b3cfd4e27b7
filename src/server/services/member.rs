//! Giving and taking away roles.

use super::person::assert_theirs;
use super::second_factor::tell_of_demand;
use crate::domain::audit::AuditAction;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::permission::{Permission, may_give};
use crate::domain::role::Role;
use crate::domain::text::Email;
use crate::domain::time::HOUR;
use crate::server::error::{Error, Result};
use crate::server::store::member::Member;
use crate::server::store::notice::NewNotice;
use crate::server::store::{Act, Actor, Change, Done, Store, WorkspaceRef};
use serde::Serialize;

/// A member as the audit rows hold them.
#[derive(Clone, Debug, Serialize)]
pub struct MemberSnapshot {
    pub person: String,
    pub name: String,
    pub role: Role,
}

/// Gives a person a role.
pub struct SetMember;

impl Act for SetMember {
    type Snapshot = MemberSnapshot;
    const PERMISSION: Permission = Permission::ManageMembers;
    const AUDIT: AuditAction = AuditAction::MemberRoleSet;
}

/// Takes a person's role away.
pub struct RemoveMember;

impl Act for RemoveMember {
    type Snapshot = MemberSnapshot;
    const PERMISSION: Permission = Permission::ManageMembers;
    const AUDIT: AuditAction = AuditAction::MemberRemoved;
}

fn state(member: &Member) -> MemberSnapshot {
    MemberSnapshot { person: member.person_id.to_string(), name: member.name.clone(), role: member.role }
}

/// Gives a person who has an account a role, instead of the one they had.
/// Whoever is new here must be `confirmed` where somebody else was shown their account's first link.
pub async fn set_member(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    email: &str,
    (role, confirmed): (Role, bool),
) -> Result<()> {
    let email = Email::parse(email).map_err(|problem| Refusal::invalid("email", problem))?;
    let by = actor.person();
    let work = move |change| set_once(change, by, email.clone(), (role, confirmed));
    store.change(actor, workspace, work).await
}

async fn set_once(
    mut change: Change<SetMember>,
    by: Option<PersonId>,
    email: Email,
    (role, confirmed): (Role, bool),
) -> Result<Done<()>> {
    let members = change.locked_members().await?;
    let account = change.person(&email).await?.ok_or_else(|| Error::invalid("email", Problem::NobodyHasIt))?;
    let (person, name) = (account.id, account.name.clone());
    let before = members.iter().find(|member| member.person_id == person);
    if before.is_none() {
        assert_theirs(by, &account, confirmed, "email")?;
    }
    if before.is_some_and(|member| member.role == role) {
        return Ok(change.unchanged(()));
    }
    may_touch(&change, before, Some(role))?;
    keeps_an_admin(&members, before, Some(role))?;
    if role.is_powerful() {
        change.assert_confirmed()?;
    }
    change.set_role(person, role).await?;
    tell(&mut change, person, Some(role)).await?;
    if change.workspace.demands_second_factor && role.is_powerful() && !account.has_second_factor() {
        tell_of_demand(&mut change, person).await?;
    }
    let after = MemberSnapshot { person: person.to_string(), name, role };
    change.commit(person.to_string(), before.map(state), Some(after), None, ()).await
}

/// Takes a person out of the workspace.
pub async fn remove_member(store: &Store, actor: &Actor, workspace: WorkspaceRef, email: &str) -> Result<()> {
    let email = Email::parse(email).map_err(|problem| Refusal::invalid("email", problem))?;
    let work = move |change| remove_once(change, email.clone());
    store.change(actor, workspace, work).await
}

async fn remove_once(mut change: Change<RemoveMember>, email: Email) -> Result<Done<()>> {
    let members = change.locked_members().await?;
    let before = members.iter().find(|member| member.email == email.as_str()).ok_or(Refusal::NotFound)?;
    may_touch(&change, Some(before), None)?;
    keeps_an_admin(&members, Some(before), None)?;
    change.remove_member(before.person_id).await?;
    tell(&mut change, before.person_id, None).await?;
    change.commit(before.person_id.to_string(), Some(state(before)), None, None, ()).await
}

/// Tells a person of their role.
async fn tell<A: Act>(change: &mut Change<A>, person: PersonId, role: Option<Role>) -> Result<()> {
    let told = NoticeState {
        who: change.asker().told(),
        workspace: Some(change.workspace.name.clone()),
        role: role.map(|role| role.as_str().to_owned()),
        ..NoticeState::default()
    };
    // Back and forth within an hour is told once.
    let about = format!(
        "{} {} {}",
        change.workspace.id,
        told.role.as_deref().unwrap_or_default(),
        change.now.0.div_euclid(HOUR)
    );
    change.notify(&NewNotice { person, kind: NoticeKind::RoleChanged, about, state: told }).await
}

/// Nobody changes their own role, and an Admin neither grants nor removes Compliance Admin.
fn may_touch<A: Act>(change: &Change<A>, before: Option<&Member>, role: Option<Role>) -> Result<()> {
    let is_self = change.actor().id.is_some() && change.actor().id == before.map(|member| member.person_id.to_string());
    let touched = [role, before.map(|member| member.role)].into_iter().flatten();
    let above = change.role.is_some_and(|giver| !touched.into_iter().all(|role| may_give(giver, role)));
    if is_self || above { Err(Refusal::Forbidden.into()) } else { Ok(()) }
}

/// The last Compliance Admin who can act can be neither removed nor demoted.
fn keeps_an_admin(members: &[Member], before: Option<&Member>, role: Option<Role>) -> Result<()> {
    let is_one = |member: &Member| member.role == Role::ComplianceAdmin && !member.disabled;
    let admins = members.iter().filter(|member| is_one(member)).count();
    let loses_one = before.is_some_and(is_one) && role != Some(Role::ComplianceAdmin);
    if loses_one && admins == 1 { Err(Error::invalid("role", Problem::LastComplianceAdmin)) } else { Ok(()) }
}
