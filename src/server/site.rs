//! The site: style, script and wasm, embedded in a release and read from disk while developing. Served under a folder
//! named by the hash of all of it, so that browsers keep it for ever.

use rust_embed::RustEmbed;
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Files;

/// The sheets that the style imports: our own script puts them all into one, cargo-leptos leaves them where they are.
#[derive(RustEmbed)]
#[folder = "style"]
struct Sheets;

/// The site that was built.
#[derive(Debug)]
pub struct Site {
    /// `/s/{hash}`.
    pub base: String,
}

/// In place of a hash while `cargo leptos watch` builds the site: its files change under the same address.
pub const WATCHED: &str = "watched";
/// Where cargo-leptos puts script, wasm and style; our own script puts them beside the rest.
const PACKAGE: &str = "pkg";

impl Site {
    /// Looks at the site that was built; `None` when there is none.
    pub fn look() -> Option<Self> {
        let hash = match Self::file("hash.txt") {
            Some(hash) => String::from_utf8_lossy(&hash).trim().to_owned(),
            None => Self::file("attest.js").map(|_| WATCHED.to_owned())?,
        };
        Some(Self { base: format!("/s/{hash}") })
    }

    /// The bytes of one of its files.
    pub fn file(name: &str) -> Option<Cow<'static, [u8]>> {
        let file = Files::get(name).or_else(|| Files::get(&format!("{PACKAGE}/{name}")));
        let file = file.or_else(|| if cfg!(debug_assertions) { Sheets::get(name) } else { None });
        Some(file?.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watched_site_has_every_sheet_that_its_style_imports() {
        let main = Site::file("main.css").expect("the style");
        let main = String::from_utf8_lossy(&main);
        let imported: Vec<&str> =
            main.lines().filter_map(|line| line.strip_prefix("@import url(\"")?.split('"').next()).collect();
        assert!(imported.len() > 5, "{main}");
        for sheet in imported {
            assert!(Site::file(sheet).is_some(), "{sheet}");
        }
    }
}
