//! What happens: one verb per function.

pub mod account;
pub mod app;
pub mod att;
pub mod audit_export;
pub mod breakdown;
pub mod demo;
pub mod distribution;
pub mod erasure;
pub mod folding;
pub mod housekeeping;
pub mod input;
pub mod invitation;
pub mod member;
pub mod own_account;
pub mod profile;
pub mod reset;
pub mod sample;
pub mod session;
pub mod token;
pub mod trend;
pub mod workspace;
