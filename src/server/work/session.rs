//! Signing in and out.

use crate::domain::audit::AuditAction;
use crate::domain::text::Email;
use crate::server::auth::throttle::Attempt;
use crate::server::error::Result;
use crate::server::state::State;
use crate::server::store::own::Record;
use crate::server::store::person::Person;
use crate::server::store::{Actor, Event, Own, Who};
use secrecy::SecretString;
use serde_json::Value;

/// What an attempt to sign in came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    Yes(Person, Attempt),
    /// Unknown e-mail, wrong password, no password yet: one and the same answer.
    No,
    /// Too many failures; try again in so many milliseconds.
    Wait(i64),
}

/// Checks an e-mail and a password. An unknown e-mail costs the same one hash.
pub async fn sign_in(state: &State, actor: &Actor, email: &str, password: SecretString) -> Result<SignedIn> {
    // What has no shape of an e-mail is nobody's, and is throttled like anybody's.
    let email = Email::parse(email).or_else(|_| Email::parse("nobody@example.invalid"));
    let Ok(email) = email else { return Ok(SignedIn::No) };
    let attempt = Attempt::new(&email, actor.address.as_deref().unwrap_or_default());
    let wait = attempt.start(&state.store).await?;
    if wait > 0 {
        return Ok(SignedIn::Wait(wait));
    }
    let mut own = state.store.own_view().await?;
    let person = own.person_by_email(&email).await?;
    let hash = match &person {
        Some(person) => own.password_hash(person.id).await?,
        None => None,
    };
    drop(own);
    let right = state.passwords.verify(password, hash).await?;
    Ok(person.filter(|_| right).map_or(SignedIn::No, |person| SignedIn::Yes(person, attempt)))
}

/// Forgives the failures before, and writes that somebody signed in: once their session is there, and before they are
/// given it, so that there is neither a row without a session nor a session in use without a row.
pub async fn signed_in(state: &State, actor: &Actor, person: &Person, attempt: Attempt) -> Result<()> {
    let actor = Actor { who: Who::Person { id: person.id, name: person.name.clone() }, ..actor.clone() };
    let row = Record::installation(&actor, AuditAction::SignedIn, person.id.to_string(), Value::Null);
    let work = move |mut own: Own| {
        let row = row.clone();
        async move {
            attempt.succeeded(&mut own).await?;
            own.commit(Event::Audit(vec![row])).await
        }
    };
    state.store.own(work).await
}

/// Writes that somebody signed out; the session itself is ended by whoever holds it.
pub async fn sign_out(state: &State, actor: &Actor) -> Result<()> {
    let actor = actor.clone();
    let work = move |own: Own| {
        let actor = actor.clone();
        async move {
            let target = if let Who::Person { id, .. } = &actor.who { id.to_string() } else { String::new() };
            let row = Record::installation(&actor, AuditAction::SignedOut, target, Value::Null);
            own.commit(Event::Audit(vec![row])).await
        }
    };
    state.store.own(work).await
}
