//! Imports point one way: from what acts to what is true, and never in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The parts of the tree, each above all that it may import.
const FLOORS: [&str; 23] = [
    "domain",
    "server/hex",
    "server/error",
    "server/calendar",
    "server/clock",
    "server/secret",
    "server/certificate",
    "server/denials",
    "server/destination",
    "server/store",
    "server/mailer",
    "server/auth",
    "server/rates",
    "server/ingest",
    "server/config",
    "server/telemetry",
    "server/site",
    "ui",
    "server/services",
    "server/state",
    "server/http",
    "server/serve",
    "server/command",
];

/// What a file imports: modules by their paths, a folder's `mod.rs` by the folder's.
type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn imports_only_lead_down() {
    let floor = |module: &str| {
        let found = FLOORS.iter().position(|floor| format!("{module}/").starts_with(&format!("{floor}/")));
        found.unwrap_or_else(|| panic!("{module} is on no floor"))
    };
    let up = imports().into_iter().flat_map(|(from, all)| all.into_iter().map(move |to| (from.clone(), to)));
    let up = up.filter(|(from, to)| floor(to) > floor(from) || (from.starts_with("ui") && to.starts_with("server")));
    assert_eq!(up.collect::<Vec<_>>(), []);
}

/// A file and its folder's `mod.rs` may name each other: the one has the types, the other makes them public.
#[test]
fn imports_make_no_circle() {
    let within = |one: &str, other: &str| one.starts_with(&format!("{other}/"));
    let mut left = imports();
    for (from, all) in &mut left {
        all.retain(|to| !within(from, to) && !within(to, from));
    }
    // What imports nothing that is left, or is imported by nothing that is left, is in no circle.
    loop {
        let before = left.clone();
        let imported: BTreeSet<String> = before.values().flatten().cloned().collect();
        for all in left.values_mut() {
            all.retain(|to| before.contains_key(to));
        }
        left.retain(|from, all| !all.is_empty() && imported.contains(from));
        if left == before {
            break;
        }
    }
    assert_eq!(left, Imports::new(), "these import each other in a circle");
}

/// Counts are shown as exactly as the reader's grant says: only where a reader is authorized is that said.
#[test]
fn only_who_authorizes_says_how_exactly_counts_are_shown() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for folder in ["domain", "ui", "server"] {
        walk(&source.join(folder), &mut files);
    }
    let says = |file: &&PathBuf| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        ["Precision::of", "Shown::Exact(", "Shown::Rounded("].iter().any(|made| {
            // Words read what is shown, and make nothing of a number.
            text.contains(made) && !file.ends_with("ui/words/mod.rs")
        })
    };
    let found: BTreeSet<&Path> = files.iter().filter(says).filter_map(|file| file.strip_prefix(&source).ok()).collect();
    assert_eq!(found, ["domain/rounding.rs", "server/store/authorize.rs"].map(Path::new).into());
}

#[test]
fn the_walk_reads_every_way_of_naming_a_module() {
    let source = "use super::{a::{self, B}, c as d};\nuse crate::server::store::{\n    e,\n};\nfn f() { super::super::g::h(); } // use crate::i;\n";
    let found = named(source, "server/http/pages/x");
    let expected =
        ["server/http/pages/a", "server/http/pages/a/B", "server/http/pages/c", "server/store/e", "server/http/g/h"];
    assert_eq!(found, expected.map(str::to_owned));
}

/// Modules that files name, without their own.
fn imports() -> Imports {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for part in ["domain", "ui", "server"] {
        walk(&root.join(part), &mut files);
    }
    let module = |path: &PathBuf| {
        let path = path.strip_prefix(&root).expect("below").with_extension("").to_string_lossy().into_owned();
        path.strip_suffix("/mod").map_or(path.clone(), str::to_owned)
    };
    let modules: BTreeSet<String> = files.iter().map(module).collect();
    assert!(modules.len() > 150, "the walk finds the sources: {}", modules.len());
    // An import names something in a module: the longest part of its path that is one.
    let nearest = |path: &str| {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.map(|end| path[..end].to_owned()).filter(|part| modules.contains(part)).max_by_key(String::len)
    };
    let read = |path: &PathBuf| {
        let (own, source) = (module(path), std::fs::read_to_string(path).expect("a source"));
        // Tests beside the code may lean on anything.
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let all = named(source, &own).iter().filter_map(|path| nearest(path)).filter(|to| *to != own).collect();
        (own, all)
    };
    files.iter().map(read).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The paths that begin with `crate`, `self` or `super`, from the crate's root, in a module's source.
fn named(source: &str, module: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("::") {
        let first = code[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let follows_another = code[..at - first.len()].ends_with("::");
        if ["crate", "self", "super"].contains(&first) && !follows_another {
            spread(&code[at - first.len()..], String::new(), &mut found);
        }
    }
    found.iter().map(|path| absolute(path, module)).collect()
}

/// Adds what a path leads to: itself, or each of the paths in its braces. Returns what follows.
fn spread<'a>(text: &'a str, before: String, found: &mut Vec<String>) -> &'a str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len());
    let path = format!("{before}{}", text[..end].replace("::", "/"));
    let mut rest = &text[end..];
    let Some(inside) = rest.strip_prefix('{').filter(|_| path.ends_with('/')) else {
        found.push(path.trim_end_matches('/').trim_end_matches("/self").to_owned());
        return rest;
    };
    rest = inside.trim_start();
    while !rest.starts_with('}') && !rest.is_empty() {
        rest = spread(rest, path.clone(), found);
        // A new name, as in `a as b`, is passed over.
        let next = rest.find([',', '}']).unwrap_or(rest.len());
        rest = rest[next..].trim_start_matches(',').trim_start();
    }
    rest.strip_prefix('}').unwrap_or(rest)
}

/// A path from the crate's root.
fn absolute(path: &str, module: &str) -> String {
    let mut here: Vec<&str> = if path.starts_with("crate") { Vec::new() } else { module.split('/').collect() };
    for step in path.split('/') {
        match step {
            "crate" | "self" => {}
            "super" => {
                here.pop();
            }
            step => here.push(step),
        }
    }
    here.join("/")
}
