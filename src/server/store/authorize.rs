//! The lock on every way into a workspace: finds it, and asks whether the actor may do this in it.

use super::Store;
use super::actor::{Actor, Who};
use super::db::Tx;
use super::scope::{Scope, Workspace, WorkspaceRef};
use crate::domain::audit::ActorSnapshot;
use crate::domain::error::Refusal;
use crate::domain::permission::{Grant, Permission, grant, grant_token, is_within};
use crate::domain::role::{Role, TokenRole};
use crate::domain::rounding::Precision;
use crate::domain::time::Millis;
use crate::server::error::Result;

/// What a transaction is for: a writer locks the role that it relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// What an actor was allowed, and where.
pub(super) struct Authorized {
    pub scope: Scope,
    /// Who acts, as they are now.
    pub actor: ActorSnapshot,
    /// `None` for the command line, and for tokens without a person's role.
    pub role: Option<Role>,
    pub precision: Precision,
}

impl Store {
    /// Finds the workspace and asks for permission. Whoever is no member is refused as if it did not exist.
    pub(super) async fn authorize(
        &self,
        mut tx: Tx,
        actor: &Actor,
        workspace_ref: &WorkspaceRef,
        permission: Permission,
        access: Access,
    ) -> Result<Authorized> {
        let workspace = match workspace_ref {
            WorkspaceRef::Slug(slug) => tx.workspace_by_slug(slug).await?,
            WorkspaceRef::Id(id) => tx.workspace_by_id(*id).await?,
        };
        let workspace = workspace.ok_or(Refusal::NotFound)?;
        let now = self.clock.now();
        if access == Access::Write && permission == Permission::ManageMembers {
            // All at once and in one order: whoever had one row first would wait for the others of somebody like them.
            tx.lock_members(workspace.id).await?;
        }
        let mut maker_role = None;
        let snapshot = match &actor.who {
            Who::Person { id, .. } => {
                let role = tx.role(workspace.id, *id, access).await?.ok_or(Refusal::NotFound)?;
                let demands = workspace.demands_second_factor && role.is_powerful();
                if demands && !tx.has_second_factor(*id).await? {
                    return Err(Refusal::SecondFactorMissing.into());
                }
                ActorSnapshot { role: Some(TokenRole::Member(role)), ..actor.without_role() }
            }
            Who::Token(id) => {
                let token = tx.token(*id, now).await?.ok_or(Refusal::Unauthorized)?;
                if token.workspace_id != workspace.id {
                    return Err(Refusal::NotFound.into());
                }
                if let Some(maker) = token.maker_id {
                    let role = tx.role(workspace.id, maker, access).await?.ok_or(Refusal::NotFound)?;
                    maker_role = Some(role);
                    let is_powerful = token.role.member().is_some_and(Role::is_powerful);
                    let demands = workspace.demands_second_factor && is_powerful;
                    if demands && !tx.has_second_factor(maker).await? {
                        return Err(Refusal::SecondFactorMissing.into());
                    }
                }
                token.snapshot(*id)
            }
            Who::CommandLine | Who::System(_) => actor.without_role(),
        };
        let granted = |permission| match &actor.who {
            Who::Person { .. } | Who::Token(_) => {
                // A token goes no further than whoever made it does now.
                let own = snapshot.role.map_or(Grant::No, |role| grant_token(role, permission));
                maker_role.map_or(own, |maker| own.min(grant(maker, permission)))
            }
            Who::CommandLine => Grant::Yes,
            // Jobs, and visitors before they are somebody, have the installation's own transaction or nothing.
            Who::System(_) => Grant::No,
        };
        if granted(permission) == Grant::No {
            return Err(Refusal::Forbidden.into());
        }
        let role = match maker_role {
            // A token goes no further than its maker in what depends on the role either.
            Some(maker) => token_role(snapshot.role, maker),
            None => snapshot.role.and_then(TokenRole::member),
        };
        let scope = self.scope(tx, workspace, now);
        let precision = Precision::of(granted(Permission::SeeMetrics));
        Ok(Authorized { scope, actor: snapshot, role, precision })
    }
}

impl Store {
    /// What can be read of a workspace in a transaction.
    pub(super) fn scope(&self, tx: Tx, workspace: Workspace, now: Millis) -> Scope {
        let (ids, keyring) = (self.ids.clone(), self.keyring().clone());
        Scope { tx, workspace, now, ids, keyring, precedence: self.precedence().clone() }
    }
}

/// How exactly all who see a workspace's figures may see them: as the least of its roles does.
pub(super) fn everybodys_precision() -> Precision {
    Precision::of(Grant::Rounded)
}

/// The lesser of a token's role and its maker's.
fn token_role(token: Option<TokenRole>, maker: Role) -> Option<Role> {
    let role = token?;
    if is_within(role, maker) { role.member() } else { Some(maker) }
}
