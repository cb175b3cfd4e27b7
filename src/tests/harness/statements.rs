//! The SQL texts of the server, as its sources have them.

use std::path::{Path, PathBuf};

/// All of them in lower case with single spaces; the pieces of a `concat!` as one.
pub fn statements() -> Vec<String> {
    let sources = sources();
    let listed: Vec<(String, String)> = sources.iter().flat_map(|source| listed(source)).collect();
    let all: Vec<(String, String)> = sources.iter().flat_map(|source| made(source)).collect();
    let mut found = Vec::new();
    for source in sources {
        // One may hold another that stands before it.
        let own: Vec<(String, String)> = made(&source).into_iter().rev().collect();
        let pieces = own.iter().chain(&all).chain(&listed);
        let written_out = pieces.fold(source.clone(), |source, (piece, text)| source.replace(piece, text));
        texts(&written_out, &mut found);
    }
    let begins =
        |text: &String| ["select ", "insert ", "update ", "delete ", "with "].iter().any(|word| text.starts_with(word));
    found.into_iter().filter(begins).collect()
}

fn sources() -> Vec<String> {
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).expect("the sources").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                sources.push(std::fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    sources
}

/// The pieces of statements that macros without a parameter make, each with the literals that it becomes.
fn made(source: &str) -> Vec<(String, String)> {
    let mut made = Vec::new();
    for rest in source.split("macro_rules! ").skip(1) {
        let (name, rest) = rest.split_once(" {").expect("a macro");
        let Some(rest) = rest.strip_prefix("\n    () => {\n        ") else { continue };
        let (text, _) = rest.split_once("\n    };").expect("the macro's end");
        // Its literals stand among those of the `concat!` around it.
        let text = text.strip_prefix("concat!(").and_then(|list| list.strip_suffix(')')).unwrap_or(text);
        made.push((format!("{name}!()"), text.trim().to_owned()));
    }
    made
}

/// Those that `rows!` makes of a table's list.
fn listed(source: &str) -> Vec<(String, String)> {
    let mut pieces = Vec::new();
    for list in source.split("\nrows! {").skip(1) {
        let (list, _) = list.split_once("\n}").expect("the list's end");
        let (head, _) = list.split_once("key {").expect("a key");
        let table = head.rsplit_once(": ").expect("a row").0.split_whitespace().next_back().expect("a table");
        let (key, fixed, changing) = (columns(list, "key {"), columns(list, "fixed {"), columns(list, "changing {"));
        let all = || key.iter().chain(&fixed).chain(&changing);
        let given = |(at, (name, sql)): (usize, &(&str, &str))| format!("cast(given.value->>{at} as {sql}) as {name}");
        let listed = |texts: Vec<String>| format!("{:?}", texts.join(", "));
        for (piece, text) in [
            ("columns", listed(all().map(|column| column.0.to_owned()).collect())),
            ("key", listed(key.iter().map(|column| column.0.to_owned()).collect())),
            ("changing", listed(changing.iter().map(|column| column.0.to_owned()).collect())),
            ("qualified", listed(all().map(|(name, _)| format!("{table}.{name}")).collect())),
            ("given", listed(all().enumerate().map(given).collect())),
            ("replaced", listed(changing.iter().map(|(name, _)| format!("{name} = excluded.{name}")).collect())),
            (
                "added",
                listed(changing.iter().map(|(name, _)| format!("{name} = kept.{name} + excluded.{name}")).collect()),
            ),
            (
                "sums",
                listed(changing.iter().map(|(name, _)| format!("cast(sum({name}) as bigint) as {name}")).collect()),
            ),
        ] {
            pieces.push((format!("{table}!({piece})"), text));
        }
    }
    pieces
}

/// The columns of one group of a list, with their types in SQL.
fn columns<'a>(list: &'a str, group: &str) -> Vec<(&'a str, &'a str)> {
    let (_, rest) = list.split_once(group).expect("a group");
    let (group, _) = rest.split_once('}').expect("the group's end");
    let column = |line: &'a str| Some((line.split_once(':')?.0.trim(), line.rsplit_once(" as ")?.1));
    group.split(',').filter_map(column).collect()
}

/// The string literals of a source.
fn texts(source: &str, found: &mut Vec<String>) {
    let mut rest = source;
    let mut joined: Option<String> = None;
    while let Some(at) = rest.find('"') {
        let before = &rest[..at];
        // Behind the last literal of a `concat!` comes its end.
        if before.contains(");") || before.contains("\n    }") || before.contains("concat!(") {
            found.extend(joined.take().map(|text| tidy(&text)));
        }
        if before.contains("concat!(") {
            joined = Some(String::new());
        }
        let body = &rest[at + 1..];
        let end = closing(body);
        let literal = body[..end].replace("\\\n", " ").replace("\\\"", "\"");
        match &mut joined {
            Some(text) => text.push_str(&literal),
            None => found.push(tidy(&literal)),
        }
        rest = &body[(end + 1).min(body.len())..];
    }
    found.extend(joined.map(|text| tidy(&text)));
}

/// Where a literal ends.
fn closing(body: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in body.char_indices() {
        match letter {
            '"' if !escaped => return at,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    body.len()
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
