//! The SQL texts of the server, as its sources have them.

use std::path::Path;

/// All of them in lower case with single spaces; the pieces of a `concat!` as one.
pub fn statements() -> Vec<String> {
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server"), &mut found);
    let begins =
        |text: &String| ["select ", "insert ", "update ", "delete ", "with "].iter().any(|word| text.starts_with(word));
    found.into_iter().filter(begins).collect()
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            texts(&std::fs::read_to_string(&path).expect("a source"), found);
        }
    }
}

/// The string literals of a source.
fn texts(source: &str, found: &mut Vec<String>) {
    let mut rest = source;
    let mut joined: Option<String> = None;
    while let Some(at) = rest.find('"') {
        let before = &rest[..at];
        // A literal that ends a `concat!` has its closing parenthesis and a semicolon or a line after it.
        if joined.is_some() && before.contains("\n    }") {
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
