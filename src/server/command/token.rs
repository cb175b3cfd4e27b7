//! `attest token`: API tokens.

use super::{ExitStatus, print};
use crate::domain::error::Problem;
use crate::domain::role::TokenRole;
use crate::server::error::{Error, Result};
use crate::server::services::token::{LONGEST_DAYS, NewToken, add_token};
use crate::server::store::{Actor, Store, WorkspaceRef};
use clap::Subcommand;
use secrecy::ExposeSecret;
use serde_json::json;

#[derive(Subcommand, Debug)]
pub enum Token {
    /// Add an API token that lasts a year; it is shown here only.
    Add {
        #[arg(long)]
        workspace: String,
        #[arg(long)]
        name: String,
        /// One of the six roles, or profile_reader.
        #[arg(long)]
        role: String,
        #[arg(long)]
        json: bool,
    },
}

impl Token {
    pub async fn run(self, store: &Store) -> Result<ExitStatus> {
        let Self::Add { workspace, name, role, json } = self;
        let role = TokenRole::parse(&role).ok_or_else(|| Error::invalid("--role", Problem::NotARole))?;
        let new = NewToken { name, role, days: LONGEST_DAYS };
        let (id, text) = add_token(store, &Actor::command_line(), WorkspaceRef::parse(&workspace)?, new).await?;
        let words = format!("Added. The token is shown this once:\n{}", text.expose_secret());
        print(json, &json!({"id": id, "token": text.expose_secret()}), &words);
        Ok(ExitStatus::Done)
    }
}
