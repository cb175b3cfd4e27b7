//! Credentials of machines: keys of inputs and API tokens. Only the SHA-256 of a secret is kept.

use super::actor::Who;
use super::columns::known;
use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::scope::Scope;
use super::system::{System, Trail};
use super::{Purpose, Store};
use crate::domain::audit::ActorSnapshot;
use crate::domain::id::{InputId, PersonId, TokenId, WorkspaceId};
use crate::domain::input::OLD_SECRET_LASTS;
use crate::domain::role::TokenRole;
use crate::domain::time::{MINUTE, Millis};
use crate::server::error::Result;

/// How many inputs a workspace has, and how many API tokens, those that expired too until they are revoked.
pub const MOST_KEYS: usize = 200;

/// The secret before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldSecret {
    pub hash: Vec<u8>,
    /// Until when it works.
    pub until: Millis,
    pub used_at: Option<Millis>,
}

/// What belongs to an input's key.
#[derive(Clone, Debug)]
pub struct InputKey {
    pub workspace_id: WorkspaceId,
    pub input_id: InputId,
    pub secret_hash: Vec<u8>,
    /// Whether that was used yet.
    pub is_used: bool,
    /// The secret before, which works for a while.
    pub old_secret: Option<OldSecret>,
    pub paused: bool,
    pub requests_per_second: Option<i64>,
    pub takes_placeholders: bool,
}

/// How an input's secrets are in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSecrets {
    /// Since when the present one is there.
    pub since: Millis,
    /// Whether the present one was used.
    pub is_used: bool,
    /// Until when the one before works, and when it was last used.
    pub old: Option<(Millis, Option<Millis>)>,
}

/// What belongs to an API token's public half.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TokenKey {
    pub token_id: TokenId,
    pub secret_hash: Vec<u8>,
    pub last_used_at: Option<Millis>,
}

/// A token that may still be used.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Token {
    pub workspace_id: WorkspaceId,
    pub name: String,
    pub role: TokenRole,
    pub maker_id: Option<PersonId>,
    pub maker_name: Option<String>,
}

impl Token {
    /// Who it is in the audit log; the person who made it stands beside its name.
    pub(super) fn snapshot(&self, id: TokenId) -> ActorSnapshot {
        let name = match (&self.maker_id, &self.maker_name) {
            (None, _) => self.name.clone(),
            (Some(_), maker) => format!("{} ({})", self.name, maker.as_deref().unwrap_or_default()),
        };
        ActorSnapshot { kind: Who::Token(id).kind().to_owned(), id: Some(id.to_string()), name, role: Some(self.role) }
    }
}

impl Tx {
    pub(super) async fn token(&mut self, id: TokenId, now: Millis) -> Result<Option<Token>> {
        const SQL: &str = "select c.workspace_id, c.name, c.role, c.maker_id, p.name as maker_name from credentials c \
            left join people p on p.id = c.maker_id \
            where c.kind = 'token' and c.token_id = $1 and (c.expires_at is null or c.expires_at > $2)";
        // A role that this version does not know permits nothing in it.
        let found: Vec<Token> = on!(self, c => known(sqlx::query(SQL).bind(id).bind(now).fetch_all(c).await?)?);
        Ok(found.into_iter().next())
    }
}

/// A token as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KnownToken {
    pub token_id: TokenId,
    pub name: String,
    pub role: TokenRole,
    /// `None` for one that was made on the command line.
    pub maker_id: Option<PersonId>,
    pub maker_name: Option<String>,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub last_used_at: Option<Millis>,
    /// The address that it was last used from.
    pub last_used_from: Option<String>,
}

