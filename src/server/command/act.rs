//! Commands that change something.

use super::Ended;
use crate::domain::error::Problem;
use crate::domain::role::{Role, TokenRole};
use crate::server::auth::password::Passwords;
use crate::server::config::Config;
use crate::server::error::{Error, Result};
use crate::server::services::{demo, input, member, reset, sign_up, token, workspace};
use crate::server::store::{Actor, Store, WorkspaceRef};
use clap::{Args, Subcommand};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

fn role(text: &str) -> Result<Role> {
    Role::parse(text).ok_or_else(|| Error::invalid("--role", Problem::NotARole))
}

fn print(json: bool, value: &serde_json::Value, words: &str) {
    if json { say!("{value}") } else { say!("{words}") }
}

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
    pub async fn run(self, store: &Store, config: &Config) -> Result<Ended> {
        let (email, name, operator, password_stdin, json) = match self {
            Self::Add { email, name, operator, password_stdin, json } => (email, name, operator, password_stdin, json),
            Self::Reset { email, json } => {
                let token = reset::make_reset_link(store, &Actor::command_line(), &email).await?;
                let link = format!("{}/set-up?token={token}", config.public_url());
                let words =
                    format!("Their sessions have ended. They choose another password within an hour, by:\n{link}");
                print(json, &json!({"link": link}), &words);
                return Ok(Ended::Done);
            }
        };
        let password = if password_stdin { sign_up::given(Some(read_password()?)) } else { None };
        let passwords = Passwords::new(store.ids().clone());
        let new = sign_up::NewAccount { email, name, operator, password };
        let (person, link) = sign_up::add_account(store, &passwords, &Actor::command_line(), new).await?;
        let link = link.map(|token| format!("{}/set-up?token={token}", config.public_url()));
        let words = match &link {
            Some(link) => format!("Added. They choose their password within an hour, by this one-time link:\n{link}"),
            None => "Added.".to_owned(),
        };
        print(json, &json!({"id": person, "link": link}), &words);
        Ok(Ended::Done)
    }
}

fn read_password() -> Result<SecretString> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Error::internal)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned().into())
}

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
        #[arg(long, default_value = sign_up::UTC)]
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
        #[arg(long)]
        json: bool,
    },
}

impl Workspace {
    pub async fn run(self, store: &Store) -> Result<Ended> {
        let Self::Add { name, slug, time_zone, org, account, admin, json } = self;
        let new = workspace::NewWorkspace {
            name,
            slug,
            time_zone,
            org,
            account,
            admin: admin.map(|email| workspace::FirstAdmin { email, name: None }),
        };
        let made = workspace::add_workspace(store, &Actor::command_line(), new).await?.workspace;
        print(json, &json!({"id": made.id, "slug": made.slug.as_str()}), &format!("Added as {}.", made.slug));
        Ok(Ended::Done)
    }
}

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
    pub async fn run(self, store: &Store) -> Result<Ended> {
        let actor = Actor::command_line();
        match self {
            Self::Set { workspace, email, role: wanted } => {
                member::set_member(store, &actor, WorkspaceRef::parse(&workspace)?, &email, role(&wanted)?).await?;
            }
            Self::Remove { workspace, email } => {
                member::remove_member(store, &actor, WorkspaceRef::parse(&workspace)?, &email).await?;
            }
        }
        say!("Done.");
        Ok(Ended::Done)
    }
}

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
    pub async fn run(self, store: &Store) -> Result<Ended> {
        let Self::Add { workspace, name, app, json } = self;
        let new = input::NewInput { name, bundle: app };
        let made = input::add_input(store, &Actor::command_line(), WorkspaceRef::parse(&workspace)?, new).await?;
        let (id, key, secret) = (made.input.input, made.input.key, made.secret.expose_secret());
        let words = format!("Added. The secret is shown this once:\nkey    {key}\nsecret {secret}");
        print(json, &json!({"id": id, "key": key, "secret": secret}), &words);
        Ok(Ended::Done)
    }
}

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
    pub async fn run(self, store: &Store) -> Result<Ended> {
        let Self::Add { workspace, name, role: wanted, json } = self;
        let (id, text) = {
            let role = TokenRole::parse(&wanted).ok_or_else(|| Error::invalid("--role", Problem::NotARole))?;
            let new = token::NewToken { name, role, days: token::LONGEST_DAYS };
            token::add_token(store, &Actor::command_line(), WorkspaceRef::parse(&workspace)?, new).await?
        };
        let words = format!("Added. The token is shown this once:\n{}", text.expose_secret());
        print(json, &json!({"id": id, "token": text.expose_secret()}), &words);
        Ok(Ended::Done)
    }
}

#[derive(Args, Debug)]
pub struct Demo {
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1..))]
    profiles: u32,
    /// How many days of history.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u16).range(1..=730))]
    days: u16,
    /// The same seed gives the same data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long)]
    json: bool,
}

impl Demo {
    /// Opens the database by itself: its story has a clock of its own.
    pub async fn run(self, database_url: &str) -> Result<Ended> {
        let wanted = demo::Wanted { profiles: self.profiles, days: self.days, seed: self.seed };
        let clock = Arc::new(demo::beginning(wanted));
        let store = Store::open(database_url, clock.clone()).await?;
        let passwords = Passwords::new(store.ids().clone());
        let made = demo::fill(&store, &clock, &passwords, wanted).await?;
        store.close().await;
        let counted =
            format!("{} profiles on {} devices in the workspace {}.", made.profiles, made.devices, made.workspace);
        let people = made.people.iter().map(|(role, email, password)| {
            format!("  {:<17} {email:<36} {}", crate::ui::words::role(*role), password.expose_secret())
        });
        let words: Vec<_> = [counted, "One sign-in per role:".to_owned()].into_iter().chain(people).collect();
        let people = made
            .people
            .iter()
            .map(|(role, email, password)| json!({"role": role, "email": email, "password": password.expose_secret()}));
        let value = json!({"workspace": made.workspace, "profiles": made.profiles, "devices": made.devices,
            "people": people.collect::<Vec<_>>()});
        print(self.json, &value, &words.join("\n"));
        Ok(Ended::Done)
    }
}

/// `attest backup FILE`.
pub async fn backup(store: &Store, file: &Path) -> Result<Ended> {
    store.backup(file).await?;
    say!("Copied to {}.", file.display());
    Ok(Ended::Done)
}

/// `attest db …`.
#[derive(Subcommand, Debug)]
pub enum Database {
    /// Spread the tables of a Postgres with Citus over its machines, by workspace.
    Distribute,
}

impl Database {
    pub async fn run(self, store: &Store) -> Result<Ended> {
        match self {
            Self::Distribute => {
                let spread = store.distribute(&Actor::command_line()).await?;
                say!("{spread} tables spread.");
                Ok(Ended::Done)
            }
        }
    }
}
