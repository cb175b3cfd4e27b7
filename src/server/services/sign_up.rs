//! Accounts: the first one by a one-time link, further ones by the command line.

use crate::domain::audit::AuditAction;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::role::Role;
use crate::domain::text::{Email, Name};
use crate::server::auth::key::{LINK_LASTS, hash, link_token};
use crate::server::auth::password::{Passwords, acceptable};
use crate::server::error::{Error, Result};
use crate::server::store::link::{Link, LinkKind};
use crate::server::store::system::Record;
use crate::server::store::workspace::Marks;
use crate::server::store::{Actor, Event, Store, SystemTx, Who};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// Workspaces are made in this zone unless something else is said.
pub const UTC: &str = "UTC";

/// Makes a one-time link for the first account; answers its token, or `None` once there is an account.
pub async fn set_up_link(store: &Store) -> Result<Option<String>> {
    let (token, token_hash) = link_token(store.ids());
    let made = store.system(move |mut system| {
        let token_hash = token_hash.clone();
        async move {
            if system.count_people().await? > 0 {
                return Ok(false);
            }
            let expires = system.now.plus(LINK_LASTS);
            system.add_link(&token_hash, LinkKind::SetUp, None, expires).await?;
            system.commit(Event::Unaudited("a set-up link")).await?;
            Ok(true)
        }
    });
    Ok(made.await?.then_some(token))
}

/// The link behind a token, while it may be used. Looking never uses it up.
pub async fn look_at_link(store: &Store, token: &str) -> Result<Option<(Link, Option<String>)>> {
    let mut system = store.system_view().await?;
    let Some(link) = system.link(&hash(token)).await? else { return Ok(None) };
    let email = match link.person {
        Some(person) => system.person(person).await?.map(|person| person.email),
        None => None,
    };
    Ok(Some((link, email)))
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

/// Makes the first person, operator of the installation, with a workspace whose Compliance Admin they are.
pub async fn set_up(store: &Store, passwords: &Passwords, actor: &Actor, first: FirstAccount) -> Result<PersonId> {
    let mut faults = Vec::new();
    let name = kept("name", Name::parse(&first.name), &mut faults);
    let email = kept("email", Email::parse(&first.email), &mut faults);
    let workspace = kept("workspace", Name::parse(&first.workspace), &mut faults);
    kept("password", acceptable(&first.password, &[&first.name, &first.email, &first.workspace]), &mut faults);
    kept("time_zone", super::workspace::known_zone(&first.time_zone), &mut faults);
    let time_zone = first.time_zone;
    let (Some(name), Some(email), Some(workspace), true) = (name, email, workspace, faults.is_empty()) else {
        return Err(Refusal::Invalid(faults).into());
    };
    let password_hash = passwords.hash(first.password).await?;
    let (token_hash, actor) = (hash(&first.token), actor.clone());
    let work = move |mut system: SystemTx| {
        let (token_hash, password_hash, actor) = (token_hash.clone(), password_hash.clone(), actor.clone());
        let (name, email, workspace) = (name.clone(), email.clone(), workspace.clone());
        let time_zone = time_zone.clone();
        async move {
            let usable = system.link(&token_hash).await?.is_some_and(|link| link.kind == LinkKind::SetUp);
            if !usable || system.count_people().await? > 0 || !system.use_link(&token_hash).await? {
                return Err(Refusal::NotFound.into());
            }
            system.end_links(LinkKind::SetUp, None).await?;
            let person = system.add_person(&email, &name, Some(&password_hash), true).await?;
            let label = super::workspace::label(None)?;
            let marks = Marks { time_zone, org: label.clone(), account: label };
            let made = system.add_workspace(&workspace, None, &marks).await?;
            system.add_member(made.id, person, Role::ComplianceAdmin).await?;
            let actor = Actor { who: Who::Person { id: person, name: name.to_string() }, ..actor };
            let state = json!({"person": person, "name": name, "operator": true, "workspace": made.slug});
            let set_up = Record::installation(&actor, AuditAction::SetUp, person.to_string(), state);
            let added = super::workspace::rows(&actor, &made, Some((person, name.as_str())));
            system.commit(Event::Audit([vec![set_up], added].concat())).await?;
            Ok(person)
        }
    };
    store.system(work).await
}

/// A new account as the command line asks for it.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub email: String,
    pub name: String,
    pub operator: bool,
    pub password: Option<SecretString>,
}

