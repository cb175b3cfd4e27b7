//! `attest.toml`: settings as defaults, below flags and variables.

use clap::{Arg, ArgMatches, Command};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// Where the file is looked for: the folder that the command was started in.
pub const NAME: &str = "attest.toml";

/// The settings that nobody may see, and what is seen in their place.
const SECRETS: [&str; 2] = ["secret_key", "checkpoint_url"];
const MASK: &str = "***";

/// How many letters a variable may be away from a setting's to be taken for a slip.
const FARTHEST_SLIP: usize = 2;

/// The settings of the file, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File(BTreeMap<String, String>);

/// A setting as `attest config` prints it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SettingInForce {
    pub setting: String,
    /// `None` where nothing is set and there is no default.
    pub value: Option<String>,
    pub from: String,
}

impl File {
    /// Reads the file of this folder, if there is one; a wrong line is reported in one line.
    pub fn read(folder: &Path) -> Result<Self, String> {
        match std::fs::read_to_string(folder.join(NAME)) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{NAME}: {error}")),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            format!("{NAME}, line {line}: {}", error.message().lines().next().unwrap_or("cannot be read"))
        })?;
        let one = |key: &str, value: &toml::Value| match value {
            toml::Value::String(text) => Ok(text.clone()),
            toml::Value::Integer(number) => Ok(number.to_string()),
            toml::Value::Boolean(on) => Ok(on.to_string()),
            _ => Err(format!("{NAME}: {key} must be a text, a whole number, true or false")),
        };
        let entry = |(key, value): (&String, &toml::Value)| {
            let text = match value {
                toml::Value::Array(items) => {
                    items.iter().map(|item| one(key, item)).collect::<Result<Vec<_>, _>>()?.join(",")
                }
                value => one(key, value)?,
            };
            Ok((key.clone(), text))
        };
        Ok(Self(table.iter().map(entry).collect::<Result<_, String>>()?))
    }

    /// Makes the file's settings the defaults of a command. Its settings may stand before the name of a command below
    /// it or after.
    pub fn defaults_of(&self, command: Command) -> Result<Command, String> {
        let mut command = command.mut_args(|arg| match arg.get_env() {
            Some(_) => arg.global(true).help_heading("Settings"),
            None => arg,
        });
        for (key, value) in &self.0 {
            if !settings(&command).any(|arg| arg.get_id() == key.as_str()) {
                return Err(format!("{NAME}: there is no setting named {key}"));
            }
            command = command.mut_arg(key, |arg| arg.default_value(value.clone()));
        }
        Ok(command)
    }

    /// What is in force, and where each value came from; passwords are masked.
    pub fn in_force(&self, command: &Command, matches: &ArgMatches) -> Vec<SettingInForce> {
        use clap::parser::ValueSource;
        let in_force = |arg: &Arg| {
            let id = arg.get_id().as_str();
            let values = matches.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy().into_owned());
            let value = values.collect::<Vec<_>>().join(",");
            let from = match matches.value_source(id) {
                Some(ValueSource::CommandLine) => "a flag".to_owned(),
                Some(ValueSource::EnvVariable) => {
                    arg.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
                }
                _ if self.0.contains_key(id) => NAME.to_owned(),
                _ => "the default".to_owned(),
            };
            SettingInForce {
                setting: id.to_owned(),
                value: Some(if SECRETS.contains(&id) { MASK.to_owned() } else { masked(&value) })
                    .filter(|_| !value.is_empty()),
                from,
            }
        };
        settings(command).map(in_force).collect()
    }
}

/// The settings that a command takes.
fn settings(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| arg.get_env().is_some())
}

/// Variables that are almost called like a setting: a slip of the pen, and what it stands beside. Others with our prefix
/// are somebody's own, such as a script's token.
pub fn slips(command: &Command, variables: impl Iterator<Item = OsString>) -> Vec<(String, String)> {
    let known: Vec<_> = settings(command).filter_map(|arg| arg.get_env()?.to_str()).collect();
    let meant = |name: &String| {
        let near = known.iter().find(|known| strsim::damerau_levenshtein(known, name) <= FARTHEST_SLIP)?;
        (!known.contains(&name.as_str())).then(|| (*near).to_owned())
    };
    let named = variables.filter_map(|name| name.into_string().ok()).filter(|name| name.starts_with("ATTEST_"));
    named.filter_map(|name| meant(&name).map(|meant| (name, meant))).collect()
}

/// An address without the passwords in it.
fn masked(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else { return value.to_owned() };
    // A password may have the signs in it that should end it: better too much is hidden than too little.
    let (user, host) = rest.rsplit_once('@').map_or((None, rest), |(user, host)| (Some(user), host));
    let user = user.map(|user| user.split_once(':').map_or(user.to_owned(), |(name, _)| format!("{name}:{MASK}")));
    let user = user.map_or(String::new(), |user| format!("{user}@"));
    let (host, options) = host.split_once('?').map_or((host, None), |(host, options)| (host, Some(options)));
    let option = |option: &str| match option.split_once('=') {
        Some((name, _)) if name.contains("password") => format!("{name}={MASK}"),
        _ => option.to_owned(),
    };
    let options = options.map(|options| options.split('&').map(option).collect::<Vec<_>>().join("&"));
    let options = options.map_or(String::new(), |options| format!("?{options}"));
    format!("{scheme}://{user}{host}{options}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_text() {
        let file = File::parse(
            "addr = \"127.0.0.1:1\"\nerase_after_hours = 5\ntrusted_proxies = [\"10.0.0.1\", \"10.0.0.2\"]\n",
        );
        let file = file.expect("a file").0;
        assert_eq!((file["addr"].as_str(), file["erase_after_hours"].as_str()), ("127.0.0.1:1", "5"));
        assert_eq!(file["trusted_proxies"], "10.0.0.1,10.0.0.2");
        let told = File::parse("addr = \"127.0.0.1:1\"\nmetrics_addr =\n").expect_err("half a line");
        assert!(told.starts_with("attest.toml, line 2: ") && !told.contains('\n'), "{told}");
        assert!(File::parse("[addr]\nx = 1").is_err_and(|told| told.contains("addr must be")));
    }

    #[test]
    fn a_slip_in_a_variables_name_is_found() {
        let command = Command::new("x").arg(Arg::new("addr").long("addr").env("ATTEST_ADDR"));
        let variables = ["PATH", "ATTEST_ADDR", "ATTEST_ADRR", "ATTEST_TOKEN"].map(OsString::from);
        assert_eq!(slips(&command, variables.into_iter()), [("ATTEST_ADRR".to_owned(), "ATTEST_ADDR".to_owned())]);
    }

    #[test]
    fn passwords_are_masked() {
        assert_eq!(masked("postgres://ada:secret@db:5432/attest"), "postgres://ada:***@db:5432/attest");
        assert_eq!(masked("postgres://ada@db/attest"), "postgres://ada@db/attest");
        assert_eq!(masked("postgres://ada:pa@ss?@db/attest?a=b"), "postgres://ada:***@db/attest?a=b");
        let in_options = "postgres://db/attest?user=ada&password=secret&sslpassword=more";
        assert_eq!(masked(in_options), "postgres://db/attest?user=ada&password=***&sslpassword=***");
        assert_eq!(masked("127.0.0.1:3000"), "127.0.0.1:3000");
    }
}
