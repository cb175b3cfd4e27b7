//! Invitations into a workspace, under the hash of their token.

use super::authorize::Access;
use super::db::on;
use super::handle::{Act, Change};
use super::scope::Scope;
use super::{SystemTx, SystemView};
use crate::domain::id::{InvitationId, PersonId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::text::{Email, Slug};
use crate::domain::time::{DAY, Millis};
use crate::server::error::Result;

/// An invitation that still may be accepted or revoked.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub maker_name: String,
    pub expires_at: Millis,
}

/// What belongs to an invitation's token, while it may be accepted.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Offer {
    pub workspace_id: WorkspaceId,
    pub slug: Slug,
    pub workspace: String,
    pub email: String,
    pub role: Role,
    pub maker_id: PersonId,
    pub maker_name: String,
    /// Whether its link was mailed, so that its maker never saw it.
    pub mailed: bool,
}

impl Scope {
    /// The open invitations, the newest first.
    pub async fn invitations(&mut self) -> Result<Vec<Invitation>> {
        const SQL: &str = "select i.id, i.email, i.role, p.name as maker_name, i.expires_at from invitations i \
            join people p on p.id = i.maker_id \
            where i.workspace_id = $1 and i.ended_at is null and i.expires_at > $2 order by i.id desc";
        let (workspace, now) = (self.workspace.id, self.now);
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(now).fetch_all(c).await?))
    }
}

impl<A: Act> Change<A> {
    /// How many invitations were made within so many milliseconds, and how many of them for one e-mail.
    pub async fn recent_invitations(&mut self, email: &Email, within: i64) -> Result<(i64, i64)> {
        const SQL: &str = "select count(*), coalesce(sum(case when email = $2 then 1 else 0 end), 0) from invitations \
            where workspace_id = $1 and created_at > $3";
        let (workspace, since) = (self.workspace.id, self.now.minus(within));
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(email.as_str())
            .bind(since)
            .fetch_one(c)
            .await?))
    }

    /// Adds an invitation; an earlier one to the same e-mail ends.
    pub async fn add_invitation(
        &mut self,
        token_hash: &[u8],
        email: &Email,
        role: Role,
        (maker, mailed): (PersonId, bool),
        expires: Millis,
    ) -> Result<InvitationId> {
        const REPLACE: &str =
            "update invitations set ended_at = $3 where workspace_id = $1 and email = $2 and ended_at is null";
        const ADD: &str = "insert into invitations (workspace_id, id, token_hash, email, role, maker_id, created_at, \
            expires_at, mailed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let (workspace, id, now) = (self.workspace.id, InvitationId(self.ids.id()), self.now);
        on!(&mut self.tx, c => {
            sqlx::query(REPLACE).bind(workspace).bind(email.as_str()).bind(now).execute(&mut *c).await?;
            sqlx::query(ADD)
                .bind(workspace)
                .bind(id)
                .bind(token_hash)
                .bind(email.as_str())
                .bind(role)
                .bind(maker)
                .bind(now)
                .bind(expires)
                .bind(mailed)
                .execute(c)
                .await?;
        });
        Ok(id)
    }

    /// Ends an invitation; false when it is not open.
    pub async fn end_invitation(&mut self, id: InvitationId) -> Result<bool> {
        const SQL: &str = "update invitations set ended_at = $3 \
            where workspace_id = $1 and id = $2 and ended_at is null and expires_at > $3";
        let (workspace, now) = (self.workspace.id, self.now);
        let ended = on!(&mut self.tx, c => sqlx::query(SQL)
            .bind(workspace)
            .bind(id)
            .bind(now)
            .execute(c)
            .await?
            .rows_affected());
        Ok(ended == 1)
    }
}

/// How long an invitation is remembered after it was made; the log keeps who was invited.
pub const KEPT: i64 = DAY;

impl SystemView {
    /// The offer behind a token, while it is open.
    pub async fn offer(&mut self, token_hash: &[u8]) -> Result<Option<Offer>> {
        const SQL: &str = "select i.workspace_id, w.slug, w.name as workspace, i.email, i.role, i.maker_id, \
            p.name as maker_name, i.mailed from invitations i join workspaces w on w.id = i.workspace_id \
            join people p on p.id = i.maker_id where i.token_hash = $1 and i.ended_at is null and i.expires_at > $2";
        let now = self.now;
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL).bind(token_hash).bind(now).fetch_optional(c).await?))
    }
}

impl SystemTx {
    /// Forgets old invitations.
    pub async fn prune_invitations(&mut self) -> Result<()> {
        const SQL: &str = "delete from invitations where created_at < $1";
        let before = self.now.minus(KEPT);
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(before).execute(c).await?; });
        Ok(())
    }

    /// Uses an offer up; false when somebody else was first.
    pub async fn accept_offer(&mut self, token_hash: &[u8]) -> Result<bool> {
        const SQL: &str =
            "update invitations set ended_at = $2 where token_hash = $1 and ended_at is null and expires_at > $2";
        let now = self.now;
        let used =
            on!(&mut self.tx, c => sqlx::query(SQL).bind(token_hash).bind(now).execute(c).await?.rows_affected());
        Ok(used == 1)
    }

    /// A person's role in a workspace, locked until the commit.
    pub async fn locked_role(&mut self, workspace: WorkspaceId, person: PersonId) -> Result<Option<Role>> {
        self.tx.role(workspace, person, Access::Write).await
    }
}
