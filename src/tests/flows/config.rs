//! Where settings come from, and that the documentation tells all of them.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::process::Command;

#[tokio::test]
async fn settings_come_from_the_file_below_variables_and_flags() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |text: &str| std::fs::write(folder.path().join("attest.toml"), text).expect("written");
    let run = async |args: &[&str], public: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
        command.current_dir(folder.path()).args(args);
        if let Some(url) = public {
            command.env("ATTEST_PUBLIC_URL", url);
        }
        let output = command.output().await.expect("the binary starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), said)
    };
    write(
        "public_url = \"https://file.example\"\nerase_after_hours = 24\ndatabase_url = \"postgres://ada:secret@db/attest\"\n",
    );
    let (code, said) = run(&["config", "--json"], None).await;
    let told: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let of = |name: &str| {
        let found = told.as_array().expect("settings").iter().find(|told| told["setting"] == name).expect("a setting");
        (found["value"].clone(), found["from"].clone())
    };
    assert_eq!((code, of("public_url")), (Some(0), (json!("https://file.example"), json!("attest.toml"))));
    assert_eq!(of("erase_after_hours"), (json!("24"), json!("attest.toml")));
    assert_eq!(of("addr"), (json!("127.0.0.1:3000"), json!("the default")));
    assert_eq!(of("database_url").0, json!("postgres://ada:***@db/attest"), "no secret is shown");
    let (_, said) = run(&["config"], Some("https://variable.example")).await;
    assert!(said.contains("https://variable.example") && said.contains("from ATTEST_PUBLIC_URL"), "{said}");
    let (_, said) = run(&["--public-url", "https://flag.example", "config"], Some("https://variable.example")).await;
    assert!(said.contains("https://flag.example") && said.contains("from a flag"), "{said}");
    let (_, said) = run(&["config", "--public-url", "https://flag.example"], None).await;
    assert!(said.contains("https://flag.example") && said.contains("from a flag"), "{said}");
    for (text, named) in [
        ("nonsense = 1", "there is no setting named nonsense"),
        ("erase_after_hours = \"soon\"", "erase-after-hours"),
        ("addr = ", "attest.toml"),
    ] {
        write(text);
        let (code, said) = run(&["config"], None).await;
        assert!(code == Some(2) && said.contains(named) && said.trim_end().lines().count() == 1, "{said}");
    }
}

/// Each setting's default, as the program has it and as README.md tells it.
#[tokio::test]
async fn the_documentation_tells_every_setting_with_its_default() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
    let output = command.current_dir(folder.path()).env_clear().args(["config", "--json"]).output().await;
    let settings: Vec<Value> = serde_json::from_slice(&output.expect("the binary starts").stdout).expect("JSON");
    let of = |setting: &Value| {
        let name = setting["setting"].as_str().expect("a name").to_uppercase();
        (format!("ATTEST_{name}"), setting["value"].as_str().unwrap_or("none").to_owned())
    };
    let known: BTreeMap<String, String> = settings.iter().map(of).collect();
    let mut told = BTreeMap::new();
    for row in include_str!("../../../README.md").lines().filter(|line| line.starts_with("| `")) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let words = |column: &str| -> Vec<String> {
            column.split(", ").map(|word| word.trim_matches('`').to_owned()).collect()
        };
        let variables = words(columns[1]).into_iter().filter(|word| word.starts_with("ATTEST_"));
        told.extend(variables.zip(words(columns[2])));
    }
    // What it is when nobody says: nothing, said in words.
    for (variable, words) in
        [("ATTEST_PUBLIC_URL", "http://ADDR"), ("ATTEST_METRICS_ADDR", "off"), ("ATTEST_TRUSTED_PROXIES", "none")]
    {
        assert_eq!(told.insert(variable.to_owned(), "none".to_owned()).as_deref(), Some(words));
    }
    assert_eq!(told, known);
}

/// Where README says how small or large a number may be, the program takes that and nothing beyond.
#[tokio::test]
async fn the_documentation_tells_the_bounds_of_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let takes = async |variable: &str, value: u64| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attest"));
        let command = command.current_dir(folder.path()).env_clear().env(variable, value.to_string()).arg("config");
        command.output().await.expect("the binary starts").status.success()
    };
    let mut told = 0;
    for row in include_str!("../../../README.md").lines().filter(|line| line.starts_with("| `ATTEST_")) {
        let variable = row.split('`').nth(1).expect("a variable");
        for (words, is_least) in [("at least ", true), ("at most ", false)] {
            let bound =
                row.split(words).skip(1).find_map(|rest| rest.split([' ', ')', '|', ';']).next()?.parse::<u64>().ok());
            let Some(bound) = bound else { continue };
            let beyond = if is_least { bound - 1 } else { bound + 1 };
            assert!(takes(variable, bound).await && !takes(variable, beyond).await, "{variable}: {words}{bound}");
            told += 1;
        }
    }
    assert_eq!(told, 3, "the table is read");
}
