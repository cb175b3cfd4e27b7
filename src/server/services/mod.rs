//! What happens: one verb per function.

pub mod account;
pub mod app;
pub mod audit_export;
pub mod breakdown;
pub mod demo;
pub mod dimension_value;
pub mod distribution;
pub mod erasure;
pub mod input;
pub mod invitation;
pub mod jobs;
pub mod member;
pub mod privacy;
pub mod profile;
pub mod reset;
pub mod sample;
pub mod session;
pub mod sign_up;
pub mod token;
pub mod trend;
pub mod workspace;
