//! Rates, what they are made of, and how sure one can be of them.

mod basis;
mod figures;
mod interval;
mod period;
mod rate;

pub use basis::Basis;
pub use figures::Figures;
pub use interval::Interval;
pub use period::Period;
pub use rate::{Fraction, Meaning, Rate};
