//! What people change about their own account: name, password, sessions, theme.

use crate::domain::audit::AuditAction;
use crate::domain::error::{Problem, Refusal};
use crate::domain::text::{Email, Name};
use crate::domain::theme::Theme;
use crate::server::auth::password::acceptable;
use crate::server::auth::throttle::Attempt;
use crate::server::error::{Error, Result};
use crate::server::state::AppState;
use crate::server::store::person::Person;
use crate::server::store::system::Record;
use crate::server::store::{Actor, Event, Store, SystemTx};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// A row about the person themselves.
fn row(actor: &Actor, person: &Person, action: AuditAction, before: Value, after: Value) -> Event {
    Event::Audit(vec![Record { before, ..Record::installation(actor, action, person.id.to_string(), after) }])
}

/// Gives the person another name; rows that were written keep the old one.
pub async fn rename(store: &Store, actor: &Actor, person: &Person, name: &str) -> Result<()> {
    let name = Name::parse(name).map_err(|problem| Refusal::invalid("name", problem))?;
    if name.as_str() == person.name {
        return Ok(());
    }
    let (before, after) = (json!({"name": person.name}), json!({"name": name}));
    let event = row(actor, person, AuditAction::PersonRenamed, before, after);
    let id = person.id;
    let work = move |mut system: SystemTx| {
        let (name, event) = (name.clone(), event.clone());
        async move {
            system.rename_person(id, &name).await?;
            system.commit(event).await
        }
    };
    store.system(work).await
}

/// Keeps the look that the person chose. A preference, not an act: the log says nothing of it.
pub async fn choose_theme(store: &Store, person: &Person, theme: Theme) -> Result<()> {
    let id = person.id;
    let work = move |mut system: SystemTx| async move {
        system.set_theme(id, theme).await?;
        system.commit(Event::Unaudited("a theme")).await
    };
    store.system(work).await
}

/// A password to be changed by whoever knows the present one.
pub struct NewPassword {
    pub present: SecretString,
    pub new: SecretString,
    /// The session that goes on; all others end.
    pub session: Vec<u8>,
}

/// Changes the password and ends the person's other sessions. Guesses at the present one are throttled like sign-ins.
pub async fn change_password(state: &AppState, actor: &Actor, person: &Person, wanted: NewPassword) -> Result<()> {
    let email = Email::parse(&person.email).map_err(|problem| Refusal::invalid("email", problem))?;
    let attempt = Attempt::new(&email, actor.address.as_deref().unwrap_or_default());
    if attempt.start(&state.store).await? > 0 {
        return Err(Error::invalid("present", Problem::TooManyAttempts));
    }
    let hash = state.store.system_view().await?.password_hash(person.id).await?;
    if !state.passwords.verify(wanted.present.clone(), hash).await? {
        return Err(Error::invalid("present", Problem::NotThePassword));
    }
    acceptable(&wanted.new, &[&person.name, &person.email]).map_err(|problem| Error::invalid("new", problem))?;
    if wanted.new.expose_secret() == wanted.present.expose_secret() {
        return Err(Error::invalid("new", Problem::Taken));
    }
    let hash = state.passwords.hash(wanted.new).await?;
    let event = row(actor, person, AuditAction::PasswordChanged, Value::Null, Value::Null);
    let (id, session) = (person.id, wanted.session);
    let work = move |mut system: SystemTx| {
        let (hash, session, event) = (hash.clone(), session.clone(), event.clone());
        async move {
            attempt.succeeded(&mut system).await?;
            system.set_password(id, &hash).await?;
            system.end_sessions_but(id, Some(&session)).await?;
            system.commit(event).await
        }
    };
    state.store.system(work).await
}

/// Which sessions of a person to end.
#[derive(Clone, Debug)]
pub enum Ending {
    One(Vec<u8>),
    /// All but this one.
    Others(Vec<u8>),
}

/// Ends sessions of the person.
pub async fn end_sessions(store: &Store, actor: &Actor, person: &Person, ending: Ending) -> Result<()> {
    let (id, actor, person) = (person.id, actor.clone(), person.clone());
    let work = move |mut system: SystemTx| {
        let (ending, actor, person) = (ending.clone(), actor.clone(), person.clone());
        async move {
            let ended = match &ending {
                Ending::One(session) => system.end_session_of(id, session).await?,
                Ending::Others(kept) => system.end_sessions_but(id, Some(kept)).await?,
            };
            if ended == 0 {
                return Ok(());
            }
            let event = row(&actor, &person, AuditAction::SessionsEnded, Value::Null, json!({"sessions": ended}));
            system.commit(event).await
        }
    };
    store.system(work).await
}
