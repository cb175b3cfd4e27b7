//! Attest: the App Tracking Transparency statuses of an app's devices, the workspace's default for those that never
//! reported one, and an audit trail that proves itself.
//!
//! A tour of the rooms; arrows point one way, and the same noun has a file in each of them:
//!
//! - [`domain`]: what is true. Pure types and rules for both sides: no clock, no randomness, no input or output.
//! - [`ui`]: what is seen. Pages as functions of plain page models, and the few islands that come alive in the browser.
//! - `server`: what only the server knows. `http -> services -> store`, `http -> store` for reads,
//!   `http -> ui`, everything -> `domain`.

// What the browser's part is made of by macros has to speak to the browser without it.
#![cfg_attr(feature = "ssr", forbid(unsafe_code))]
// Views are deeply nested types; the compiler's default limit of 128 is met by the larger pages.
#![recursion_limit = "256"]

pub mod domain;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// The browser's entry: makes the page's islands ready to come alive; the page itself is never hydrated.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
