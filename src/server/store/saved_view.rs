//! Saved views: a person's own and those of a workspace.

use super::SystemTx;
use super::db::{Tx, on};
use super::handle::{Act, Change};
use super::scope::Scope;
use crate::domain::error::Refusal;
use crate::domain::id::{PersonId, SavedViewId, WorkspaceId};
use crate::domain::role::Role;
use crate::domain::saved_view::SavedView;
use crate::server::error::Result;

/// The owner of what is everybody's.
const EVERYBODY: PersonId = PersonId(0);

#[derive(sqlx::FromRow)]
struct SavedViewRow {
    owner_id: PersonId,
    id: SavedViewId,
    name: String,
    view: String,
    query: String,
}

impl From<SavedViewRow> for SavedView {
    fn from(SavedViewRow { owner_id, id, name, view, query }: SavedViewRow) -> Self {
        Self { id, is_shared: owner_id == EVERYBODY, name, view, query }
    }
}

impl Tx {
    /// Those of one owner, by name.
    async fn saved_views_of(&mut self, workspace: WorkspaceId, owner: PersonId) -> Result<Vec<SavedView>> {
        const SQL: &str = "select owner_id, id, name, view, query from saved_views \
            where workspace_id = $1 and owner_id = $2 order by name, id";
        let rows: Vec<SavedViewRow> =
            on!(self, c => sqlx::query_as(SQL).bind(workspace).bind(owner).fetch_all(c).await?);
        Ok(rows.into_iter().map(SavedView::from).collect())
    }

    async fn add_saved_view(&mut self, workspace: WorkspaceId, owner: PersonId, view: &SavedView) -> Result<()> {
        const SQL: &str = "insert into saved_views (workspace_id, owner_id, id, name, view, query) \
            values ($1, $2, $3, $4, $5, $6)";
        on!(self, c => {
            sqlx::query(SQL)
                .bind(workspace)
                .bind(owner)
                .bind(view.id)
                .bind(&view.name)
                .bind(&view.view)
                .bind(&view.query)
                .execute(c)
                .await?;
        });
        Ok(())
    }

    async fn remove_saved_view(
        &mut self,
        workspace: WorkspaceId,
        owner: PersonId,
        id: SavedViewId,
    ) -> Result<Option<SavedView>> {
        const SQL: &str = "delete from saved_views where workspace_id = $1 and owner_id = $2 and id = $3 \
            returning owner_id, id, name, view, query";
        let removed: Option<SavedViewRow> =
            on!(self, c => sqlx::query_as(SQL).bind(workspace).bind(owner).bind(id).fetch_optional(c).await?);
        Ok(removed.map(SavedView::from))
    }
}

impl Scope {
    /// Those that a person sees: their own first, then everybody's, each by name.
    pub async fn saved_views(&mut self, person: PersonId) -> Result<Vec<SavedView>> {
        let workspace = self.workspace.id;
        let mut views = self.tx.saved_views_of(workspace, person).await?;
        views.extend(self.tx.saved_views_of(workspace, EVERYBODY).await?);
        Ok(views)
    }

    /// Those of everybody.
    pub async fn shared_views(&mut self) -> Result<Vec<SavedView>> {
        let workspace = self.workspace.id;
        self.tx.saved_views_of(workspace, EVERYBODY).await
    }
}

impl<A: Act> Change<A> {
    /// Saves one for everybody.
    pub async fn add_shared_view(&mut self, view: &SavedView) -> Result<()> {
        let workspace = self.workspace.id;
        self.tx.add_saved_view(workspace, EVERYBODY, view).await
    }

    /// Removes one of everybody's; `None` where there is none.
    pub async fn remove_shared_view(&mut self, id: SavedViewId) -> Result<Option<SavedView>> {
        let workspace = self.workspace.id;
        self.tx.remove_saved_view(workspace, EVERYBODY, id).await
    }
}

impl SystemTx {
    /// Holds somebody's place in a workspace until the transaction ends: they are removed after it, and do one such thing at a time.
    /// Returns the role that they have in it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for somebody who is no member.
    pub async fn hold_member(&mut self, workspace: WorkspaceId, person: PersonId) -> Result<Role> {
        Ok(self.tx.held_role(workspace, person).await?.ok_or(Refusal::NotFound)?)
    }

    /// A person's own, by name.
    pub async fn own_views(&mut self, workspace: WorkspaceId, person: PersonId) -> Result<Vec<SavedView>> {
        self.tx.saved_views_of(workspace, person).await
    }

    /// Saves one of a person's own.
    pub async fn add_own_view(&mut self, workspace: WorkspaceId, person: PersonId, view: &SavedView) -> Result<()> {
        self.tx.add_saved_view(workspace, person, view).await
    }

    /// Removes one of a person's own; `None` where there is none.
    pub async fn remove_own_view(
        &mut self,
        workspace: WorkspaceId,
        person: PersonId,
        id: SavedViewId,
    ) -> Result<Option<SavedView>> {
        self.tx.remove_saved_view(workspace, person, id).await
    }
}
