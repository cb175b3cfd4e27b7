//! The handle is the permit: whoever holds a `Change` was allowed it inside the same transaction, and can only end it
//! with its audit row.

use super::audit::{Entry, append};
use super::db::Tx;
use super::{Store, spawned};
use crate::domain::audit::{ActorSnapshot, AuditAction};
use crate::domain::error::Refusal;
use crate::domain::id::{PersonId, TokenId, WorkspaceId};
use crate::domain::permission::{Grant, Permission, grant, grant_token};
use crate::domain::role::{Role, TokenRole};
use crate::domain::text::{Reason, Slug};
use crate::domain::time::Millis;
use crate::server::clock::Ids;
use crate::server::error::{Error, Result};
use serde::Serialize;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Person { id: PersonId, name: String },
    Token(TokenId),
    CommandLine,
    System(&'static str),
}

/// Who acts, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    pub who: Who,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub request_id: Option<String>,
}

impl Actor {
    pub fn command_line() -> Self {
        Self { who: Who::CommandLine, address: None, agent: None, request_id: None }
    }

    pub fn system(job: &'static str) -> Self {
        Self { who: Who::System(job), address: None, agent: None, request_id: None }
    }

    /// Who acts, where no role plays a part.
    pub(super) fn without_role(&self) -> ActorSnapshot {
        let (id, name) = match &self.who {
            Who::Person { id, name } => (Some(id.to_string()), name.clone()),
            Who::Token(id) => (Some(id.to_string()), "token".to_owned()),
            Who::CommandLine => (None, "command line".to_owned()),
            Who::System(job) => (None, (*job).to_owned()),
        };
        ActorSnapshot { kind: self.who.kind().to_owned(), id, name, role: None }
    }
}

/// Which workspace, as the caller knows it.
#[derive(Clone, Debug)]
pub enum WorkspaceRef {
    Slug(Slug),
    Id(WorkspaceId),
}

impl WorkspaceRef {
    /// The workspace that an address or a command names; what is no slug names none.
    pub fn parse(slug: &str) -> Result<Self> {
        Slug::parse(slug).map(Self::Slug).map_err(|_| Refusal::NotFound.into())
    }
}

/// A workspace as it is read with every handle.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub slug: Slug,
    pub name: String,
    pub time_zone: String,
    /// Labels that the Profile API's addresses have; `main` unless set.
    pub org: Slug,
    pub account: Slug,
    pub created_at: Millis,
}

/// A kind of act: what it needs, and what its audit row is called.
pub trait Act: Send + 'static {
    /// What the row's `before` and `after` hold.
    type Snapshot: Serialize + Send;
    const PERMISSION: Permission;
    const AUDIT: AuditAction;
}

/// A transaction bound to one workspace; reads are methods of this.
pub struct Scope {
    pub(super) tx: Tx,
    pub workspace: Workspace,
    pub now: Millis,
    pub(super) ids: Ids,
}

/// Permission to read one moment of the workspace.
pub struct View {
    scope: Scope,
    pub role: Option<Role>,
    pub grant: Grant,
}

/// Permission to do one act of kind `A`; writes are methods of this.
pub struct Change<A: Act> {
    scope: Scope,
    actor: Actor,
    state: ActorSnapshot,
    pub role: Option<Role>,
    act: PhantomData<A>,
}

/// Proof that a change ended as it must. Nothing else can make one.
pub struct Done<T>(T);

impl Deref for View {
    type Target = Scope;
    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl DerefMut for View {
    fn deref_mut(&mut self) -> &mut Scope {
        &mut self.scope
    }
}

impl<A: Act> Deref for Change<A> {
    type Target = Scope;
    fn deref(&self) -> &Scope {
        &self.scope
    }
}

impl<A: Act> DerefMut for Change<A> {
    fn deref_mut(&mut self) -> &mut Scope {
        &mut self.scope
    }
}

impl<A: Act> Change<A> {
    /// Who acts, as they are now.
    pub fn actor(&self) -> &ActorSnapshot {
        &self.state
    }

    /// Ends the change: writes the audit row last and commits both.
    pub async fn commit<T>(
        mut self,
        target: impl Into<String> + Send,
        before: Option<A::Snapshot>,
        after: Option<A::Snapshot>,
        reason: Option<Reason>,
        out: T,
    ) -> Result<Done<T>> {
        let settings_version = Some(self.settings_version().await?);
        let value = |state: Option<A::Snapshot>| serde_json::to_value(state).map_err(Error::internal);
        let entry = Entry {
            action: A::AUDIT,
            target: target.into(),
            before: value(before)?,
            after: value(after)?,
            reason: reason.map(|reason| reason.to_string()),
            settings_version,
        };
        let (now, chain) = (self.scope.now, self.scope.workspace.id);
        append(&mut self.scope.tx, chain, now, &self.actor, self.state, entry).await?;
        self.scope.tx.commit().await?;
        Ok(Done(out))
    }

