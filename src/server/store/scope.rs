//! One workspace, as it was found for whoever asked.

use super::Precedence;
use super::db::Tx;
use super::keyring::Keyring;
use crate::domain::error::Refusal;
use crate::domain::id::WorkspaceId;
use crate::domain::text::Slug;
use crate::domain::time::Millis;
use crate::server::clock::Ids;
use crate::server::error::Result;

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
    /// Whether its Compliance Admins and Admins may do something only with a second factor.
    pub demands_second_factor: bool,
}

/// A transaction bound to one workspace; reads are methods of this.
pub struct Scope {
    pub(super) tx: Tx,
    pub workspace: Workspace,
    pub now: Millis,
    pub(super) ids: Ids,
    pub(super) keyring: Keyring,
    pub(super) precedence: Precedence,
}

impl Scope {
    /// The keys of the installation.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// An advertising id as this workspace keeps it, unsealed.
    pub fn unseal(&self, sealed: &str) -> Result<String> {
        self.keyring.now().sealer().unseal(self.workspace.id, sealed)
    }
}
