//! The site: style, script and wasm, embedded in a release and read from disk while developing. Served under a folder
//! named by the hash of all of it, so that browsers keep it for ever.

use rust_embed::RustEmbed;
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "target/site"]
#[allow_missing = true]
struct Files;

/// The site that was built.
#[derive(Debug)]
pub struct Site {
    /// `/s/{hash}`.
    pub base: String,
}

impl Site {
    /// Looks at the site that was built; `None` when there is none.
    pub fn look() -> Option<Self> {
        let hash = Self::file("hash.txt")?;
        let hash = String::from_utf8_lossy(&hash).trim().to_owned();
        Some(Self { base: format!("/s/{hash}") })
    }

    /// The bytes of one of its files.
    pub fn file(name: &str) -> Option<Cow<'static, [u8]>> {
        Some(Files::get(name)?.data)
    }
}