    /// Ends an act that changed nothing: no row, and whatever was written is undone.
    pub fn unchanged<T>(self, out: T) -> Done<T> {
        Done(out)
    }
}

impl Store {
    /// Reads one moment of a workspace, if the actor may.
    pub async fn view(&self, actor: &Actor, workspace_ref: WorkspaceRef, permission: Permission) -> Result<View> {
        let (store, actor) = (self.clone(), actor.clone());
        spawned(async move {
            let tx = store.db.read().await?;
            let (scope, state) = store.permit(tx, &actor, &workspace_ref, permission, false).await?;
            Ok(View { scope, role: state.1, grant: state.2 })
        })
        .await
    }

    /// Does one act: opens the transaction, asks the policy inside it, and hands the work its permit. The work runs
    /// again when somebody else was faster, and goes on when the caller is dropped.
    pub async fn change<A, F, Fut, T>(&self, actor: &Actor, workspace_ref: WorkspaceRef, work: F) -> Result<T>
    where
        A: Act,
        F: Fn(Change<A>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Done<T>>> + Send + 'static,
        T: Send + 'static,
    {
        let (actor, work) = (actor.clone(), Arc::new(work));
        self.persist(move |store| {
            let (actor, workspace_ref, work) = (actor.clone(), workspace_ref.clone(), work.clone());
            async move {
                let tx = store.db.write().await?;
                let (scope, (state, role, _)) = store.permit(tx, &actor, &workspace_ref, A::PERMISSION, true).await?;
                let change = Change { scope, actor, state, role, act: PhantomData };
                work(change).await.map(|done| done.0)
            }
        })
        .await
    }

    /// A read that must leave a trace: `find` ends with the access row, only then is the view opened.
    pub async fn disclose<A, F, Fut, T>(&self, actor: &Actor, workspace_ref: WorkspaceRef, find: F) -> Result<(T, View)>
    where
        A: Act,
        F: Fn(Change<A>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Done<T>>> + Send + 'static,
        T: Send + 'static,
    {
        let found = self.change::<A, _, _, _>(actor, workspace_ref.clone(), find).await?;
        Ok((found, self.view(actor, workspace_ref, A::PERMISSION).await?))
    }

    /// Finds the workspace and asks the policy. Who is no member gets the answer for one that does not exist.
    pub(super) async fn permit(
        &self,
        mut tx: Tx,
        actor: &Actor,
        workspace_ref: &WorkspaceRef,
        permission: Permission,
        writes: bool,
    ) -> Result<(Scope, (ActorSnapshot, Option<Role>, Grant))> {
        let workspace = match workspace_ref {
            WorkspaceRef::Slug(slug) => tx.workspace_by_slug(slug).await?,
            WorkspaceRef::Id(id) => tx.workspace_by_id(*id).await?,
        };
        let workspace = workspace.ok_or(Refusal::NotFound)?;
        let now = self.clock.now();
        let (state, right) = match &actor.who {
            Who::Person { id, .. } => {
                let role = tx.role(workspace.id, *id, writes).await?.ok_or(Refusal::NotFound)?;
                let state = ActorSnapshot { role: Some(TokenRole::Member(role)), ..actor.without_role() };
                (state, grant(role, permission))
            }
            Who::Token(id) => {
                let token = tx.token(*id, now).await?.ok_or(Refusal::Unauthorized)?;
                if token.workspace_id != workspace.id {
                    return Err(Refusal::NotFound.into());
                }
                let mut right = grant_token(token.role, permission);
                if let Some(maker) = token.maker_id {
                    // A token goes no further than whoever made it does now.
                    let maker_role = tx.role(workspace.id, maker, writes).await?.ok_or(Refusal::NotFound)?;
                    right = right.min(grant(maker_role, permission));
                }
                (token.state(*id), right)
            }
            Who::CommandLine | Who::System(_) => (actor.without_role(), Grant::Yes),
        };
        if right == Grant::No {
            return Err(Refusal::Forbidden.into());
        }
        let role = state.role.and_then(TokenRole::member);
        Ok((Scope { tx, workspace, now, ids: self.ids.clone() }, (state, role, right)))
    }
}

impl Who {
    /// The name of the kind in the audit log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person { .. } => "person",
            Self::Token(_) => "token",
            Self::CommandLine => "command_line",
            Self::System(_) => "system",
        }
    }
}