/// Adds an account. Without a password it answers the token of a one-time link.
pub async fn add_account(
    store: &Store,
    passwords: &Passwords,
    actor: &Actor,
    new: NewAccount,
) -> Result<(PersonId, Option<String>)> {
    let email = Email::parse(&new.email).map_err(|problem| Refusal::invalid("email", problem))?;
    let name = Name::parse(&new.name).map_err(|problem| Refusal::invalid("name", problem))?;
    let password_hash = match new.password {
        Some(password) => {
            acceptable(&password, &[&new.name, &new.email]).map_err(|problem| Error::invalid("password", problem))?;
            Some(passwords.hash(password).await?)
        }
        None => None,
    };
    let (token, token_hash) = link_token(store.ids());
    let needs_link = password_hash.is_none();
    let actor = actor.clone();
    let work = move |mut system: SystemTx| {
        let (email, name, actor) = (email.clone(), name.clone(), actor.clone());
        let (password_hash, token_hash) = (password_hash.clone(), token_hash.clone());
        async move {
            let person = system.add_person(&email, &name, password_hash.as_deref(), new.operator).await?;
            if needs_link {
                let expires = system.now.plus(LINK_LASTS);
                system.add_link(&token_hash, LinkKind::Password, Some(person), expires).await?;
            }
            system.commit(Event::Audit(vec![person_added(&actor, person, &name, new.operator)])).await?;
            Ok(person)
        }
    };
    Ok((store.system(work).await?, needs_link.then_some(token)))
}

/// The row of a new person.
pub(super) fn person_added(actor: &Actor, person: PersonId, name: &Name, operator: bool) -> Record {
    let state = json!({"person": person, "name": name, "operator": operator});
    Record::installation(actor, AuditAction::PersonAdded, person.to_string(), state)
}

/// Lets a person choose their first password by a one-time link; answers who it was.
pub async fn choose_password(
    store: &Store,
    passwords: &Passwords,
    actor: &Actor,
    token: &str,
    password: SecretString,
) -> Result<PersonId> {
    let known = look_at_link(store, token).await?.and_then(|(_, email)| email).unwrap_or_default();
    acceptable(&password, &[&known]).map_err(|problem| Error::invalid("password", problem))?;
    let password_hash = passwords.hash(password).await?;
    let (token_hash, actor) = (hash(token), actor.clone());
    let work = move |mut system: SystemTx| {
        let (password_hash, token_hash, actor) = (password_hash.clone(), token_hash.clone(), actor.clone());
        async move {
            let link = system.link(&token_hash).await?.ok_or(Refusal::NotFound)?;
            let person = link.person.filter(|_| link.kind == LinkKind::Password).ok_or(Refusal::NotFound)?;
            if !system.use_link(&token_hash).await? {
                return Err(Refusal::NotFound.into());
            }
            system.end_links(LinkKind::Password, Some(person)).await?;
            system.set_password(person, &password_hash).await?;
            let name = system.person(person).await?.map(|person| person.name).unwrap_or_default();
            let actor = Actor { who: Who::Person { id: person, name }, ..actor };
            let row = Record::installation(&actor, AuditAction::PasswordSet, person.to_string(), json!(null));
            system.commit(Event::Audit(vec![row])).await?;
            Ok(person)
        }
    };
    store.system(work).await
}

fn kept<T>(field: &'static str, read: Result<T, Problem>, faults: &mut Vec<Fault>) -> Option<T> {
    read.map_err(|problem| faults.push(Fault::new(field, problem))).ok()
}

/// A password as it came from a form or standard input; an empty one is none.
pub fn given(password: Option<SecretString>) -> Option<SecretString> {
    password.filter(|password| !password.expose_secret().is_empty())
}
