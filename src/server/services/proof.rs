//! Proving who one is beside the password: the code of a second factor at sign-in, and both once more before what would do
//! harm if somebody else sat at the browser.

use super::Services;
use super::half_signed_in::HalfSignedIn;
use super::session::{Failed, Proof, SignedIn, count_failure};
use crate::domain::audit::AuditAction;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::notice::{NoticeKind, NoticeState};
use crate::domain::text::Email;
use crate::domain::time::{HOUR, Millis};
use crate::server::auth::browser::{Epoch, KnownBrowsers};
use crate::server::auth::one_time_code::CodeSecret;
use crate::server::auth::password::Verdict;
use crate::server::auth::recovery_code::recovery_hash;
use crate::server::auth::throttle::{Attempt, Passage};
use crate::server::error::{Error, Result};
use crate::server::store::notice::NewNotice;
use crate::server::store::person::Person;
use crate::server::store::second_factor::{ProvenFactor, SecondFactor};
use crate::server::store::{Actor, Record, SystemTx, Trail};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

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
    let epoch = Epoch::of(Some(&hash), person.second_factor_at);
    let number = browsers.number(marks, &email, &epoch);
    let mut attempt = Attempt::at_code(&email, number, actor.address.as_deref().unwrap_or_default());
    if let Passage::Wait(wait) = attempt.count(system).await? {
        return Ok(SignedIn::Wait(wait));
    }
    let Some(proven) = proven(services, id, &factor, code).await? else {
        count_failure(services, actor, Some(id), Failed::Code).await?;
        return Ok(SignedIn::No);
    };
    let marks = browsers.with(marks, (&email, &epoch), number.unwrap_or_else(|| system.ids().random()));
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
    let secret = CodeSecret::unsealed(&keys, person, &factor.secret)?;
    if let Some(step) = secret.step_of(typed, view.now, factor.used_step) {
        return Ok(Some(ProvenFactor::Step { step, sealed: factor.secret.sealed.clone() }));
    }
    if secret.step_of(typed, view.now, 0) == Some(factor.used_step) {
        let now = view.now;
        drop(view);
        services.system.transaction(move |tx| tell_of_repeated(tx, person, now)).await?;
        return Ok(None);
    }
    for key in keys.recovery_codes() {
        let Some(hash) = recovery_hash(&key, person, typed)? else { return Ok(None) };
        if view.has_recovery_code(person, &hash).await? {
            return Ok(Some(ProvenFactor::RecoveryCode(hash)));
        }
    }
    Ok(None)
}

/// A right code that was used before: somebody may have looked over a shoulder.
async fn tell_of_repeated(mut tx: SystemTx, person: PersonId, now: Millis) -> Result<()> {
    // Once an hour.
    let about = now.0.div_euclid(HOUR).to_string();
    let kind = NoticeKind::CodeRepeated;
    tx.notify(&NewNotice { person, kind, about, state: NoticeState::default() }).await?;
    tx.commit(Trail::Unaudited("a code that came again")).await
}

/// What somebody who is signed in gives once more.
pub struct Again {
    pub password: SecretString,
    /// Empty where they have no second factor.
    pub code: String,
    /// The session that they are signed in by.
    pub session: Vec<u8>,
}

/// That they are still there, to be used up by a transaction.
#[derive(Clone, Debug)]
pub(super) struct ProvenAgain {
    attempt: Attempt,
    /// What the password was found right by, and the session that it was given in.
    hash: String,
    session: Vec<u8>,
    factor: Option<ProvenFactor>,
    code_field: &'static str,
}

