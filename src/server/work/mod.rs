//! What happens: one verb per function.

pub mod account;
pub mod att;
pub mod demo;
pub mod distribution;
pub mod housekeeping;
pub mod input;
pub mod member;
pub mod profile;
pub mod session;
pub mod token;
pub mod workspace;
