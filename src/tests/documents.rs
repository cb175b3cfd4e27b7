//! What the documents say is so: README's commands run, and what a document names is there.

use attest::domain::permission::{Grant, Permission, grant};
use attest::domain::role::Role;
use attest::ui::words;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The folders by whose names a path in a document begins: of the project, and of its sources.
const FOLDERS: [&str; 13] = [
    "src",
    "domain",
    "ui",
    "server",
    "tests",
    "migrations",
    "style",
    "end2end",
    "benches",
    "scripts",
    "deploy",
    "docs",
    "public",
];

#[test]
fn the_commands_of_the_readme_run_in_their_order() {
    let mut script = Command::new(format!("{ROOT}/scripts/readme.sh"));
    let output = script.env("ATTEST_BIN", env!("CARGO_BIN_EXE_attest")).output().expect("the script starts");
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{said}");
}

/// What each row of README's table of roles is about. Exporting the log has no page: the command line may do everything.
const RIGHTS: [(&str, &[Permission]); 10] = [
    ("see figures", &[Permission::SeeMetrics]),
    ("export figures", &[Permission::ExportMetrics]),
    ("see the default, the IDFA policy, inputs and apps", &[Permission::SeePrivacySettings, Permission::SeeInputs]),
    ("**change the default and the IDFA policy**", &[Permission::ChangePrivacySettings]),
    ("look up single profiles, see samples of batches", &[Permission::LookUpProfiles]),
    ("see the audit log", &[Permission::SeeAudit]),
    ("see members", &[Permission::SeeMembers]),
    ("manage members", &[Permission::ManageMembers]),
    ("manage inputs and apps, set alerts, save views for everybody", &[Permission::ManageInputs]),
    ("manage API tokens", &[Permission::ManageTokens]),
];

#[test]
fn the_readmes_roles_have_the_rights_that_it_says() {
    let told = RIGHTS.iter().flat_map(|(_, permissions)| *permissions).chain([&Permission::ExportAudit]);
    let told: Vec<_> = told.copied().collect();
    let untold: Vec<_> = Permission::ALL.iter().filter(|permission| !told.contains(permission)).collect();
    assert!(untold.is_empty(), "README's table says nothing of {untold:?}");
    let readme = include_str!("../../README.md");
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut rows =
        readme.lines().skip_while(|line| !line.starts_with("| | ")).take_while(|line| line.starts_with('|')).map(cells);
    let roles = rows.next().expect("a table of roles");
    let rows: Vec<_> = rows.skip(1).collect();
    assert_eq!(rows.len(), RIGHTS.len());
    for (right, permissions) in RIGHTS {
        let row = rows.iter().find(|row| row[0] == right).unwrap_or_else(|| panic!("no row says: {right}"));
        for role in Role::ALL {
            let at = roles.iter().position(|name| name == words::role(role)).expect("a column for each role");
            let said = match row[at].trim_matches('*') {
                "no" => Grant::No,
                "rounded" => Grant::Rounded,
                _ => Grant::Yes,
            };
            for permission in permissions {
                assert_eq!(said, grant(role, *permission), "{right}: {}", words::role(role));
            }
        }
    }
}

fn documents() -> Vec<PathBuf> {
    let listed =
        std::fs::read_dir(format!("{ROOT}/docs")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let others = ["README.md", "CHANGELOG.md", "benches/README.md"].map(|name| Path::new(ROOT).join(name));
    listed.filter(|path| path.extension().is_some_and(|kind| kind == "md")).chain(others).collect()
}

/// What is between each two such marks.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close)).map(|(inside, _)| inside)
}

/// Whether it is there as it stands or as a module, seen from the project's folder or from its sources.
fn is_there(path: &str) -> bool {
    [
        format!("{ROOT}/{path}"),
        format!("{ROOT}/{path}.rs"),
        format!("{ROOT}/src/{path}"),
        format!("{ROOT}/src/{path}.rs"),
    ]
    .iter()
    .any(|path| Path::new(path).exists())
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut missing = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).expect("a document");
        let folder = document.parent().expect("a folder");
        for target in between(&text, "](", ")").filter(|target| !target.contains("://")) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { document.clone() } else { folder.join(file) };
            let is_heading = |line: &str| line.starts_with('#') && anchor(line) == heading;
            let found =
                heading.is_empty() || std::fs::read_to_string(&file).is_ok_and(|text| text.lines().any(is_heading));
            missing.extend((!file.exists() || !found).then(|| format!("{}: {target}", document.display())));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What a heading is called in an address.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words.replace(' ', "-").chars().filter(|sign| sign.is_alphanumeric() || *sign == '-').collect()
}

