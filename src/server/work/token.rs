//! API tokens.

use crate::domain::audit::AuditAction;
use crate::domain::error::Refusal;
use crate::domain::id::TokenId;
use crate::domain::policy::Action;
use crate::domain::role::Role;
use crate::domain::text::Name;
use crate::domain::time::{DAY, Millis};
use crate::server::auth::key::{Pair, pair, token_text};
use crate::server::error::Result;
use crate::server::store::{Act, Actor, Change, Done, Place, Store};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

/// The longest that a token lasts.
const LASTS: i64 = 365 * DAY;

/// A token as the audit rows hold it.
#[derive(Clone, Debug, Serialize)]
pub struct TokenState {
    pub token: TokenId,
    pub name: String,
    pub role: Role,
    pub expires_ms: Millis,
}

/// Makes a token.
pub struct AddToken;

impl Act for AddToken {
    type State = TokenState;
    const ACTION: Action = Action::ManageTokens;
    const AUDIT: AuditAction = AuditAction::TokenAdded;
}

/// Makes a token that lasts a year; answers its id and its text, which is shown this once.
pub async fn add_token(
    store: &Store,
    actor: &Actor,
    place: Place,
    name: &str,
    role: Role,
) -> Result<(TokenId, SecretString)> {
    let name = Name::parse(name).map_err(|problem| Refusal::invalid("name", problem))?;
    let Pair { key, secret, secret_hash } = pair(store.ids());
    let text = token_text(&key, secret.expose_secret());
    let work = move |change| add_once(change, name.clone(), role, key.clone(), secret_hash.clone());
    let id = store.change::<AddToken, _, _, _>(actor, place, work).await?;
    Ok((id, text.into()))
}

async fn add_once(
    mut change: Change<AddToken>,
    name: Name,
    role: Role,
    key: String,
    secret_hash: Vec<u8>,
) -> Result<Done<TokenId>> {
    let expires_ms = change.now.plus(LASTS);
    let token = change.add_token(&key, &secret_hash, name.as_str(), role, expires_ms).await?;
    let state = TokenState { token, name: name.to_string(), role, expires_ms };
    change.commit(token.to_string(), None, Some(state), None, token).await
}
