//! What the store promises, held against both databases by the same tests.

mod audit;
mod ingest;
mod parity;
mod permit;
mod sign_in;
