//! The interfaces for machines: the Events API, the Admin API, the Profile API, and the document that describes them.

pub mod att;
pub mod audit;
pub mod breakdown;
pub mod distribution;
pub mod document;
pub mod events;
mod figures;
pub mod folding;
pub mod question;
mod refused;
mod schema;
pub mod trend;
pub mod userprofile;
