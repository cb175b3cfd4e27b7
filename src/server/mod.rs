//! What only the server knows. `http -> work -> store`, `http -> ui`, everything -> `domain`.

pub mod clock;
pub mod error;
pub mod store;
