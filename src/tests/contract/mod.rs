//! What the store promises, held against both databases by the same tests.

mod audit;
mod contradiction;
mod count;
mod distributed;
mod erasure;
mod group;
mod ingest;
mod inventory;
mod parity;
mod permit;
mod plans;
mod retention;
pub mod sender;
mod sign_in;