impl Scope {
    /// Since when an input's secret is in use, and the one before while it works: until when, and when it was last used.
    pub async fn input_secrets(&mut self, input: InputId) -> Result<Option<InputSecrets>> {
        const SQL: &str = "select coalesce(secret_since, created_at) as since, secret_used_at is not null, old_secret_until, \
            old_secret_used_at \
            from credentials where kind = 'input' and workspace_id = $1 and input_id = $2";
        let (workspace, now) = (self.workspace.id, self.now);
        let found: Option<(Millis, bool, Option<Millis>, Option<Millis>)> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(input).fetch_optional(c).await?);
        Ok(found.map(|(since, is_used, until, used_at)| InputSecrets {
            since,
            is_used,
            old: until.filter(|until| *until > now).map(|until| (until, used_at)),
        }))
    }

    /// The workspace's tokens, the newest first; expired ones too, until they are revoked.
    pub async fn tokens(&mut self) -> Result<Vec<KnownToken>> {
        const SQL: &str = "select c.token_id, c.name, c.role, c.maker_id, p.name as maker_name, c.created_at, \
            c.expires_at, c.last_used_at, c.last_used_from from credentials c left join people p on p.id = c.maker_id \
            where c.kind = 'token' and c.workspace_id = $1 order by c.token_id desc";
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => known(sqlx::query(SQL).bind(workspace).fetch_all(c).await?)?))
    }
}

impl Store {
    /// Looks up the public half of an input's credentials.
    pub async fn input_key(&self, key: &str) -> Result<Option<InputKey>> {
        // Two questions, for where the rows of workspaces are spread only the second knows whom to ask.
        const OF_KEY: &str = "select workspace_id, input_id, secret_hash, secret_used_at is not null as is_used, old_secret_hash, old_secret_until, \
            old_secret_used_at from credentials where public_key = $1 and kind = 'input'";
        const OF_INPUT: &str = "select paused, requests_per_second, takes_placeholders from inputs \
            where workspace_id = $1 and id = $2";
        let mut view = self.for_purpose(Purpose::Caller).system_view().await?;
        #[derive(sqlx::FromRow)]
        struct OfKey {
            workspace_id: WorkspaceId,
            input_id: InputId,
            secret_hash: Vec<u8>,
            is_used: bool,
            old_secret_hash: Option<Vec<u8>>,
            old_secret_until: Option<Millis>,
            old_secret_used_at: Option<Millis>,
        }
        let of_key: Option<OfKey> = on!(&mut view.tx, c => sqlx::query_as(OF_KEY).bind(key).fetch_optional(c).await?);
        let Some(of_key) = of_key else { return Ok(None) };
        let OfKey { workspace_id, input_id, secret_hash, is_used, old_secret_used_at: used_at, .. } = of_key;
        let old = of_key.old_secret_hash.zip(of_key.old_secret_until);
        let old_secret = old.map(|(hash, until)| OldSecret { hash, until, used_at });
        let of_input: Option<(bool, Option<i64>, bool)> = on!(&mut view.tx, c => sqlx::query_as(OF_INPUT)
            .bind(workspace_id)
            .bind(input_id)
            .fetch_optional(c)
            .await?);
        Ok(of_input.map(|(paused, requests_per_second, takes_placeholders)| InputKey {
            workspace_id,
            input_id,
            secret_hash,
            is_used,
            old_secret,
            paused,
            requests_per_second,
            takes_placeholders,
        }))
    }

    /// Looks up the public half of a token.
    pub async fn token_key(&self, key: &str) -> Result<Option<TokenKey>> {
        const SQL: &str = "select token_id, secret_hash, last_used_at from credentials \
            where public_key = $1 and kind = 'token'";
        let mut view = self.for_purpose(Purpose::Caller).system_view().await?;
        Ok(on!(&mut view.tx, c => sqlx::query_as(SQL).bind(key).fetch_optional(c).await?))
    }
}

impl System {
    /// Notes that a secret of an input was used, the present one or the one before, by its hash.
    pub async fn touch_secret(&self, workspace: WorkspaceId, input: InputId, hash: Vec<u8>) -> Result<()> {
        const SQL: &str = "update credentials set \
            secret_used_at = case when secret_hash = $4 then coalesce(secret_used_at, $3) else secret_used_at end, \
            old_secret_used_at = case when old_secret_hash = $4 then $3 else old_secret_used_at end \
            where kind = 'input' and workspace_id = $1 and input_id = $2";
        let now = self.clock.now();
        self.transaction(move |mut tx| {
            let hash = hash.clone();
            async move {
                on!(&mut tx.tx, c => {
                    sqlx::query(SQL).bind(workspace).bind(input).bind(now).bind(hash).execute(c).await?;
                });
                tx.commit(Trail::Unaudited("a secret's last use")).await
            }
        })
        .await
    }

