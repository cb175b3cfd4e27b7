//! The command line. Every command migrates the database first if need be, those that can be the first make it, and its
//! acts are audited with the actor `command line`.

/// Prints a line for whoever reads it to the end; who stopped reading wants no more.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}

mod audit;
mod check;
mod config;
mod database;
mod demo;
mod input;
mod key;
mod member;
mod token;
mod user;
mod workspace;

use super::clock::{Ids, SystemClock};
use super::config::file::{File, SettingInForce, slips};
use super::config::{Config, Logs, Secret};
use super::error::Error;
use super::serve::serve;
use super::services::Services;
use super::store::{Db, System};
use super::telemetry;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Self-hosted App Tracking Transparency: the default, the distribution, and an audit trail that proves itself.
#[derive(Parser, Debug)]
#[command(name = "attest", version, max_term_width = 100)]
pub struct Cli {
    /// sqlite://PATH, or postgres://... (15 or later; a direct one, not through a transaction pooler).
    #[arg(long, env = "ATTEST_DATABASE_URL", default_value = "sqlite://data/attest.db", hide_env_values = true)]
    database_url: String,
    #[command(flatten)]
    secret: Secret,
    #[command(flatten)]
    logs: Logs,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the pages and interfaces; also without any command.
    Serve,
    /// Apply migrations and exit; serve does it too.
    Migrate,
    /// Print what is in force and where each value came from.
    Config {
        #[arg(long)]
        json: bool,
    },
    /// People who can sign in.
    #[command(subcommand)]
    User(user::User),
    /// Workspaces.
    #[command(subcommand)]
    Workspace(workspace::Workspace),
    /// Roles of people in a workspace.
    #[command(subcommand)]
    Member(member::Member),
    /// Feeds of events.
    #[command(subcommand)]
    Input(input::Input),
    /// API tokens.
    #[command(subcommand)]
    Token(token::Token),
    /// Fill an empty database with believable data.
    Demo(demo::Demo),
    /// Prove that counters equal a full count, registers their last transition, and the audit chains hold.
    Check {
        /// Print the findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a consistent copy of a SQLite database, also while a server runs.
    Backup {
        /// A file that does not exist yet.
        file: PathBuf,
    },
    /// The secret that opens what is sealed in the database.
    #[command(subcommand)]
    Key(key::Key),
    /// The database itself.
    #[command(subcommand)]
    Db(database::Database),
    /// The audit chains.
    #[command(subcommand)]
    Audit(audit::Audit),
}

/// How a command ended, as its exit code: 0 done, 1 a check failed, 2 wrong usage or configuration.
pub enum ExitStatus {
    Done,
    CheckFailed,
}

fn print(json: bool, value: &serde_json::Value, words: &str) {
    if json { say!("{value}") } else { say!("{words}") }
}

/// Runs the command that was typed.
pub async fn run() -> ExitCode {
    let (cli, settings) = match read() {
        Ok(read) => read,
        Err(line) => {
            eprintln!("attest: {line}");
            return ExitCode::from(2);
        }
    };
    telemetry::start(&cli.logs);
    match command(cli, settings).await {
        Ok(ExitStatus::Done) => ExitCode::SUCCESS,
        Ok(ExitStatus::CheckFailed) => ExitCode::from(1),
        Err(error) => {
            eprintln!("attest: {}", said(&error));
            ExitCode::from(2)
        }
    }
}

/// Reads the file, the variables and the command line; a wrong value is reported in one line that names it.
fn read() -> Result<(Cli, Vec<SettingInForce>), String> {
    let file = File::read(Path::new("."))?;
    let command = file.defaults_of(<Cli as CommandFactory>::command())?;
    let matches = command.clone().try_get_matches().map_err(|error| match error.kind() {
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let told = error.to_string();
            // The second line has the values that are possible, where they are few.
            let told: Vec<&str> = told.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
            told.join(" ").trim_start_matches("error: ").to_owned()
        }
        _ => error.exit(),
    })?;
    let settings = file.in_force(&command, &matches);
    for (name, meant) in slips(&command, std::env::vars_os().map(|(name, _)| name)) {
        eprintln!("attest: unknown setting {name} was ignored; did you mean {meant}?");
    }
    Ok((Cli::from_arg_matches(&matches).map_err(|error| error.to_string())?, settings))
}

async fn command(cli: Cli, settings: Vec<SettingInForce>) -> Result<ExitStatus, Error> {
    let (database_url, config) = (cli.database_url, cli.config);
    if let Some(Command::Config { json }) = cli.command {
        config::print_config(&settings, json)?;
        return config.check().map(|()| ExitStatus::Done).map_err(Error::Internal);
    }
    // An exported file is proved without the database.
    if let Some(Command::Audit(audit::Audit::Verify { file: Some(file), checkpoints, keys, json })) = &cli.command {
        return audit::verify_exported(file, checkpoints.as_deref(), keys, *json);
    }
    let secret = cli.secret.read().map_err(Error::Internal)?;
    let command = match cli.command {
        Some(Command::Key(key::Key::Make)) => return Ok(key::make()),
        Some(Command::Demo(demo)) => return demo.run(&database_url, secret).await,
        command => command,
    };
    let begins =
        matches!(command, None | Some(Command::Serve | Command::Migrate | Command::User(_) | Command::Workspace(_)));
    if !begins {
        Db::assert_made(&database_url)?;
    }
    let system = System::open(&database_url, secret, Ids::new(Arc::new(SystemClock::default()))).await?;
    let services = Services::new(system.clone()).mailing(config.mailer()?);
    let store = services.store();
    let ended = match command {
        None | Some(Command::Serve) => return serve(system, config).await.map(|()| ExitStatus::Done),
        // Those that were done before the database was opened stand here for completeness.
        Some(Command::Migrate) => {
            say!("The schema is up to date.");
            Ok(ExitStatus::Done)
        }
        Some(Command::Config { .. } | Command::Demo(_)) => Ok(ExitStatus::Done),
        Some(Command::Key(key)) => key.run(&system).await,
        Some(Command::User(user)) => user.run(&services, &config).await,
        Some(Command::Workspace(workspace)) => workspace.run(&services).await,
        Some(Command::Member(member)) => member.run(store).await,
        Some(Command::Input(input)) => input.run(store).await,
        Some(Command::Token(token)) => token.run(store).await,
        Some(Command::Check { json }) => check::check(store, json).await,
        Some(Command::Audit(audit)) => audit.run(services.clone().sending(config.checkpoints.destinations()?)).await,
        Some(Command::Db(database)) => database.run(&system).await,
        Some(Command::Backup { file }) => database::backup(&system, &file).await,
    };
    store.close().await;
    ended
}

/// An error in one line that helps.
fn said(error: &Error) -> String {
    use crate::domain::error::Refusal;
    match error {
        Error::Refused(Refusal::Invalid(faults) | Refusal::BadRequest(faults)) => {
            let said =
                faults.iter().map(|fault| format!("{}: {}", fault.field, crate::ui::words::problem(fault.problem)));
            said.collect::<Vec<_>>().join("; ")
        }
        Error::Refused(Refusal::NotFound) => "there is no such workspace, person or thing".to_owned(),
        Error::Refused(Refusal::Conflict) => "somebody else changed it first".to_owned(),
        error => error.to_string(),
    }
}
