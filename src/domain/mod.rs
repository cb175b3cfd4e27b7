//! What is true: pure types and rules for both sides. No clock, no randomness, no input or output; times and ids that
//! a rule needs are parameters.

pub mod app;
pub mod att;
pub mod audit;
pub mod batch;
pub(crate) mod closed_list;
pub mod count;
pub mod data_problem;
pub mod decides;
pub mod deciding;
pub mod device;
pub mod environment;
pub mod erasing;
pub mod error;
pub mod flow;
pub mod fold;
pub mod id;
pub mod identifier;
pub mod identity;
pub mod input;
pub mod job;
pub mod joins;
pub mod json;
pub mod notice;
pub mod permission;
pub mod placeholder;
pub mod platform;
pub mod privacy;
pub mod profile;
pub mod retention;
pub mod role;
pub mod rounding;
pub mod sample;
pub mod text;
pub mod theme;
pub mod time;
