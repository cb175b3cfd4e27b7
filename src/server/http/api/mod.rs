//! The interfaces for machines: the Events API, the Admin API, the Profile API, and the document that describes them.

pub mod alert;
pub mod audit;
mod batch_schema;
pub mod breakdown;
mod counts;
pub mod data_problem;
pub mod dimension_value;
pub mod distribution;
pub mod document;
pub mod events;
mod period;
pub mod privacy;
pub mod query;
mod refused;
pub mod release;
mod schema;
mod sent_body;
pub mod transition;
pub mod trend;
pub mod userprofile;
