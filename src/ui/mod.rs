//! What is seen.

pub mod islands;
