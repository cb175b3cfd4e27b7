//! `attest input`: feeds of events.

use super::{ExitStatus, print};
use crate::server::error::Result;
use crate::server::services::input::{NewInput, add_input};
use crate::server::store::{Actor, Store, WorkspaceRef};
use clap::Subcommand;
use secrecy::ExposeSecret;
use serde_json::json;

#[derive(Subcommand, Debug)]
pub enum Input {
    /// Add an input; its secret is shown here only.
    Add {
        #[arg(long)]
        workspace: String,
        #[arg(long)]
        name: String,
        /// The bundle id of the app that batches without one belong to.
        #[arg(long, default_value = "")]
        app: String,
        #[arg(long)]
        json: bool,
    },
}

impl Input {
    pub async fn run(self, store: &Store) -> Result<ExitStatus> {
        let Self::Add { workspace, name, app, json } = self;
        let new = NewInput { name, bundle: app };
        let made = add_input(store, &Actor::command_line(), WorkspaceRef::parse(&workspace)?, new).await?;
        let (id, key, secret) = (made.input.input, made.input.key, made.secret.expose_secret());
        let words = format!("Added. The secret is shown this once:\nkey    {key}\nsecret {secret}");
        print(json, &json!({"id": id, "key": key, "secret": secret}), &words);
        Ok(ExitStatus::Done)
    }
}
