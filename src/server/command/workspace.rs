//! `attest workspace`.

use super::{ExitStatus, print};
use crate::server::calendar::UTC;
use crate::server::error::Result;
use crate::server::services::Services;
use crate::server::services::workspace::{FirstAdmin, NewWorkspace, add_workspace};
use crate::server::store::Actor;
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand, Debug)]
pub enum Workspace {
    /// Add a workspace.
    Add {
        #[arg(long)]
        name: String,
        /// The part of addresses that names it; made from the name unless given.
        #[arg(long)]
        slug: Option<String>,
        /// Whose days its figures are counted by; fixed for good.
        #[arg(long, default_value = UTC)]
        time_zone: String,
        /// What the Profile API's addresses call its organisation; `main` unless given.
        #[arg(long)]
        org: Option<String>,
        /// What they call its account; `main` unless given.
        #[arg(long)]
        account: Option<String>,
        /// The e-mail of its first Compliance Admin, who has an account.
        #[arg(long)]
        admin: Option<String>,
        /// Take that account although somebody else was shown the link to its first password.
        #[arg(long)]
        confirm: bool,
        #[arg(long)]
        json: bool,
    },
}

impl Workspace {
    pub async fn run(self, services: &Services) -> Result<ExitStatus> {
        let Self::Add { name, slug, time_zone, org, account, admin, confirm, json } = self;
        let new = NewWorkspace {
            name,
            slug,
            time_zone,
            org,
            account,
            admin: admin.map(|email| FirstAdmin { email, name: None, confirmed: confirm }),
        };
        let made = add_workspace(services, &Actor::command_line(), new).await?.workspace;
        print(json, &json!({"id": made.id, "slug": made.slug.as_str()}), &format!("Added as {}.", made.slug));
        Ok(ExitStatus::Done)
    }
}
