//! Whole flows over HTTP, as people and scripts go through them, on both databases.

mod admin;
mod audit_log;
mod bad_input;
mod clients;
mod config;
mod connections;
mod copied;
mod events;
mod https;
mod inputs;
mod mail;
mod members;
mod outage;
mod overview;
mod pages;
mod people;
mod privacy;
mod process;
mod profiles;
mod refusals;
mod second_factor;
mod secret;
mod senders;
mod step_up;
mod tokens;
mod userprofile;
