//! Accounts of people: adding them, and the one-time links by which they choose a password.

use super::Services;
use super::mail::{LinkFor, first_password, other_password};
use crate::domain::audit::AuditAction;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::text::{Email, Name};
use crate::server::auth::key::{LINK_LASTS, hash, link_token};
use crate::server::auth::password::acceptable;
use crate::server::error::{Error, Result};
use crate::server::store::link::{Link, LinkKind};
use crate::server::store::notice::NewNotice;
use crate::server::store::person::Person;
use crate::server::store::{Actor, Record, Store, SystemTx, Trail, Who};
use secrecy::SecretString;
use serde_json::{Value, json};

/// A new account as it is asked for.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub email: String,
    pub name: String,
    pub operator: bool,
    pub password: Option<SecretString>,
}

/// Adds an account. Without a password there is a one-time link; it returns who gets that.
pub async fn add_account(services: &Services, actor: &Actor, new: NewAccount) -> Result<(PersonId, Option<LinkFor>)> {
    let email = Email::parse(&new.email).map_err(|problem| Refusal::invalid("email", problem))?;
    let name = Name::parse(&new.name).map_err(|problem| Refusal::invalid("name", problem))?;
    let (token, token_hash) = link_token(services.system.ids());
    let (credential, link) = match new.password {
        Some(password) => {
            acceptable(&password, &[&new.name, &new.email]).map_err(|problem| Error::invalid("password", problem))?;
            (FirstCredential::Password(services.passwords.hash(password).await?), None)
        }
        None => {
            let mailed = services.mailed("/set-up", &token);
            (FirstCredential::Link { token_hash, mailed }, Some(services.link_for(token)))
        }
    };
    let (operator, actor) = (new.operator, actor.clone());
    let work = move |tx| add_account_once(tx, actor.clone(), email.clone(), name.clone(), operator, credential.clone());
    Ok((services.system.transaction(work).await?, link))
}

async fn add_account_once(
    mut tx: SystemTx,
    actor: Actor,
    email: Email,
    name: Name,
    operator: bool,
    credential: FirstCredential,
) -> Result<PersonId> {
    let (person, row) = add_person(&mut tx, &actor, &email, &name, operator, &credential).await?;
    tx.commit(Trail::Audited(vec![row])).await?;
    Ok(person)
}

/// What a new person signs in with.
#[derive(Clone, Debug)]
pub(super) enum FirstCredential {
    /// The hash of a password that was chosen already.
    Password(String),
    /// A link by which they choose one.
    Link {
        token_hash: Vec<u8>,
        /// The link itself, where it is mailed.
        mailed: Option<String>,
    },
}

/// Adds a person; returns their row for the log.
pub(super) async fn add_person(
    tx: &mut SystemTx,
    actor: &Actor,
    email: &Email,
    name: &Name,
    operator: bool,
    credential: &FirstCredential,
) -> Result<(PersonId, Record)> {
    let person = match credential {
        FirstCredential::Password(hash) => tx.add_person(email, name, Some(hash), operator, None).await?,
        FirstCredential::Link { token_hash, mailed } => {
            let shown_to = actor.person().filter(|_| mailed.is_none());
            let person = tx.add_person(email, name, None, operator, shown_to).await?;
            let expires = tx.now.plus(LINK_LASTS);
            tx.add_link(token_hash, LinkKind::Password, Some(person), expires).await?;
            if let Some(link) = mailed {
                tx.add_mail(&first_password(email.as_str(), actor.name(), link), expires).await?;
            }
            person
        }
    };
    Ok((person, person_added(actor, person, name, operator)))
}

/// The row of a new person.
pub(super) fn person_added(actor: &Actor, person: PersonId, name: &Name, operator: bool) -> Record {
    let state = json!({"person": person, "name": name, "operator": operator});
    Record::installation(actor, AuditAction::PersonAdded, person.to_string(), state)
}

/// Asks for a confirmation before an account gets more than it has, when somebody else than whoever gives it could have
/// chosen its first password: they may have made it for an e-mail that is not theirs.
///
/// # Errors
/// [`Problem::LinkWasShown`] at this field.
pub(super) fn assert_theirs(
    actor: Option<PersonId>,
    person: &Person,
    confirmed: bool,
    field: &'static str,
) -> Result<()> {
    let by_somebody_else = person.first_link_shown_to.is_some() && person.first_link_shown_to != actor;
    if by_somebody_else && !confirmed { Err(Error::invalid(field, Problem::LinkWasShown)) } else { Ok(()) }
}

