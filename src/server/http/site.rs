//! The site: style, script and wasm.
/// stub
#[derive(Debug)]
pub struct Site;
