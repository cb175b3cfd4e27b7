//! Signing in and out.

use super::Services;
use super::half_signed_in::HalfSignedIn;
use crate::domain::audit::{AuditAction, SystemActor};
use crate::domain::error::Refusal;
use crate::domain::id::PersonId;
use crate::domain::notice::{MANY_WRONG_CODES, NoticeKind, NoticeState};
use crate::domain::text::Email;
use crate::domain::time::DAY;
use crate::server::auth::browser::{Epoch, KnownBrowsers};
use crate::server::auth::password::Verdict;
use crate::server::auth::session::Sessions;
use crate::server::auth::throttle::{Attempt, Passage, count_wrong_code, host};
use crate::server::error::{Error, Result};
use crate::server::store::failure::{Failures, QUARTER};
use crate::server::store::notice::NewNotice;
use crate::server::store::person::Person;
use crate::server::store::second_factor::ProvenFactor;
use crate::server::store::{Actor, Record, SystemTx, Trail, Who};
use secrecy::SecretString;
use serde_json::{Value, json};

/// What an attempt to sign in came to.
#[derive(Clone, Debug)]
pub enum SignedIn {
    Yes(Person, Proof),
    /// The password was right, and a code of the second factor is asked for.
    NeedsCode(HalfSignedIn),
    /// Unknown e-mail, wrong password, no password, a disabled account: one and the same answer.
    No,
    /// Too many failures; try again in so many milliseconds.
    Wait(i64),
}

/// That somebody knew a password, and had the second factor where there is one.
#[derive(Clone, Debug)]
pub struct Proof {
    pub(super) attempt: Attempt,
    /// What it was found right by.
    pub(super) hash: String,
    /// The same password under a hash as they are made now, where that one is older.
    pub(super) renewed: Option<String>,
    pub(super) factor: Option<ProvenFactor>,
    /// Whether the browser was not known for the account.
    pub(super) is_new_browser: bool,
    /// What the browser keeps from now on, by which it is known for the account.
    pub marks: Option<String>,
}

/// Checks an e-mail and a password. An unknown e-mail costs the same one hash. `marks` are what the browser keeps.
pub async fn sign_in(
    services: &Services,
    actor: &Actor,
    (email, password): (&str, SecretString),
    marks: &str,
) -> Result<SignedIn> {
    let Services { system, passwords, .. } = services;
    // What has no shape of an e-mail is nobody's, and is throttled like anybody's.
    let email = Email::parse(email).or_else(|_| Email::parse("nobody@example.invalid"));
    let Ok(email) = email else { return Ok(SignedIn::No) };
    let mut view = system.system_view().await?;
    let person = view.person_by_email(&email).await?;
    let hash = match &person {
        Some(person) => view.password_hash(person.id).await?,
        None => None,
    };
    drop(view);
    let second_factor_at = person.as_ref().and_then(|person| person.second_factor_at);
    let browsers = KnownBrowsers::new(system.keyring().clone());
    let number = browsers.number(marks, &email, &Epoch::of(hash.as_deref(), second_factor_at));
    let mut attempt = match number {
        Some(number) => Attempt::by_known(&email, number),
        None => Attempt::by_stranger(&email, actor.address.as_deref().unwrap_or_default()),
    };
    let rank = match attempt.count(system).await? {
        Passage::Try(rank) => rank,
        Passage::Wait(wait) => return Ok(SignedIn::Wait(wait)),
    };
    let verdict = passwords.verify(rank, password.clone(), hash.clone()).await?;
    let person_id = person.as_ref().map(|person| person.id);
    if let (Some(person), Some(hash), Verdict::Right { is_outdated }) = (person, hash, verdict)
        && !person.disabled
    {
        let renewed = if is_outdated { Some(passwords.hash(password).await?) } else { None };
        if person.has_second_factor() {
            return half_sign_in(services, person.id, attempt, (hash, renewed)).await;
        }
        let epoch = Epoch::of(Some(renewed.as_deref().unwrap_or(&hash)), None);
        let marks = browsers.with(marks, (&email, &epoch), number.unwrap_or_else(|| system.ids().random()));
        return Ok(SignedIn::Yes(
            person,
            Proof { attempt, hash, renewed, factor: None, is_new_browser: number.is_none(), marks },
        ));
    }
    count_failure(services, actor, person_id, Failed::Password).await?;
    Ok(SignedIn::No)
}

/// Forgives the failures before a right password that a code must follow.
async fn half_sign_in(
    services: &Services,
    id: PersonId,
    attempt: Attempt,
    (hash, renewed): (String, Option<String>),
) -> Result<SignedIn> {
    let work = move |tx| half_sign_in_once(tx, id, attempt.clone(), hash.clone(), renewed.clone());
    match services.system.transaction(work).await {
        Ok(half) => Ok(SignedIn::NeedsCode(half)),
        Err(Error::Refused(Refusal::SignedOut)) => Ok(SignedIn::No),
        Err(error) => Err(error),
    }
}

async fn half_sign_in_once(
    mut tx: SystemTx,
    id: PersonId,
    attempt: Attempt,
    hash: String,
    renewed: Option<String>,
) -> Result<HalfSignedIn> {
    know_password(&mut tx, id, &hash, renewed.as_deref()).await?;
    attempt.succeeded(&mut tx).await?;
    let half = HalfSignedIn::new(id, renewed.as_deref().unwrap_or(&hash), tx.now);
    tx.commit(Trail::Unaudited("a right password, before a code")).await?;
    Ok(half)
}

