//! `attest member`: roles of people in a workspace.

use super::ExitStatus;
use crate::domain::error::Problem;
use crate::domain::role::Role;
use crate::server::error::{Error, Result};
use crate::server::services::member::{remove_member, set_member};
use crate::server::store::{Actor, Store, WorkspaceRef};
use clap::Subcommand;

#[derive(Subcommand, Debug)]
pub enum Member {
    /// Give a person a role, instead of the one they had.
    Set {
        #[arg(long)]
        workspace: String,
        #[arg(long)]
        email: String,
        /// compliance_admin, admin, compliance, analyst, read_only or auditor.
        #[arg(long)]
        role: String,
        /// Add an account although somebody else was shown the link to its first password.
        #[arg(long)]
        confirm: bool,
    },
    /// Take a person out of a workspace.
    Remove {
        #[arg(long)]
        workspace: String,
        #[arg(long)]
        email: String,
    },
}

impl Member {
    pub async fn run(self, store: &Store) -> Result<ExitStatus> {
        let actor = Actor::command_line();
        match self {
            Self::Set { workspace, email, role, confirm } => {
                let set = (role_named(&role)?, confirm);
                set_member(store, &actor, WorkspaceRef::parse(&workspace)?, &email, set).await?;
            }
            Self::Remove { workspace, email } => {
                remove_member(store, &actor, WorkspaceRef::parse(&workspace)?, &email).await?;
            }
        }
        say!("Done.");
        Ok(ExitStatus::Done)
    }
}

fn role_named(text: &str) -> Result<Role> {
    Role::parse(text).ok_or_else(|| Error::invalid("--role", Problem::NotARole))
}
