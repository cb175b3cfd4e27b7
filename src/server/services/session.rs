//! Signing in and out.

use crate::domain::audit::AuditAction;
use crate::domain::id::PersonId;
use crate::domain::text::Email;
use crate::server::auth::throttle::{Attempt, network};
use crate::server::error::Result;
use crate::server::state::AppState;
use crate::server::store::failure::{Failures, QUARTER};
use crate::server::store::person::Person;
use crate::server::store::system::Record;
use crate::server::store::{Actor, Event, Store, SystemTx, Who};
use secrecy::SecretString;
use serde_json::{Value, json};

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
pub async fn sign_in(state: &AppState, actor: &Actor, email: &str, password: SecretString) -> Result<SignedIn> {
    // What has no shape of an e-mail is nobody's, and is throttled like anybody's.
    let email = Email::parse(email).or_else(|_| Email::parse("nobody@example.invalid"));
    let Ok(email) = email else { return Ok(SignedIn::No) };
    let attempt = Attempt::new(&email, actor.address.as_deref().unwrap_or_default());
    let wait = attempt.start(&state.store).await?;
    if wait > 0 {
        return Ok(SignedIn::Wait(wait));
    }
    let mut system = state.store.system_view().await?;
    let person = system.person_by_email(&email).await?;
    let hash = match &person {
        Some(person) => system.password_hash(person.id).await?,
        None => None,
    };
    drop(system);
    let right = state.passwords.verify(password, hash).await?;
    if let (Some(person), true) = (person.clone(), right) {
        return Ok(SignedIn::Yes(person, attempt));
    }
    let (known, address) = (person.map(|person| person.id), network(actor.address.as_deref().unwrap_or_default()));
    let failed = move |mut system: SystemTx| {
        let address = address.clone();
        async move {
            system.count_failure(known, &address).await?;
            system.commit(Event::Unaudited("a failed sign-in")).await
        }
    };
    state.store.system(failed).await?;
    Ok(SignedIn::No)
}

/// Forgives the failures before, and writes that somebody signed in: once their session is there, and before they are
/// given it, so that there is neither a row without a session nor a session in use without a row.
pub async fn signed_in(state: &AppState, actor: &Actor, person: &Person, attempt: Attempt) -> Result<()> {
    let actor = Actor { who: Who::Person { id: person.id, name: person.name.clone() }, ..actor.clone() };
    let row = Record::installation(&actor, AuditAction::SignedIn, person.id.to_string(), Value::Null);
    let work = move |mut system: SystemTx| {
        let row = row.clone();
        async move {
            attempt.succeeded(&mut system).await?;
            system.commit(Event::Audit(vec![row])).await
        }
    };
    state.store.system(work).await
}

/// Writes one row for each account, address and quarter of an hour with failed sign-ins, once the quarter has closed.
pub async fn write_failures(store: &Store) -> Result<()> {
    store
        .system(|mut system| async move {
            let actor = Actor::system("sign-in");
            let row = |failed: Failures| {
                let known = failed.person_id != PersonId(0);
                let target = if known { failed.person_id.to_string() } else { "unknown e-mails".to_owned() };
                let address = known.then_some(failed.address);
                let state = json!({"from_ms": failed.quarter, "to_ms": failed.quarter.plus(QUARTER),
                    "failures": failed.n, "address": address});
                Record::installation(&actor, AuditAction::SignInsFailed, target, state)
            };
            let rows: Vec<Record> = system.take_closed_failures().await?.into_iter().map(row).collect();
            if rows.is_empty() { Ok(()) } else { system.commit(Event::Audit(rows)).await }
        })
        .await
}

/// Writes that somebody signed out; the session itself is ended by whoever holds it.
pub async fn sign_out(state: &AppState, actor: &Actor) -> Result<()> {
    let actor = actor.clone();
    let work = move |system: SystemTx| {
        let actor = actor.clone();
        async move {
            let target = if let Who::Person { id, .. } = &actor.who { id.to_string() } else { String::new() };
            let row = Record::installation(&actor, AuditAction::SignedOut, target, Value::Null);
            system.commit(Event::Audit(vec![row])).await
        }
    };
    state.store.system(work).await
}
