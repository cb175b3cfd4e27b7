//! What is true: pure types and rules for both sides. No clock, no randomness, no input or output; times and ids that
//! a rule needs are parameters.

pub mod app;
pub mod att;
pub mod audit;
pub mod batch;
pub mod contradiction;
pub mod count;
pub mod device;
pub mod environment;
pub mod error;
pub mod fold;
pub mod id;
pub mod input;
pub mod json;
pub mod platform;
pub mod policy;
pub mod profile;
pub mod retention;
pub mod role;
pub mod rounding;
pub mod sample;
pub mod settings;
pub mod text;
pub mod theme;
pub mod time;
