//! `attest user`: people who can sign in.

use super::{ExitStatus, print};
use crate::server::config::Config;
use crate::server::error::{Error, Result};
use crate::server::services::Services;
use crate::server::services::person::{NewAccount, add_account, make_reset_link};
use crate::server::store::Actor;
use clap::Subcommand;
use secrecy::SecretString;
use serde_json::json;

#[derive(Subcommand, Debug)]
pub enum User {
    /// Add a person who can sign in. Without a password it prints a one-time link.
    Add {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// May create workspaces and make password-reset links.
        #[arg(long)]
        operator: bool,
        /// Read the password from standard input.
        #[arg(long)]
        password_stdin: bool,
        #[arg(long)]
        json: bool,
    },
    /// Print a one-time link by which a person chooses another password, and end their sessions.
    Reset {
        #[arg(long)]
        email: String,
        #[arg(long)]
        json: bool,
    },
}

impl User {
    pub async fn run(self, services: &Services, config: &Config) -> Result<ExitStatus> {
        let (email, name, operator, password_stdin, json) = match self {
            Self::Add { email, name, operator, password_stdin, json } => (email, name, operator, password_stdin, json),
            Self::Reset { email, json } => {
                let token = make_reset_link(services, &Actor::command_line(), &email).await?;
                let link = format!("{}/set-up?token={token}", config.public_url());
                let words =
                    format!("Their sessions have ended. They choose another password within an hour, by:\n{link}");
                print(json, &json!({"link": link}), &words);
                return Ok(ExitStatus::Done);
            }
        };
        let password = if password_stdin { read_password()? } else { None };
        let new = NewAccount { email, name, operator, password };
        let (person, link) = add_account(services, &Actor::command_line(), new).await?;
        let link = link.map(|token| format!("{}/set-up?token={token}", config.public_url()));
        let words = match &link {
            Some(link) => format!("Added. They choose their password within an hour, by this one-time link:\n{link}"),
            None => "Added.".to_owned(),
        };
        print(json, &json!({"id": person, "link": link}), &words);
        Ok(ExitStatus::Done)
    }
}

/// The first line of standard input; an empty one is no password.
fn read_password() -> Result<Option<SecretString>> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Error::internal)?;
    let password = line.trim_end_matches(['\r', '\n']);
    Ok((!password.is_empty()).then(|| password.to_owned().into()))
}
