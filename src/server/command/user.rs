//! `attest user`: people who can sign in.

use super::{ExitStatus, print};
use crate::domain::error::Problem;
use crate::domain::text::Email;
use crate::server::config::Config;
use crate::server::error::{Error, Result};
use crate::server::services::Services;
use crate::server::services::mail::LinkFor;
use crate::server::services::person::{NewAccount, add_account, make_reset_link};
use crate::server::services::second_factor::{demand_of_operators, remove_factor_of};
use crate::server::services::standing::{Standing, set_standing};
use crate::server::store::Actor;
use crate::server::store::person::Person;
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
    /// Lock an account: its sessions end, and its password and tokens work no more.
    Disable {
        #[arg(long)]
        email: String,
    },
    /// Unlock a disabled account.
    Enable {
        #[arg(long)]
        email: String,
    },
    /// Make a person an operator, or with --off end it.
    Operator {
        #[arg(long)]
        email: String,
        #[arg(long)]
        off: bool,
        /// Although somebody else was shown the link to their account's first password.
        #[arg(long)]
        confirm: bool,
    },
    /// Turn off the two-factor authentication of a person who lost their phone and recovery codes, and end their sessions.
    RemoveSecondFactor {
        #[arg(long)]
        email: String,
    },
    /// Require two-factor authentication of operators, or with --off no longer.
    RequireSecondFactor {
        #[arg(long)]
        off: bool,
    },
    /// Print a one-time link by which a person chooses another password, take the present one away, and end their sessions.
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
            Self::Disable { email } => return stand(services, &email, (Standing::Disabled, false)).await,
            Self::Enable { email } => return stand(services, &email, (Standing::Enabled, false)).await,
            Self::Operator { email, off, confirm } => {
                let standing = if off { Standing::NoOperator } else { Standing::Operator };
                return stand(services, &email, (standing, confirm)).await;
            }
            Self::RemoveSecondFactor { email } => {
                let person = person(services, &email).await?;
                remove_factor_of(services, &Actor::command_line(), person.id).await?;
                say!("Done.");
                return Ok(ExitStatus::Done);
            }
            Self::RequireSecondFactor { off } => {
                demand_of_operators(services, &Actor::command_line(), !off).await?;
                say!("Done.");
                return Ok(ExitStatus::Done);
            }
            Self::Reset { email, json } => {
                let link = make_reset_link(services, &Actor::command_line(), &email).await?;
                let link = link.shown(&config.public_url(), "/set-up");
                let by =
                    link.as_deref().map_or("the link that is mailed to them.".to_owned(), |link| format!("\n{link}"));
                let words = format!(
                    "Their password works no more, and their sessions have ended. They choose another password within an hour, by {by}"
                );
                print(json, &json!({"link": link}), &words);
                return Ok(ExitStatus::Done);
            }
        };
        let password = if password_stdin { read_password()? } else { None };
        let new = NewAccount { email, name, operator, password };
        let (person, link) = add_account(services, &Actor::command_line(), new).await?;
        let mailed = link == Some(LinkFor::Mailed);
        let link = link.and_then(|link| link.shown(&config.public_url(), "/set-up"));
        let words = match &link {
            None if mailed => {
                "Added. They choose their password within an hour, by a link that is mailed to them.".to_owned()
            }
            Some(link) => format!("Added. They choose their password within an hour, by this one-time link:\n{link}"),
            None => "Added.".to_owned(),
        };
        print(json, &json!({"id": person, "link": link}), &words);
        Ok(ExitStatus::Done)
    }
}

async fn person(services: &Services, email: &str) -> Result<Person> {
    let email = Email::parse(email).map_err(|problem| Error::invalid("--email", problem))?;
    let person = services.store().system_view().await?.person_by_email(&email).await?;
    person.ok_or_else(|| Error::invalid("--email", Problem::NobodyHasIt))
}

async fn stand(services: &Services, email: &str, standing: (Standing, bool)) -> Result<ExitStatus> {
    let person = person(services, email).await?;
    set_standing(services, &Actor::command_line(), person.id, standing).await?;
    say!("Done.");
    Ok(ExitStatus::Done)
}

/// The first line of standard input; an empty one is no password.
fn read_password() -> Result<Option<SecretString>> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Error::internal)?;
    let password = line.trim_end_matches(['\r', '\n']);
    Ok((!password.is_empty()).then(|| password.to_owned().into()))
}