/// Keeps the renewed hash of a password that was right.
///
/// # Errors
/// [`Refusal::SignedOut`] where it is not any more.
async fn know_password(tx: &mut SystemTx, id: PersonId, hash: &str, renewed: Option<&str>) -> Result<()> {
    if !tx.may_sign_in(id, hash).await? {
        return Err(Refusal::SignedOut.into());
    }
    if let Some(renewed) = renewed {
        tx.set_password(id, renewed).await?;
    }
    Ok(())
}

/// What was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    Password,
    /// After a right password.
    Code,
}

/// Counts a failure, for the row of its quarter of an hour, and tells its person of codes that somebody tries.
pub(super) async fn count_failure(
    services: &Services,
    actor: &Actor,
    person: Option<PersonId>,
    failed: Failed,
) -> Result<()> {
    let address = host(actor.address.as_deref().unwrap_or_default());
    services.system.transaction(move |tx| count_failure_once(tx, person, address.clone(), failed)).await
}

async fn count_failure_once(mut tx: SystemTx, person: Option<PersonId>, address: String, failed: Failed) -> Result<()> {
    tx.count_failure(person, &address).await?;
    if let Some(person) = person.filter(|_| failed == Failed::Code)
        && count_wrong_code(&mut tx, person).await? >= MANY_WRONG_CODES
    {
        // Once a day, however long they go on.
        let (kind, about) = (NoticeKind::WrongCodes, tx.now.0.div_euclid(DAY).to_string());
        tx.notify(&NewNotice { person, kind, about, state: NoticeState::default() }).await?;
    }
    tx.commit(Trail::Unaudited("a failed sign-in, whose row is written with its quarter's")).await
}

/// Forgives the failures before, and writes that somebody signed in: once their session is there, and before they are
/// given it, so that there is neither a row without a session nor a session in use without a row.
///
/// # Errors
/// [`Refusal::SignedOut`] when the password or the second factor was taken away, changed or used since it was found right,
/// or the account disabled.
pub async fn record_sign_in(services: &Services, actor: &Actor, person: &Person, proof: Proof) -> Result<()> {
    let actor = Actor { who: Who::Person { id: person.id, name: person.name.clone() }, ..actor.clone() };
    let after = match &proof.factor {
        Some(ProvenFactor::RecoveryCode(_)) => json!({"recovery_code_used": true}),
        _ => Value::Null,
    };
    let (id, row) = (person.id, Record::installation(&actor, AuditAction::SignedIn, person.id.to_string(), after));
    services.system.transaction(move |tx| record_sign_in_once(tx, id, proof.clone(), row.clone())).await
}

async fn record_sign_in_once(mut tx: SystemTx, id: PersonId, proof: Proof, row: Record) -> Result<()> {
    let Proof { attempt, hash, renewed, factor, is_new_browser, .. } = proof;
    know_password(&mut tx, id, &hash, renewed.as_deref()).await?;
    // It may have been used, set up or taken away meanwhile.
    if !tx.use_up(id, factor.as_ref()).await? {
        return Err(Refusal::SignedOut.into());
    }
    attempt.succeeded(&mut tx).await?;
    tx.end_oldest_sessions(id, MOST_SESSIONS).await?;
    let (browser, address) = (row.actor.browser(), row.actor.address.clone());
    let told = NoticeState { browser, address, ..NoticeState::default() };
    let has_signed_in = tx.note_sign_in(id).await?;
    // The first time is no news.
    if has_signed_in && is_new_browser {
        tx.notify(&NewNotice::new(id, NoticeKind::NewBrowser, told.clone())).await?;
    }
    if matches!(factor, Some(ProvenFactor::RecoveryCode(_))) {
        tx.notify(&NewNotice::new(id, NoticeKind::RecoveryCodeUsed, told)).await?;
    }
    tx.commit(Trail::Audited(vec![row])).await
}

/// How many sessions a person has at a time; the one used longest ago ends.
const MOST_SESSIONS: i64 = 50;

/// Writes that somebody signed out; the session itself is ended by whoever holds it.
pub async fn sign_out(services: &Services, actor: &Actor) -> Result<()> {
    let target = if let Who::Person { id, .. } = &actor.who { id.to_string() } else { String::new() };
    let row = Record::installation(actor, AuditAction::SignedOut, target, Value::Null);
    services.system.transaction(move |tx| tx.commit(Trail::Audited(vec![row.clone()]))).await
}

/// Writes one row for each account, address and quarter of an hour with failed sign-ins, once the quarter has closed.
pub async fn write_failures(services: &Services) -> Result<()> {
    services.system.transaction(write_failures_once).await
}

async fn write_failures_once(mut tx: SystemTx) -> Result<()> {
    let actor = Actor::system(SystemActor::SignIn);
    let row = |failed: Failures| {
        let known = failed.person_id != PersonId(0);
        let target = if known { failed.person_id.to_string() } else { "unknown e-mails".to_owned() };
        let address = known.then_some(failed.address);
        let state = json!({"from_ms": failed.quarter, "to_ms": failed.quarter.plus(QUARTER),
            "failures": failed.n, "address": address});
        Record::installation(&actor, AuditAction::SignInsFailed, target, state)
    };
    let rows: Vec<Record> = tx.take_closed_failures().await?.into_iter().map(row).collect();
    if rows.is_empty() { Ok(()) } else { tx.commit(Trail::Audited(rows)).await }
}

impl Services {
    /// The sessions of pages.
    pub fn page_sessions(&self) -> Sessions {
        Sessions::of_pages(self.system.clone())
    }

    /// The sessions of the island that polls.
    pub fn polling_sessions(&self) -> Sessions {
        Sessions::of_polling(self.system.clone())
    }
}
