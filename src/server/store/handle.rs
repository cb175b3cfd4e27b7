//! The handle is the permit: whoever holds a `Change` was allowed it inside the same transaction, and can only end it
//! with its audit row.

use super::actor::Actor;
use super::audit::{Entry, append, locked_head};
use super::authorize::{Access, Authorized, everybodys_precision};
use super::scope::{Scope, WorkspaceRef};
use super::sent_form::take_form;
use super::{Store, System, spawned};
use crate::domain::audit::{ActorSnapshot, AuditAction};
use crate::domain::error::Refusal;
use crate::domain::id::WorkspaceId;
use crate::domain::permission::{Permission, may};
use crate::domain::role::Role;
use crate::domain::rounding::Precision;
use crate::domain::text::Reason;
use crate::server::error::{Error, Result};
use serde::Serialize;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// A kind of act: what it needs, and what its audit row is called.
pub trait Act: Send + 'static {
    /// What the row's `before` and `after` hold.
    type Snapshot: Serialize + Send;
    const PERMISSION: Permission;
    const AUDIT: AuditAction;
}

/// Permission to read one moment of the workspace.
pub struct View {
    scope: Scope,
    pub role: Option<Role>,
    /// How exactly counts may be shown to the reader.
    pub precision: Precision,
    /// Kept until the search is done. The last field: the transaction ends first.
    _alone: Option<OwnedSemaphorePermit>,
}

/// Permission to do one act of kind `A`; writes are methods of this.
pub struct Change<A: Act> {
    scope: Scope,
    actor: Actor,
    actor_snapshot: ActorSnapshot,
    pub role: Option<Role>,
    act: PhantomData<A>,
}

/// Proof that a change ended as it must. Nothing else can make one.
pub struct Done<T>(T);

impl View {
    /// Whether the reader's role allows it too.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.is_some_and(|role| may(role, permission))
    }
}

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
        &self.actor_snapshot
    }

    /// Who asked for it, and from where.
    pub fn asker(&self) -> &Actor {
        &self.actor
    }

    /// Asks a person for their password before this act.
    ///
    /// # Errors
    /// [`Refusal::Unconfirmed`](crate::domain::error::Refusal::Unconfirmed) where they last gave it too long ago.
    pub fn assert_confirmed(&self) -> Result<()> {
        self.actor.assert_confirmed(self.now)
    }

    /// The number of the last row of the workspace's chain: the one that this change commits will be the next.
    pub async fn last_audit_row(&mut self) -> Result<i64> {
        let chain = self.scope.workspace.id;
        Ok(locked_head(&mut self.scope.tx, chain).await?.map_or(0, |head| head.seq))
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
        let value = |snapshot: Option<A::Snapshot>| serde_json::to_value(snapshot).map_err(Error::internal);
        let entry = Entry {
            action: A::AUDIT,
            target: target.into(),
            before: value(before)?,
            after: value(after)?,
            reason: reason.map(|reason| reason.to_string()),
            settings_version,
        };
        let (now, chain) = (self.scope.now, self.scope.workspace.id);
        append(&mut self.scope.tx, chain, now, &self.actor, self.actor_snapshot, entry).await?;
        self.scope.tx.commit().await?;
        Ok(Done(out))
    }

    /// Ends an act that changed nothing: no row, and whatever was written is undone.
    pub fn unchanged<T>(self, out: T) -> Done<T> {
        Done(out)
    }
}

impl System {
    /// Reads one moment of a workspace as all its members may: what becomes of it is told to everybody there.
    pub async fn view_for_everybody(&self, workspace: WorkspaceId) -> Result<View> {
        let store: Store = (**self).clone();
        spawned(async move {
            let mut tx = store.db.read().await?;
            let workspace = tx.workspace_by_id(workspace).await?.ok_or(Refusal::NotFound)?;
            let scope = store.scope(tx, workspace, store.clock.now());
            Ok(View { scope, role: None, precision: everybodys_precision(), _alone: None })
        })
        .await
    }
}

impl Store {
    /// Reads one moment of a workspace, if the actor may.
    pub async fn view(&self, actor: &Actor, workspace_ref: WorkspaceRef, permission: Permission) -> Result<View> {
        let (store, actor) = (self.clone(), actor.clone());
        spawned(async move {
            let _alone = store.search_alone(&actor.who).await?;
            let tx = store.db.read().await?;
            let Authorized { scope, role, precision, .. } =
                store.authorize(tx, &actor, &workspace_ref, permission, Access::Read).await?;
            Ok(View { scope, role, precision, _alone })
        })
        .await
    }

    /// Refuses what the actor may not do, before anything is read of what they sent. The act itself asks again.
    pub async fn assert_may(&self, actor: &Actor, workspace_ref: &WorkspaceRef, permission: Permission) -> Result<()> {
        self.view(actor, workspace_ref.clone(), permission).await.map(drop)
    }

    /// Does one act: opens the transaction, asks for permission inside it, takes the form that the actor sent, and hands
    /// `act` what it may write with. It runs again when somebody else was faster, and goes on when the caller is dropped. An act is a function of its
    /// own: what it takes is cloned once for each run.
    pub async fn change<A, F, Fut, T>(&self, actor: &Actor, workspace_ref: WorkspaceRef, act: F) -> Result<T>
    where
        A: Act,
        F: Fn(Change<A>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Done<T>>> + Send + 'static,
        T: Send + 'static,
    {
        let (actor, act) = (actor.clone(), Arc::new(act));
        self.persist(move |store| {
            let (actor, workspace_ref, act) = (actor.clone(), workspace_ref.clone(), act.clone());
            async move {
                let tx = store.db.write().await?;
                let authorized = store.authorize(tx, &actor, &workspace_ref, A::PERMISSION, Access::Write).await?;
                let Authorized { mut scope, actor: actor_snapshot, role, .. } = authorized;
                take_form(&mut scope.tx, &actor, scope.now).await?;
                let change = Change { scope, actor, actor_snapshot, role, act: PhantomData };
                act(change).await.map(|done| done.0)
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
        let found = self.change(actor, workspace_ref.clone(), find).await?;
        Ok((found, self.view(actor, workspace_ref, A::PERMISSION).await?))
    }
}