/// Checks the password and the code of a person who is signed in. Guesses are throttled like sign-ins, and leave a row.
///
/// # Errors
/// [`Refusal::Invalid`](crate::domain::error::Refusal::Invalid) at one of the fields: of the password, and of the code.
pub(super) async fn prove_again(
    services: &Services,
    actor: &Actor,
    person: &Person,
    again: &Again,
    (password_field, code_field): (&'static str, &'static str),
) -> Result<ProvenAgain> {
    // What was left out is no guess.
    let lacks_code = person.has_second_factor() && again.code.trim().is_empty();
    let lacking = [(again.password.expose_secret().is_empty(), password_field), (lacks_code, code_field)];
    let faults: Vec<Fault> =
        lacking.into_iter().filter(|(lacks, _)| *lacks).map(|(_, field)| Fault::new(field, Problem::Missing)).collect();
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults).into());
    }
    let Services { system, passwords, .. } = services;
    let email = Email::parse(&person.email).map_err(|problem| Error::invalid("email", problem))?;
    let mut attempt = Attempt::by_signed_in(&email, &again.session);
    let Passage::Try(rank) = attempt.count(system).await? else {
        return Err(Error::invalid(password_field, Problem::TooManyAttempts));
    };
    let mut view = system.system_view().await?;
    let (hash, factor) = (view.password_hash(person.id).await?, view.second_factor(person.id).await?);
    drop(view);
    let verdict = passwords.verify(rank, again.password.clone(), hash.clone()).await?;
    let (Some(hash), Verdict::Right { .. }) = (hash, verdict) else {
        count_failure(services, actor, Some(person.id), Failed::Password).await?;
        return Err(Error::invalid(password_field, Problem::NotThePassword));
    };
    let factor = match factor {
        None => None,
        Some(factor) => match proven(services, person.id, &factor, &again.code).await? {
            Some(proven) => Some(proven),
            None => {
                count_failure(services, actor, Some(person.id), Failed::Code).await?;
                return Err(Error::invalid(code_field, Problem::NotTheCode));
            }
        },
    };
    Ok(ProvenAgain { attempt, hash, session: again.session.clone(), factor, code_field })
}

impl ProvenAgain {
    /// Uses it up. Returns the row of a recovery code.
    ///
    /// # Errors
    /// [`Refusal::SignedOut`] where the password was changed or taken away meanwhile, or the session ended.
    /// [`Problem::NotTheCode`] for a code that was used meanwhile, and where a second factor was set up meanwhile.
    pub(super) async fn use_up(&self, tx: &mut SystemTx, actor: &Actor, id: PersonId) -> Result<Option<Record>> {
        if !tx.may_sign_in(id, &self.hash).await? || !tx.is_session_of(id, &self.session).await? {
            return Err(Refusal::SignedOut.into());
        }
        if !tx.use_up(id, self.factor.as_ref()).await? {
            return Err(Error::invalid(self.code_field, Problem::NotTheCode));
        }
        self.attempt.succeeded(tx).await?;
        if !matches!(self.factor, Some(ProvenFactor::RecoveryCode(_))) {
            return Ok(None);
        }
        tx.notify(&NewNotice::new(id, NoticeKind::RecoveryCodeUsed, NoticeState::default())).await?;
        Ok(Some(Record::installation(actor, AuditAction::RecoveryCodeUsed, id.to_string(), Value::Null)))
    }
}

/// Checks that the person who is signed in is still there; returns the moment of it.
///
/// # Errors
/// [`Refusal::Invalid`](crate::domain::error::Refusal::Invalid) at `again_password` or `again_code`.
pub async fn confirm(services: &Services, actor: &Actor, person: &Person, again: Again) -> Result<Millis> {
    let proven = prove_again(services, actor, person, &again, ("again_password", "again_code")).await?;
    let (id, actor) = (person.id, actor.clone());
    services.system.transaction(move |tx| confirm_once(tx, id, actor.clone(), proven.clone())).await
}

async fn confirm_once(mut tx: SystemTx, id: PersonId, actor: Actor, proven: ProvenAgain) -> Result<Millis> {
    let row = proven.use_up(&mut tx, &actor, id).await?;
    let now = tx.now;
    let trail = match row {
        Some(row) => Trail::Audited(vec![row]),
        None => Trail::Unaudited("somebody proved who they are once more"),
    };
    tx.commit(trail).await?;
    Ok(now)
}
