//! Proving who one is beside the password: the code of a second factor at sign-in, and both once more before what would do
//! harm if somebody else sat at the browser.

use super::Services;
use super::half_signed_in::HalfSignedIn;
use super::session::{Proof, SignedIn, count_failure};
use crate::domain::error::Problem;
use crate::domain::id::PersonId;
use crate::domain::text::Email;
use crate::domain::time::Millis;
use crate::server::auth::browser::KnownBrowsers;
use crate::server::auth::one_time_code::CodeSecret;
use crate::server::auth::password::Verdict;
use crate::server::auth::recovery_code::recovery_hash;
use crate::server::auth::throttle::{Attempt, Passage};
use crate::server::error::{Error, Result};
use crate::server::store::person::Person;
use crate::server::store::second_factor::{ProvenFactor, SecondFactor};
use crate::server::store::{Actor, SystemTx, Trail};
use secrecy::SecretString;

/// Checks the code of somebody whose password was right. `marks` are what the browser keeps.
pub async fn sign_in_by_code(
    services: &Services,
    actor: &Actor,
    half: &HalfSignedIn,
    code: &str,
    marks: &str,
) -> Result<SignedIn> {
    let system = &services.system;
    let mut view = system.system_view().await?;
    let Some(id) = half.person().filter(|_| half.is_open(view.now)) else { return Ok(SignedIn::No) };
    let (person, hash, factor) = (view.person(id).await?, view.password_hash(id).await?, view.second_factor(id).await?);
    drop(view);
    let hash = hash.filter(|hash| half.is_by(hash));
    let (Some(person), Some(hash), Some(factor)) = (person.filter(|person| !person.disabled), hash, factor) else {
        return Ok(SignedIn::No);
    };
    let email = Email::parse(&person.email).map_err(|problem| Error::invalid("email", problem))?;
    let browsers = KnownBrowsers::new(system.keyring().clone());
    let number = browsers.number(marks, &email);
    let mut attempt = Attempt::at_code(&email, number);
    if let Passage::Wait(wait) = attempt.count(system).await? {
        return Ok(SignedIn::Wait(wait));
    }
    let Some(proven) = proven(services, id, &factor, code).await? else {
        count_failure(services, actor, Some(id)).await?;
        return Ok(SignedIn::No);
    };
    let marks = browsers.with(marks, &email, number.unwrap_or_else(|| system.ids().random()));
    Ok(SignedIn::Yes(
        person,
        Proof { attempt, hash, renewed: None, factor: Some(proven), is_new_browser: number.is_none(), marks },
    ))
}

/// Whether what was typed proves the person's second factor: what their app shows, or a recovery code.
async fn proven(
    services: &Services,
    person: PersonId,
    factor: &SecondFactor,
    typed: &str,
) -> Result<Option<ProvenFactor>> {
    let keys = services.system.keyring().now();
    let mut view = services.system.system_view().await?;
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let secret = CodeSecret::unsealed(&keys, person, &factor.secret)?;
    if let Some(step) = secret.step_of(&digits, view.now, factor.used_step) {
        return Ok(Some(ProvenFactor::Step(step)));
    }
    for key in keys.recovery_codes() {
        let Some(hash) = recovery_hash(&key, person, typed)? else { return Ok(None) };
        if view.has_recovery_code(person, &hash).await? {
            return Ok(Some(ProvenFactor::RecoveryCode(hash)));
        }
    }
    Ok(None)
}

/// What somebody who is signed in gives once more.
pub struct Again {
    pub password: SecretString,
    /// Empty where they have no second factor.
    pub code: String,
}

/// Checks that the person who is signed in is still there; returns the moment of it. Guesses are throttled like sign-ins,
/// and leave a row.
///
/// # Errors
/// [`Refusal::Invalid`](crate::domain::error::Refusal::Invalid) at `again_password` or `again_code`.
pub async fn confirm(services: &Services, actor: &Actor, person: &Person, again: Again) -> Result<Millis> {
    let attempt = present_password(services, actor, person, ("again_password", again.password)).await?;
    let factor = services.system.system_view().await?.second_factor(person.id).await?;
    let proven = match factor {
        None => None,
        Some(factor) => match proven(services, person.id, &factor, &again.code).await? {
            Some(proven) => Some(proven),
            None => {
                count_failure(services, actor, Some(person.id)).await?;
                return Err(Error::invalid("again_code", Problem::NotTheCode));
            }
        },
    };
    let id = person.id;
    services.system.transaction(move |tx| confirm_once(tx, id, attempt.clone(), proven.clone())).await
}

async fn confirm_once(
    mut tx: SystemTx,
    id: PersonId,
    attempt: Attempt,
    proven: Option<ProvenFactor>,
) -> Result<Millis> {
    if let Some(proven) = &proven
        && !tx.use_up(id, proven).await?
    {
        return Err(Error::invalid("again_code", Problem::NotTheCode));
    }
    attempt.succeeded(&mut tx).await?;
    let now = tx.now;
    tx.commit(Trail::Unaudited("somebody proved who they are once more")).await?;
    Ok(now)
}

/// Checks the present password of somebody who is signed in; the attempt is forgiven by who goes on.
///
/// # Errors
/// [`Refusal::Invalid`](crate::domain::error::Refusal::Invalid) at the field.
pub(super) async fn present_password(
    services: &Services,
    actor: &Actor,
    person: &Person,
    (field, password): (&'static str, SecretString),
) -> Result<Attempt> {
    let Services { system, passwords, .. } = services;
    let email = Email::parse(&person.email).map_err(|problem| Error::invalid("email", problem))?;
    let mut attempt = Attempt::by_signed_in(&email);
    let Passage::Try(rank) = attempt.count(system).await? else {
        return Err(Error::invalid(field, Problem::TooManyAttempts));
    };
    let hash = system.system_view().await?.password_hash(person.id).await?;
    if passwords.verify(rank, password, hash).await? == Verdict::Wrong {
        count_failure(services, actor, Some(person.id)).await?;
        return Err(Error::invalid(field, Problem::NotThePassword));
    }
    Ok(attempt)
}