#[test]
fn every_path_that_a_document_names_is_there() {
    let (mut named, mut missing) = (0, Vec::new());
    for document in documents() {
        let text = std::fs::read_to_string(&document).expect("a document");
        let words = text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| between_marks(line));
        for path in words.filter(|word| word.split_once('/').is_some_and(|(folder, _)| FOLDERS.contains(&folder))) {
            named += 1;
            // A test is named as its file and its function.
            let (file, function) = path.split_once("::").map_or((path, None), |(file, of)| (file, Some(of)));
            let has = |of: &str| sources(file).contains(&format!("fn {of}("));
            let found = is_there(file) && function.is_none_or(has);
            missing.extend((!found).then(|| format!("{}: {path}", document.display())));
        }
    }
    assert!(named > 100, "the documents name paths, and {named} of them were found");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// "`path`: `Name`" in a table says that the name is found there.
#[test]
fn every_name_that_a_document_places_in_a_file_is_in_it() {
    let text = std::fs::read_to_string(format!("{ROOT}/docs/architecture.md")).expect("a document");
    let mut named = 0;
    for line in text.lines().filter(|line| line.starts_with('|')) {
        for (path, rest) in line.split('`').skip(1).step_by(2).zip(line.split('`').skip(2).step_by(2)) {
            let (_, after) = line.split_once(&format!("`{path}`")).expect("it is there");
            let Some((name, _)) = after.strip_prefix(": `").and_then(|after| after.split_once('`')) else { continue };
            assert!(rest.starts_with(':'));
            let sources = sources(path);
            assert!(sources.contains(name), "{path} has no {name}");
            named += 1;
        }
    }
    assert!(named > 2, "{named}");
}

/// The text of a module: its file, or those of its folder.
fn sources(path: &str) -> String {
    let folder = PathBuf::from(format!("{ROOT}/src/{path}"));
    match std::fs::read_dir(&folder) {
        Ok(files) => {
            let texts = files.flatten().filter_map(|file| std::fs::read_to_string(file.path()).ok());
            texts.collect()
        }
        Err(_) => std::fs::read_to_string(folder.with_extension("rs")).unwrap_or_default(),
    }
}

/// What a line has between backticks.
fn between_marks(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).filter(|word| !word.contains([' ', '*', '<'])).collect()
}

/// Each requirement once, each that is met with what shows it, and few that are not, each with its reason.
#[test]
fn every_requirement_of_the_security_standard_has_its_verdict() {
    let text = std::fs::read_to_string(format!("{ROOT}/docs/asvs.md")).expect("a document");
    let (table, deviations) = text.split_once("## Deviations").expect("a section of deviations");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let is_id = |cell: &str| cell.split('.').count() == 3 && cell.split('.').all(|part| part.parse::<u32>().is_ok());
    let rows: Vec<Vec<String>> = table.lines().map(cells).filter(|cells| cells.len() > 3 && is_id(&cells[1])).collect();
    let ids: BTreeSet<&str> = rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!((rows.len(), ids.len()), (221, 221), "each once");
    let of = |verdict: &str| rows.iter().filter(|row| row[2] == verdict).collect::<Vec<_>>();
    let (pass, accepted, not_ours) = (of("pass"), of("deviation"), of("n.a."));
    assert_eq!(pass.len() + accepted.len() + not_ours.len(), rows.len());
    assert!(accepted.len() <= 10, "{}", accepted.len());
    for row in &pass {
        let said = row[3..].join("|");
        let shown = ["::", "`make ", ".spec.ts`"].into_iter().any(|mark| said.contains(mark));
        assert!(shown, "{}: nothing shows it", row[1]);
    }
    for row in &accepted {
        let told = deviations.lines().map(cells).find(|cells| cells.len() > 5 && cells[1] == row[1]);
        let told = told.unwrap_or_else(|| panic!("{}: no reason is given", row[1]));
        assert!(told[2..=5].iter().all(|cell| !cell.is_empty()), "{told:?}");
    }
    let all = format!("| all | {} | {} | {} |", pass.len(), accepted.len(), not_ours.len());
    assert!(table.contains(&all), "{all}");
    assert!(table.contains(&format!("{} pass, {} are", pass.len(), accepted.len())));
}
