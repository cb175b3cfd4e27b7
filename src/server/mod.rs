//! What only the server knows. `http -> services -> store`, `http -> store` for reads,
//! `http -> ui`, everything -> `domain`. A test holds it.

pub mod auth;
pub mod calendar;
pub mod certificate;
pub mod clock;
pub mod command;
pub mod config;
pub mod denials;
pub mod destination;
pub mod error;
pub mod hex;
pub mod http;
pub mod ingest;
pub mod mailer;
pub mod rates;
pub mod secret;
pub mod serve;
pub mod services;
pub mod site;
pub mod state;
pub mod store;
pub mod telemetry;
