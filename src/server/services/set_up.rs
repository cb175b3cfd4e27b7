//! Setting up: the first person and their workspace, by a one-time link.

use super::Services;
use super::workspace::{known_zone, label, workspace_added};
use crate::domain::audit::AuditAction;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::role::Role;
use crate::domain::text::{Email, Name};
use crate::server::auth::key::{LINK_LASTS, hash, link_token};
use crate::server::auth::password::acceptable;
use crate::server::error::Result;
use crate::server::store::link::LinkKind;
use crate::server::store::workspace::Marks;
use crate::server::store::{Actor, Record, SystemTx, Trail, Who};
use secrecy::SecretString;
use serde_json::json;

/// Makes a one-time link for the first account; returns its token, or `None` once there is an account.
pub async fn set_up_link(services: &Services) -> Result<Option<String>> {
    let (token, token_hash) = link_token(services.system.ids());
    let made = services.system.transaction(move |tx| set_up_link_once(tx, token_hash.clone())).await?;
    Ok(made.then_some(token))
}

async fn set_up_link_once(mut tx: SystemTx, token_hash: Vec<u8>) -> Result<bool> {
    if tx.count_people().await? > 0 {
        return Ok(false);
    }
    let expires = tx.now.plus(LINK_LASTS);
    tx.add_link(&token_hash, LinkKind::SetUp, None, expires).await?;
    tx.commit(Trail::Unaudited("a set-up link")).await?;
    Ok(true)
}

/// What the set-up form asks for.
#[derive(Clone, Debug)]
pub struct FirstAccount {
    pub token: String,
    pub name: String,
    pub email: String,
    pub password: SecretString,
    pub workspace: String,
    pub time_zone: String,
}

/// The same, read.
#[derive(Clone)]
struct ReadAccount {
    token_hash: Vec<u8>,
    name: Name,
    email: Email,
    password_hash: String,
    workspace: Name,
    time_zone: String,
}

/// Makes the first person, operator of the installation, with a workspace whose Compliance Admin they are.
pub async fn set_up(services: &Services, actor: &Actor, first: FirstAccount) -> Result<PersonId> {
    let mut faults = Vec::new();
    let name = valid("name", Name::parse(&first.name), &mut faults);
    let email = valid("email", Email::parse(&first.email), &mut faults);
    let workspace = valid("workspace", Name::parse(&first.workspace), &mut faults);
    valid("password", acceptable(&first.password, &[&first.name, &first.email, &first.workspace]), &mut faults);
    let time_zone = valid("time_zone", known_zone(&first.time_zone), &mut faults);
    let read = (name, email, workspace, time_zone, faults.is_empty());
    let (Some(name), Some(email), Some(workspace), Some(time_zone), true) = read else {
        return Err(Refusal::Invalid(faults).into());
    };
    let password_hash = services.passwords.hash(first.password).await?;
    let token_hash = hash(&first.token);
    let read = ReadAccount { token_hash, name, email, password_hash, workspace, time_zone };
    let actor = actor.clone();
    services.system.transaction(move |tx| set_up_once(tx, actor.clone(), read.clone())).await
}

fn valid<T>(field: &'static str, read: Result<T, Problem>, faults: &mut Vec<Fault>) -> Option<T> {
    read.map_err(|problem| faults.push(Fault::new(field, problem))).ok()
}

async fn set_up_once(mut tx: SystemTx, actor: Actor, first: ReadAccount) -> Result<PersonId> {
    let ReadAccount { token_hash, name, email, password_hash, workspace, time_zone } = first;
    let usable = tx.link(&token_hash).await?.is_some_and(|link| link.kind == LinkKind::SetUp);
    if !usable || tx.count_people().await? > 0 || !tx.use_link(&token_hash).await? {
        return Err(Refusal::NotFound.into());
    }
    tx.end_links(LinkKind::SetUp, None).await?;
    let person = tx.add_person(&email, &name, Some(&password_hash), true, None).await?;
    let label = label(None)?;
    let marks = Marks { time_zone, org: label.clone(), account: label };
    let made = tx.add_workspace(&workspace, None, &marks).await?;
    tx.add_member(made.id, person, Role::ComplianceAdmin).await?;
    let actor = Actor { who: Who::Person { id: person, name: name.to_string() }, ..actor };
    let state = json!({"person": person, "name": name, "operator": true, "workspace": made.slug});
    let mut rows = vec![Record::installation(&actor, AuditAction::SetUp, person.to_string(), state)];
    rows.extend(workspace_added(&actor, &made, Some((person, name.as_str()))));
    tx.commit(Trail::Audited(rows)).await?;
    Ok(person)
}
