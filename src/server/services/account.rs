//! What people change about their own account: name, password, sessions, theme.

use super::Services;
use super::proof::{Again, ProvenAgain, prove_again};
use crate::domain::audit::AuditAction;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::text::Name;
use crate::domain::theme::Theme;
use crate::server::auth::password::acceptable;
use crate::server::error::{Error, Result};
use crate::server::store::notice::NewNotice;
use crate::server::store::person::Person;
use crate::server::store::{Actor, Record, SystemTx, Trail};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// A row about the person themselves.
fn row(actor: &Actor, person: PersonId, action: AuditAction, before: Value, after: Value) -> Trail {
    Trail::Audited(vec![Record::installation(actor, action, person.to_string(), after).from_before(before)])
}

/// Gives the person another name; rows that were written keep the old one.
pub async fn rename(services: &Services, actor: &Actor, person: &Person, name: &str) -> Result<()> {
    let name = Name::parse(name).map_err(|problem| Refusal::invalid("name", problem))?;
    if name.as_str() == person.name {
        return Ok(());
    }
    let (before, after) = (json!({"name": person.name}), json!({"name": name}));
    let trail = row(actor, person.id, AuditAction::PersonRenamed, before, after);
    let id = person.id;
    services.system.transaction(move |tx| rename_once(tx, id, name.clone(), trail.clone())).await
}

async fn rename_once(mut tx: SystemTx, id: PersonId, name: Name, trail: Trail) -> Result<()> {
    tx.rename_person(id, &name).await?;
    tx.commit(trail).await
}

/// Notes that the person read what they were told. Not an act: the log says nothing of it.
pub async fn see_notices(services: &Services, person: &Person) -> Result<()> {
    let id = person.id;
    services.system.transaction(move |tx| see_notices_once(tx, id)).await
}

async fn see_notices_once(mut tx: SystemTx, id: PersonId) -> Result<()> {
    tx.see_notices(id).await?;
    tx.commit(Trail::Unaudited("notices that were read")).await
}

/// Keeps the look that the person chose. A preference, not an act: the log says nothing of it.
pub async fn choose_theme(services: &Services, person: &Person, theme: Theme) -> Result<()> {
    let id = person.id;
    services.system.transaction(move |tx| choose_theme_once(tx, id, theme)).await
}

async fn choose_theme_once(mut tx: SystemTx, id: PersonId, theme: Theme) -> Result<()> {
    tx.set_theme(id, theme).await?;
    tx.commit(Trail::Unaudited("a theme")).await
}

/// Changes the password and ends the person's other sessions. Guesses at the current one are throttled like sign-ins. `again`
/// is the current one, and the code where there is a second factor.
///
/// # Errors
/// [`Refusal::Invalid`] at `present`, `code` or `new`.
pub async fn change_password(
    services: &Services,
    actor: &Actor,
    person: &Person,
    (again, new): (Again, SecretString),
) -> Result<()> {
    // Before the current one is asked about, so that a slip here is no failed guess there.
    acceptable(&new, &[&person.name, &person.email]).map_err(|problem| Error::invalid("new", problem))?;
    if new.expose_secret() == again.password.expose_secret() {
        return Err(Error::invalid("new", Problem::Taken));
    }
    let proven = prove_again(services, actor, person, &again, ("present", "code")).await?;
    let hash = services.passwords.hash(new).await?;
    let (id, actor) = (person.id, actor.clone());
    let work =
        move |tx| change_password_once(tx, actor.clone(), id, (proven.clone(), again.session.clone()), hash.clone());
    services.system.transaction(work).await
}

async fn change_password_once(
    mut tx: SystemTx,
    actor: Actor,
    id: PersonId,
    (proven, session): (ProvenAgain, Vec<u8>),
    hash: String,
) -> Result<()> {
    let used = proven.use_up(&mut tx, &actor, id).await?;
    tx.set_password(id, &hash).await?;
    tx.end_sessions_but(id, Some(&session)).await?;
    tx.notify(&NewNotice::new(id, NoticeKind::PasswordChanged, NoticeState::default())).await?;
    let row = Record::installation(&actor, AuditAction::PasswordChanged, id.to_string(), Value::Null);
    tx.commit(Trail::Audited(used.into_iter().chain([row]).collect())).await
}

/// Which sessions of a person to end.
#[derive(Clone, Debug)]
pub enum Ending {
    One(Vec<u8>),
    /// All but this one.
    Others(Vec<u8>),
}

/// Ends sessions of the person.
pub async fn end_sessions(services: &Services, actor: &Actor, person: &Person, ending: Ending) -> Result<()> {
    let (id, actor) = (person.id, actor.clone());
    services.system.transaction(move |tx| end_sessions_once(tx, actor.clone(), id, ending.clone())).await
}

async fn end_sessions_once(mut tx: SystemTx, actor: Actor, id: PersonId, ending: Ending) -> Result<()> {
    actor.assert_confirmed(tx.now)?;
    let ended = match &ending {
        Ending::One(session) => tx.end_session_of(id, session).await?,
        Ending::Others(kept) => tx.end_sessions_but(id, Some(kept)).await?,
    };
    if ended == 0 {
        return Ok(());
    }
    tx.commit(row(&actor, id, AuditAction::SessionsEnded, Value::Null, json!({"sessions": ended}))).await
}