    /// Notes that a token was used, and from which address, at most once a minute.
    pub async fn touch_token(&self, token: &TokenKey, from: Option<String>) -> Result<()> {
        const SQL: &str =
            "update credentials set last_used_at = $2, last_used_from = $3 where kind = 'token' and token_id = $1";
        let (id, now) = (token.token_id, self.clock.now());
        if token.last_used_at.is_some_and(|last| now < last.plus(MINUTE)) {
            return Ok(());
        }
        self.transaction(move |mut tx| {
            let from = from.clone();
            async move {
                on!(&mut tx.tx, c => { sqlx::query(SQL).bind(id).bind(now).bind(from).execute(c).await?; });
                tx.commit(Trail::Unaudited("a token's last use")).await
            }
        })
        .await
    }
}

impl<A: Act> Change<A> {
    /// Adds an input's key, or gives it another secret; the one before works for a while. Where
    /// that was never used, the one before it goes on instead: the senders have it still.
    pub async fn set_input_secret(&mut self, input: InputId, key: &str, name: &str, secret_hash: &[u8]) -> Result<()> {
        const SQL: &str = "insert into credentials (public_key, kind, secret_hash, workspace_id, input_id, name, created_at) \
            values ($1, 'input', $2, $3, $4, $5, $6) on conflict (public_key) do update set \
            old_secret_hash = case when credentials.old_secret_until > $6 and credentials.secret_used_at is null \
            then credentials.old_secret_hash else credentials.secret_hash end, \
            old_secret_until = case when credentials.old_secret_until > $6 and credentials.secret_used_at is null \
            then credentials.old_secret_until else $7 end, \
            old_secret_used_at = case when credentials.old_secret_until > $6 and credentials.secret_used_at is null \
            then credentials.old_secret_used_at end, secret_used_at = null, \
            secret_hash = excluded.secret_hash, secret_since = $6";
        let until = self.now.plus(OLD_SECRET_LASTS);
        let (workspace, now) = (self.workspace.id, self.now);
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(key)
                .bind(secret_hash)
                .bind(workspace)
                .bind(input)
                .bind(name)
                .bind(now)
                .bind(until)
                .execute(c)
                .await?;
        });
        Ok(())
    }

    /// Ends the secret before an input's present one; whether there was one that works.
    pub async fn end_old_secret(&mut self, input: InputId) -> Result<bool> {
        const SQL: &str = "update credentials set old_secret_hash = null, old_secret_until = null, \
            old_secret_used_at = null where kind = 'input' and workspace_id = $1 and input_id = $2 and \
            old_secret_until > $3";
        let (workspace, now) = (self.workspace.id, self.now);
        Ok(on!(&mut self.tx, c => sqlx::query(SQL)
            .bind(workspace)
            .bind(input)
            .bind(now)
            .execute(c)
            .await?
            .rows_affected()
            > 0))
    }

    /// Ends a token at once.
    pub async fn end_token(&mut self, id: TokenId) -> Result<()> {
        const SQL: &str = "delete from credentials where kind = 'token' and workspace_id = $1 and token_id = $2";
        let workspace = self.workspace.id;
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(workspace).bind(id).execute(c).await?; });
        Ok(())
    }

    pub async fn add_token(
        &mut self,
        key: &str,
        secret_hash: &[u8],
        name: &str,
        role: TokenRole,
        maker: Option<PersonId>,
        expires: Millis,
    ) -> Result<TokenId> {
        const SQL: &str = "insert into credentials (public_key, kind, secret_hash, workspace_id, token_id, name, role, \
            maker_id, created_at, expires_at) values ($1, 'token', $2, $3, $4, $5, $6, $7, $8, $9)";
        let (id, workspace, now) = (TokenId(self.ids.id()), self.workspace.id, self.now);
        on!(&mut self.tx, c => {
            sqlx::query(SQL)
                .bind(key)
                .bind(secret_hash)
                .bind(workspace)
                .bind(id)
                .bind(name)
                .bind(role)
                .bind(maker)
                .bind(now)
                .bind(expires)
                .execute(c)
                .await?;
        });
        Ok(id)
    }
}
