//! The routes: what is asked over HTTP, and how it is answered.

pub mod api;
pub mod caller;
pub mod connections;
mod cookie;
mod denied;
pub mod failure;
pub mod form;
mod forwarded;
pub mod health;
pub mod metrics;
pub mod moment;
pub mod pages;
mod patience;
mod places;
pub mod render;
pub mod router;
pub mod routes;
pub mod security;
pub mod site;
mod unread;

pub use router::router;