/// Refuses people who are no operators, inside the transaction that acts.
pub(super) async fn operators_only(tx: &mut SystemTx, actor: &Actor) -> Result<()> {
    match &actor.who {
        Who::Person { id, .. } => match tx.person(*id).await? {
            Some(person) => person.assert_operator(),
            None => Err(Refusal::OperatorsOnly.into()),
        },
        Who::CommandLine => Ok(()),
        _ => Err(Refusal::OperatorsOnly.into()),
    }
}

/// Makes a link by which a person chooses another password, takes the present one away and ends their sessions; returns who
/// gets it. It is power over
/// an account, and so only for operators and the command line. Earlier links of theirs end. Every workspace of the person
/// has a row of it, for its Compliance Admins to see.
pub async fn make_reset_link(services: &Services, actor: &Actor, email: &str) -> Result<LinkFor> {
    let email = Email::parse(email).map_err(|problem| Refusal::invalid("email", problem))?;
    let (token, token_hash) = link_token(services.system.ids());
    let (actor, mailed) = (actor.clone(), services.mailed("/set-up", &token));
    let work = move |tx| make_reset_link_once(tx, actor.clone(), email.clone(), (token_hash.clone(), mailed.clone()));
    services.system.transaction(work).await?;
    Ok(services.link_for(token))
}

async fn make_reset_link_once(
    mut tx: SystemTx,
    actor: Actor,
    email: Email,
    (token_hash, mailed): (Vec<u8>, Option<String>),
) -> Result<()> {
    operators_only(&mut tx, &actor).await?;
    actor.assert_confirmed(tx.now)?;
    tx.take_form(&actor).await?;
    let person = tx.person_by_email(&email).await?.ok_or(Refusal::NotFound)?;
    tx.forget_password(person.id).await?;
    let ended = tx.end_sessions_but(person.id, None).await?;
    tx.end_links(LinkKind::Password, Some(person.id)).await?;
    let expires = tx.now.plus(LINK_LASTS);
    tx.add_link(&token_hash, LinkKind::Password, Some(person.id), expires).await?;
    if let Some(link) = mailed {
        tx.add_mail(&other_password(&person.email, &link), expires).await?;
    }
    let told = NoticeState { who: actor.told(), ..NoticeState::default() };
    tx.notify(&NewNotice::new(person.id, NoticeKind::ResetMade, told)).await?;
    let state = json!({"person": person.id, "name": person.name, "sessions_ended": ended});
    let row = Record::installation(&actor, AuditAction::ResetLinkMade, person.id.to_string(), state);
    let workspaces = tx.workspaces_of(person.id).await?;
    let rows = tx.rows_of(&workspaces, row).await?;
    tx.commit(Trail::Audited(rows)).await
}

/// The link behind a token, while it may be used, and the e-mail of whom it is for. Looking never uses it up.
pub async fn look_at_link(store: &Store, token: &str) -> Result<Option<(Link, Option<String>)>> {
    let mut view = store.system_view().await?;
    let Some(link) = view.link(&hash(token)).await? else { return Ok(None) };
    let email = match link.person {
        Some(person) => view.person(person).await?.map(|person| person.email),
        None => None,
    };
    Ok(Some((link, email)))
}

/// Lets a person choose their password by a one-time link; returns who it was.
pub async fn choose_password(
    services: &Services,
    actor: &Actor,
    token: &str,
    password: SecretString,
) -> Result<PersonId> {
    let known = look_at_link(services.store(), token).await?.and_then(|(_, email)| email).unwrap_or_default();
    acceptable(&password, &[&known]).map_err(|problem| Error::invalid("password", problem))?;
    let password_hash = services.passwords.hash(password).await?;
    let (token_hash, actor) = (hash(token), actor.clone());
    let work = move |tx| choose_password_once(tx, actor.clone(), token_hash.clone(), password_hash.clone());
    services.system.transaction(work).await
}

async fn choose_password_once(
    mut tx: SystemTx,
    actor: Actor,
    token_hash: Vec<u8>,
    password_hash: String,
) -> Result<PersonId> {
    let link = tx.link(&token_hash).await?.ok_or(Refusal::NotFound)?;
    let person = link.person.filter(|_| link.kind == LinkKind::Password).ok_or(Refusal::NotFound)?;
    if !tx.use_link(&token_hash).await? {
        return Err(Refusal::NotFound.into());
    }
    tx.end_links(LinkKind::Password, Some(person)).await?;
    tx.set_password(person, &password_hash).await?;
    tx.end_sessions_but(person, None).await?;
    let name = tx.person(person).await?.map(|person| person.name).unwrap_or_default();
    tx.notify(&NewNotice::new(person, NoticeKind::PasswordChanged, NoticeState::default())).await?;
    let actor = Actor { who: Who::Person { id: person, name }, ..actor };
    let row = Record::installation(&actor, AuditAction::PasswordSet, person.to_string(), Value::Null);
    tx.commit(Trail::Audited(vec![row])).await?;
    Ok(person)
}
