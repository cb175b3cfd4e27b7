//! Whole flows over HTTP, as people and scripts go through them, on both databases.

mod admin;
mod att;
mod audit_log;
mod bad_input;
mod clients;
mod events;
mod inputs;
mod members;
mod outage;
mod people;
mod process;
mod profiles;
mod settings;
mod tokens;
mod userprofile;
