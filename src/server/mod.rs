//! What only the server knows. `http -> work -> store`, `http -> ui`, everything -> `domain`.

pub mod auth;
pub mod calendar;
pub mod clock;
pub mod command;
pub mod config;
pub mod error;
pub mod http;
pub mod ingest;
pub mod rates;
pub mod serve;
pub mod services;
pub mod state;
pub mod store;
pub mod telemetry;
