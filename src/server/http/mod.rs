//! The doors: what is asked over HTTP, and how it is answered.

pub mod api;
pub mod caller;
pub mod doors;
pub mod failure;
pub mod figures;
pub mod form;
pub mod health;
pub mod moment;
pub mod pages;
pub mod render;
pub mod router;
pub mod security;
pub mod site;

pub use router::router;
