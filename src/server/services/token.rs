//! API tokens.

use super::Services;
use crate::domain::audit::{AuditAction, is_reserved};
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::{PersonId, TokenId};
use crate::domain::permission::{Permission, is_within};
use crate::domain::role::TokenRole;
use crate::domain::text::Name;
use crate::domain::time::{DAY, Millis};
use crate::server::auth::key::{Pair, pair, token_text};
use crate::server::error::{Error, Result};
use crate::server::store::credential::MOST_KEYS;
use crate::server::store::credential::{KnownToken, TokenKey};
use crate::server::store::{Act, Actor, Change, Done, Store, Who, WorkspaceRef};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// The longest that a token lasts, in days.
pub const LONGEST_DAYS: i64 = 365;

/// A token as the audit rows hold it.
#[derive(Clone, Debug, Serialize)]
pub struct TokenSnapshot {
    pub token: TokenId,
    pub name: String,
    pub role: TokenRole,
    pub expires_ms: Millis,
}

impl From<&KnownToken> for TokenSnapshot {
    fn from(known: &KnownToken) -> Self {
        let KnownToken { token_id, name, role, expires_at, .. } = known.clone();
        Self { token: token_id, name, role, expires_ms: expires_at }
    }
}

/// Makes a token.
pub struct AddToken;

impl Act for AddToken {
    type Snapshot = TokenSnapshot;
    const PERMISSION: Permission = Permission::ManageTokens;
    const AUDIT: AuditAction = AuditAction::TokenAdded;
}

/// Ends a token.
pub struct RevokeToken;

impl Act for RevokeToken {
    type Snapshot = TokenSnapshot;
    const PERMISSION: Permission = Permission::ManageTokens;
    const AUDIT: AuditAction = AuditAction::TokenRevoked;
}

/// A new token as it is asked for.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    pub role: TokenRole,
    /// How long it lasts: 1 to [`LONGEST_DAYS`].
    pub days: i64,
}

/// Makes a token; returns its id and its text, which is shown this once.
pub async fn add_token(
    store: &Store,
    actor: &Actor,
    workspace: WorkspaceRef,
    new: NewToken,
) -> Result<(TokenId, SecretString)> {
    let name = Name::parse(&new.name);
    let mut faults = Vec::new();
    faults.extend(name.as_ref().err().map(|problem| Fault::new("name", *problem)));
    // The log says of a token that it is one, so that it may be called like a person.
    if name.as_ref().is_ok_and(|name| is_reserved(name.as_str())) {
        faults.push(Fault::new("name", Problem::NameOfAnother));
    }
    if !(1..=LONGEST_DAYS).contains(&new.days) {
        faults.push(Fault::new("days", Problem::NotOneOf));
    }
    let (Ok(name), true) = (name, faults.is_empty()) else { return Err(Refusal::Invalid(faults).into()) };
    let maker = if let Who::Person { id, .. } = actor.who { Some(id) } else { None };
    let Pair { key, secret, secret_hash } = pair(store.ids());
    let text = token_text(&key, secret.expose_secret());
    let work = move |change| add_once(change, name.clone(), new.clone(), maker, (key.clone(), secret_hash.clone()));
    let id = store.change(actor, workspace, work).await?;
    Ok((id, text.into()))
}

async fn add_once(
    mut change: Change<AddToken>,
    name: Name,
    new: NewToken,
    maker: Option<PersonId>,
    (key, secret_hash): (String, Vec<u8>),
) -> Result<Done<TokenId>> {
    change.assert_confirmed()?;
    // The command line has no role, and is bound by none.
    if change.role.is_some_and(|maker| !is_within(new.role, maker)) {
        return Err(Error::invalid("role", Problem::AboveOwnRights));
    }
    let tokens = change.tokens().await?;
    if tokens.iter().any(|token| token.name == name.as_str()) {
        return Err(Error::invalid("name", Problem::Taken));
    }
    if tokens.len() >= MOST_KEYS {
        return Err(Error::invalid("name", Problem::TooMany));
    }
    let expires_ms = change.now.plus(new.days * DAY);
    let token = change.add_token(&key, &secret_hash, name.as_str(), new.role, maker, expires_ms).await?;
    let state = TokenSnapshot { token, name: name.to_string(), role: new.role, expires_ms };
    change.commit(token.to_string(), None, Some(state), None, token).await
}

/// Notes that a token was used, and from which address.
pub async fn note_use(services: &Services, token: &TokenKey, from: Option<String>) -> Result<()> {
    services.system.touch_token(token, from).await
}

/// Ends a token at once; nothing is left of it but its audit rows.
pub async fn revoke_token(store: &Store, actor: &Actor, workspace: WorkspaceRef, id: TokenId) -> Result<()> {
    store.change(actor, workspace, move |change| revoke_once(change, id)).await
}

async fn revoke_once(mut change: Change<RevokeToken>, id: TokenId) -> Result<Done<()>> {
    let known = change.tokens().await?.into_iter().find(|token| token.token_id == id).ok_or(Refusal::NotFound)?;
    if change.role.is_some_and(|maker| !is_within(known.role, maker)) {
        return Err(Refusal::Forbidden.into());
    }
    change.end_token(id).await?;
    change.commit(id.to_string(), Some(TokenSnapshot::from(&known)), None, None, ()).await
}
