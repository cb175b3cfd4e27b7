//! Reads of single profiles by tokens: counted by token and minute, and the profiles named for 30 days.

use super::actor::{Actor, Who};
use super::authorize::{Access, Authorized};
use super::db::{Tx, on};
use super::profile::{FindBy, FoundProfile};
use super::scope::WorkspaceRef;
use super::system::Record;
use super::{Store, SystemTx, View};
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::id::{TokenId, WorkspaceId};
use crate::domain::permission::Permission;
use crate::domain::text::Slug;
use crate::domain::time::{DAY, MINUTE, Millis};
use crate::server::error::Result;

/// How long the profiles that were read stay named.
pub const NAMED: i64 = 30 * DAY;

/// What the address of the Profile API calls a workspace.
#[derive(Clone, Debug)]
pub struct Labelled {
    pub org: Slug,
    pub account: Slug,
    pub workspace: Slug,
}

/// What a token read in one minute.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Accesses {
    pub workspace_id: WorkspaceId,
    pub token_id: TokenId,
    pub minute: Millis,
    pub n: i64,
}

impl Store {
    /// Finds a profile for a token, counts the read in the same transaction, and only then opens the view.
    pub async fn find_for_token(
        &self,
        actor: &Actor,
        workspace: Labelled,
        environment: Environment,
        by: FindBy,
        value: String,
    ) -> Result<(Option<FoundProfile>, View)> {
        let Who::Token(token) = actor.who else { return Err(Refusal::Forbidden.into()) };
        let (asker, slug) = (actor.clone(), WorkspaceRef::Slug(workspace.workspace.clone()));
        let found = self
            .persist(move |store| {
                let (asker, workspace, value) = (asker.clone(), workspace.clone(), value.clone());
                async move {
                    let slug = WorkspaceRef::Slug(workspace.workspace.clone());
                    let tx = store.db.write().await?;
                    let may = Permission::LookUpProfiles;
                    let Authorized { mut scope, .. } = store.authorize(tx, &asker, &slug, may, Access::Write).await?;
                    if scope.workspace.org != workspace.org || scope.workspace.account != workspace.account {
                        return Err(Refusal::NotFound.into());
                    }
                    let found = scope.find_profiles(environment, by, &value).await?.into_iter().next();
                    let (workspace, now) = (scope.workspace.id, scope.now);
                    let reference = found.as_ref().map(|found| found.audit_reference.as_str());
                    scope.tx.note_access(workspace, token, now, reference).await?;
                    scope.tx.commit().await?;
                    Ok(found)
                }
            })
            .await?;
        Ok((found, self.view(actor, slug, Permission::LookUpProfiles).await?))
    }
}

impl Tx {
    async fn note_access(
        &mut self,
        workspace: WorkspaceId,
        token: TokenId,
        now: Millis,
        reference: Option<&str>,
    ) -> Result<()> {
        const COUNT: &str = "insert into accesses (workspace_id, token_id, minute, n) values ($1, $2, $3, 1) \
            on conflict (workspace_id, token_id, minute) do update set n = accesses.n + 1";
        const NAME: &str = "insert into accessed_profiles (workspace_id, token_id, minute, audit_reference) \
            values ($1, $2, $3, $4) on conflict do nothing";
        let minute = Millis(now.0 - now.0.rem_euclid(MINUTE));
        on!(&mut *self, c => { sqlx::query(COUNT).bind(workspace).bind(token).bind(minute).execute(c).await?; });
        if let Some(reference) = reference {
            on!(self, c => {
                sqlx::query(NAME).bind(workspace).bind(token).bind(minute).bind(reference).execute(c).await?;
            });
        }
        Ok(())
    }
}

impl SystemTx {
    /// Takes out what was counted in minutes that have closed, for its rows to be written; forgets old names.
    pub async fn take_closed_accesses(&mut self) -> Result<Vec<Accesses>> {
        const TAKE: &str = "delete from accesses where minute <= $1 \
            returning workspace_id, token_id, minute, n";
        const FORGET: &str = "delete from accessed_profiles where minute < $1";
        let (closed, old) = (self.now.minus(MINUTE), self.now.minus(NAMED));
        on!(&mut self.tx, c => { sqlx::query(FORGET).bind(old).execute(c).await?; });
        let mut taken: Vec<Accesses> = on!(&mut self.tx, c => sqlx::query_as(TAKE).bind(closed).fetch_all(c).await?);
        taken.sort_by_key(|access| (access.workspace_id, access.minute, access.token_id));
        Ok(taken)
    }

    /// The row of what a token did a while ago, in its name and role; `token` alone once it was revoked.
    pub async fn by_token(&mut self, id: TokenId, row: Record) -> Result<Record> {
        let known = self.tx.token(id, Millis::default()).await?;
        let actor_snapshot = known.map_or(row.actor_snapshot, |token| token.snapshot(id));
        Ok(Record { actor_snapshot, ..row })
    }
}
