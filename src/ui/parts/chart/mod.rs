//! Charts, drawn on the server as SVG from the same figures as the table beside them: each once for wide pages and once for
//! phones, of which the style sheet shows the one that fits.

pub mod columns;
mod flags;
pub mod frame;
pub mod line;
pub mod picture;
pub mod scale;
pub mod spark;
pub mod stack;
